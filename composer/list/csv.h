/*
 * csv - a table from a spreadsheet, whatever the spreadsheet made of it
 *
 * csv_stream for tables that fit in memory, and fields both ways.
 *
 * Ownership: everything lives in the arena of csv_read().
 * Errors: those of csv_stream.
 * Limits: those of csv_stream, and CSV_TABLE_MAX bytes.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_CSV_H
#define COMPOSER_LIST_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "composer/list/csv_stream.h"

struct arena;
struct buf;
struct err;

#define CSV_TABLE_MAX ((size_t)5 * 1024 * 1024)

struct csv {
	char separator;
	bool converted; /* it was Windows-1252 */
	struct csv_row headings;
	size_t nrows; /* without the headings and empty lines */
	struct csv_row *rows;
};

int csv_read(struct csv *ret, struct arena *a, const char *bytes, size_t n,
    struct err *e);

struct csv_row csv_row_copy(struct arena *a, const struct csv_row *r);

/* The column whose heading is one of these words, in any case; -1: none. */
int csv_column(const struct csv_row *headings, const char *const *words);

/* "" where the row has no such column, or column is -1. */
const char *csv_field(const struct csv_row *r, int column);

/*
 * A field of a file that a person will open in a spreadsheet.  What would be
 * taken for a formula gets an apostrophe in front; csv_unguard() takes it away
 * when the file comes back.
 */
void csv_put(struct buf *b, const char *field);
const char *csv_unguard(const char *field);

#endif
