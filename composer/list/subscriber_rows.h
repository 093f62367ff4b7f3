/*
 * subscriber_rows - what the rows of a table say about subscribers
 *
 * Pure: finds the columns, judges every row, finds what stands there twice.
 * What the list already knows of them is for composer/subscribers.
 *
 * Ownership: everything lives in the arena, and the table must outlive it.
 * Errors: ERR_INPUT, slug no-email-column; ERR_USAGE for a wrong map.  A row
 *   with a defect is no error: it carries slug and sentence.
 * Limits: a tag has TAG_MAX bytes, a row TAGS_MAX tags.
 */
#ifndef COMPOSER_LIST_SUBSCRIBER_ROWS_H
#define COMPOSER_LIST_SUBSCRIBER_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"

struct arena;
struct csv;
struct csv_row;
struct err;

#define TAG_MAX 64
#define TAGS_MAX 20

enum subscriber_fate {
	FATE_REJECTED,
	FATE_NEW,
	FATE_COMPLETED,
	FATE_SAME,
	FATE_LEFT,
	FATES
};

struct subscriber_row {
	const struct csv_row *csv;
	struct address *address;
	const char *language; /* nl, en, both; "" for unknown */
	const char *organisation;
	const char *tags;	/* "a,b" */
	const char *defect;	/* slug, NULL for none */
	const char *why;	/* sentence that goes with it */
	size_t duplicate_of;	/* row number, 0 for none */
	const char *suggestion; /* domain that was probably meant */
	enum subscriber_fate fate;
	bool unknown_organisation;
};

struct subscriber_columns {
	int email, language, organisation, tags;
};

/* map: "email=3,lang=5" (columns from 1), or NULL for headings alone. */
int subscriber_columns(struct subscriber_columns *ret, const struct csv *table,
    const char *map, struct err *e);

/* One a row of the table.  tag and language (each may be NULL) go for every
 * row, the language for those that name none. */
struct subscriber_row *subscriber_rows(struct arena *a, const struct csv *table,
    const struct subscriber_columns *columns, const char *tag,
    const char *language);

/* nl, en, both as people write them; "" for nothing, NULL for anything else. */
const char *subscriber_language(const char *word);
bool subscriber_tag_ok(const char *tag, size_t n);

#endif
