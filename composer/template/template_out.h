/*
 * template_out - the nodes of a page that is being rendered, counted and
 *   checked; private to template*.c
 *
 * Errors: ERR_LIMIT beyond TEMPLATE_NODES_MAX nodes or TEMPLATE_DEPTH_MAX
 *   levels.  Out of memory aborts.
 */
#ifndef COMPOSER_TEMPLATE_TEMPLATE_OUT_H
#define COMPOSER_TEMPLATE_TEMPLATE_OUT_H

#include <stddef.h>
#include <libxml/tree.h>

struct err;

struct template_out {
	xmlDocPtr doc;
	int nodes;
	struct err *e;
};

int template_out_text(struct template_out *o, xmlNodePtr dst, const char *s,
    size_t len);
int template_out_element(struct template_out *o, xmlNodePtr dst,
    const char *name, xmlNodePtr *ret_element);

/* A URL with a scheme that is not ours is left out. */
void template_out_attr(xmlNodePtr x, const char *name, const char *value);

/* The children of from: text and XHTML without scripts and styles. */
int
template_out_copy(struct template_out *o, const xmlNode *from, xmlNodePtr dst);

#endif
