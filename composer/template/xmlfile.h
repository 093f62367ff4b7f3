/*
 * xmlfile - an XML file of the installation as a tree
 *
 * No network, no external entities, CDATA as text.
 *
 * Ownership: the document goes to xmlFreeDoc().
 * Errors: ERR_CONFIG "PATH, line N: why".
 */
#ifndef COMPOSER_TEMPLATE_XMLFILE_H
#define COMPOSER_TEMPLATE_XMLFILE_H

#include <libxml/tree.h>

struct err;

int xmlfile_read(const char *path, xmlDocPtr *ret_doc, struct err *e);

#endif
