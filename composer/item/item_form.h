/*
 * item_form - an item as a text file, the form people fill in
 *
 *	# a comment, only before the first section
 *	Kind: news
 *	Topic: medical-care
 *
 *	--- nl
 *	Title: Spoedtandarts helpt ook zonder verzekering
 *	State: ready
 *
 *	The text in small Markdown, to the next section or the end.
 *
 * A key that is not there leaves what the item has; an empty value clears it.
 * A section replaces the text of that language; a language without a section
 * stays as it is.  Dates may be relative ("+30d 10:00"); they come out
 * absolute.  CR LF and a byte order mark are accepted.  A text cannot hold a
 * line that is a section line itself.
 *
 * Ownership: what comes out is in the arena.
 * Errors: ERR_INPUT, naming file, line and key: "items/03.item, line 4, Topic:
 *   there is no topic 'medical'".
 * Limits: below; a title above ITEM_TITLE_READY characters is accepted here
 *   and refused when its side is to be ready.
 * Threads: no state.
 */
#ifndef COMPOSER_ITEM_ITEM_FORM_H
#define COMPOSER_ITEM_ITEM_FORM_H

#include <stddef.h>

#include "composer/item/item_key.h"

struct arena;
struct buf;
struct err;

#define ITEM_BODY_MAX ((size_t)64 * 1024)
#define ITEM_TITLE_MAX 300  /* bytes */
#define ITEM_TITLE_READY 90 /* characters */
#define ITEM_VALUE_MAX 2000
#define ITEM_SIDES_MAX 8
#define ITEM_FILE_MAX ((size_t)1024 * 1024)

/* In each: NULL not given, "" cleared. */
struct item_side {
	const char *lang;
	const char *title;
	const char *state;   /* draft, ready */
	const char *absence; /* follows, speakers */
	const char *body;    /* never NULL */
	int line;	     /* of the section */
};

struct item_form {
	const char *file; /* for messages */
	const char *value[ITEM_KEYS];
	int line[ITEM_KEYS];
	struct item_side side[ITEM_SIDES_MAX]; /* in the order of the file */
	size_t nsides;
};

int item_form_parse(struct arena *a, const struct item_form_context *x,
    const char *text, size_t n, struct item_form *ret, struct err *e);

/* Parsing what was written gives the form back; -1 when the buffer is full. */
int item_form_write(struct buf *b, const struct item_form *f);

/* Put file, line and key in front of an error; returns -1. */
int item_form_at(const struct item_form *f, enum item_key key, struct err *e);

#endif
