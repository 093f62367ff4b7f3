/*
 * fields - a block of header fields: of a mail, of a part, of a report
 *
 * Takes what mail systems really write: a mailbox line ("From ") in front, a
 * blank before the colon, a folded line that lost its indentation, no empty
 * line before the body.
 *
 * Ownership: fields borrow from the bytes they were read from; the list and
 *   what fields_get() returns belong to the arena.
 * Limits: FIELDS_MAX fields are kept; a value ends at FIELD_MAX bytes.
 * Source: RFC 5322 2.2, RFC 2047.
 */
#ifndef BASE_BOUNCE_FIELDS_H
#define BASE_BOUNCE_FIELDS_H

#include "base/bounce/slice.h"

#define FIELDS_MAX 1000
#define FIELD_MAX ((size_t)32 * 1024)

struct field {
	struct slice name;
	struct slice value; /* as it stands, perhaps folded */
};

struct fields {
	struct field *v;
	size_t n;
};

/* Reads up to the empty line and returns what is behind it. */
struct slice
fields_read(struct slice block, struct arena *arena, struct fields *ret);

/* "Name: value" at the start of a line. */
bool field_split(struct slice line, struct field *ret);

/* The first, or the next of that name after it; NULL when there is none. */
const struct field *fields_next(const struct fields *f, const char *name,
    const struct field *after);

/* Without folding, "" when absent. */
const char *
fields_get(const struct fields *f, const char *name, struct arena *);
/* All of that name, joined by line feeds. */
const char *
fields_all(const struct fields *f, const char *name, struct arena *);
/* As fields_get(), encoded words read: UTF-8. */
const char *
fields_words(const struct fields *f, const char *name, struct arena *);

/* One line of it: folding becomes one blank, other controls are dropped. */
const char *field_unfold(struct slice value, struct arena *arena);

#endif
