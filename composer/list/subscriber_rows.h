/*
 * subscriber_rows - what a row of a table says about a subscriber
 *
 * Pure: finds the columns, judges a row.  What the list already knows of the
 * person, and what stands in the table twice, is for subscribers.h.
 *
 * Ownership: everything lives in the arena, and the csv_row must outlive it.
 * Errors: ERR_INPUT, slug no-email-column; ERR_USAGE for a wrong map.  A row
 *   with a defect is no error: it carries slug and sentence.
 * Limits: a tag has TAG_MAX bytes, a row TAGS_MAX tags, the name of an
 *   organisation ORGANISATION_MAX bytes.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_SUBSCRIBER_ROWS_H
#define COMPOSER_LIST_SUBSCRIBER_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct address;
struct arena;
struct csv_row;
struct err;

#define TAG_MAX 64
#define TAGS_MAX 20
#define ORGANISATION_MAX 4000

enum subscriber_fate {
	FATE_REJECTED,
	FATE_NEW,
	FATE_COMPLETED,
	FATE_SAME,
	FATE_LEFT,	 /* earlier, and stays away */
	FATE_SUPPRESSED, /* the table says that this person left */
	FATES
};

struct subscriber_row {
	const struct csv_row *csv;
	const struct address *address; /* NULL: it is none */
	const char *language;	       /* nl, en, both; "" for unknown */
	const char *organisation;
	const char *tags;	/* "a,b" */
	const char *state;	/* of the list; "" when the table has none */
	const char *until;	/* YYYY-MM-DD when paused, or NULL */
	const char *defect;	/* slug, NULL for none */
	const char *why;	/* sentence that goes with it */
	const char *suggestion; /* domain that was probably meant */
	/* From subscribers.h */
	enum subscriber_fate fate;
	const char *left_how; /* FATE_LEFT: unsubscribed, complaint ... */
	size_t duplicate_of;  /* row number, 0 for none */
	bool unknown_organisation;
};

struct subscriber_columns {
	int email, language, organisation, tags, state, until;
};

/* map: "email=3,lang=5" (columns from 1, 0 for none), or NULL for headings
 * alone. */
int subscriber_columns(struct subscriber_columns *ret,
    const struct csv_row *headings, const char *map, struct err *e);

/* tag and language (each may be NULL) go for every row, the language for those
 * that name none. */
void subscriber_row_read(struct subscriber_row *ret, struct arena *a,
    const struct csv_row *csv, const struct subscriber_columns *c,
    const char *tag, const char *language);
void subscriber_row_reject(struct subscriber_row *r, struct arena *a,
    const struct err *why);

/* nl, en, both as people write them; "" for nothing, NULL for anything else. */
const char *subscriber_language(const char *word);
bool subscriber_tag_ok(const char *tag, size_t n);

#endif
