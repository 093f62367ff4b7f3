/*
 * org_sheet - what is stored of an organisation, as its own people may see it, in
 *   a document for templates
 *
 *	<organisation name= secret="yes" capacity-date= topics-nl=
 *	    topics-en= languages-nl= languages-en=>
 *	  <field name="phone" label="Telephone" value="099 000 00 00"/>
 *	  <field name="aim_nl" label="Aim (Dutch)" value=... lang="nl"/>
 *
 * A field without a value is there as well; where a secret address is, is not.
 * The label is a msgid.  What organisation_sheet() gives goes in.
 *
 * Ownership: the element belongs to the document.
 * Errors: ERR_SYS for what is no sheet.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_ORG_SHEET_H
#define COMPOSER_LIST_ORG_SHEET_H

#include <libxml/tree.h>

struct err;

int org_sheet_add(xmlNodePtr root, const char *json, xmlNodePtr *ret,
    struct err *e);

/* The field of that name; NULL when it is not in the sheet. */
xmlNodePtr org_sheet_field(xmlNodePtr sheet, const char *name);

#endif
