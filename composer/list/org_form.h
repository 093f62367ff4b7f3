/*
 * org_form - an organisation as a text file, the form people fill in
 *
 *	# a comment
 *	Name: Voorbeeldhuis
 *	Postal-address: Postbus 12, 1000 AA Voorbeeldstad
 *	Visibility: phone=mail email=public
 *
 * The fields of org_field.h, one a line.  A field that is not there stays as it
 * is, one with nothing behind it is cleared.  CR LF and a byte order mark are
 * accepted.
 *
 * Ownership: what comes out is in the arena.
 * Errors: ERR_INPUT, naming file, line and field: "x.org, line 4, Email: ...".
 * Limits: those of org_field.h.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_ORG_FORM_H
#define COMPOSER_LIST_ORG_FORM_H

#include <stddef.h>

#include "composer/list/org_field.h"

struct buf;

/* file: its name, for messages */
int org_form_parse(struct arena *a, const struct org_rules *x, const char *file,
    const char *text, size_t n, struct org_values *ret, struct err *e);

/* Every field, empty ones too; -1 when the buffer is full. */
int org_form_write(struct buf *b, const struct org_values *v);

#endif
