/*
 * csv - a table from a spreadsheet, whatever the spreadsheet made of it
 *
 * Separator (comma, semicolon or tab) and character set (UTF-8 with or without
 * byte order mark, Windows-1252) are found out; quoted fields may hold line
 * breaks and doubled quotes (RFC 4180, and what Excel does beside it).  Rows
 * are numbered as a spreadsheet shows them: the headings are row 1, and an
 * empty line is a row as well.
 *
 * Ownership: everything lives in the arena of csv_read().
 * Errors: ERR_INPUT; the slug is one of excel-file, ods-file, utf-16,
 *   not-text, bad-charset, open-quote, too-large, too-many-rows, empty-file.
 * Limits: CSV_BYTES_MAX, CSV_ROWS_MAX, CSV_COLUMNS_MAX.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_CSV_H
#define COMPOSER_LIST_CSV_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct err;

#define CSV_BYTES_MAX ((size_t)5 * 1024 * 1024)
#define CSV_ROWS_MAX 250000
#define CSV_COLUMNS_MAX 64

struct csv_row {
	size_t no; /* as a spreadsheet numbers it */
	size_t n;
	char **fields;
};

struct csv {
	char separator;
	bool converted; /* it was Windows-1252 */
	struct csv_row headings;
	size_t nrows; /* without the headings and empty lines */
	struct csv_row *rows;
};

int csv_read(struct csv *ret, struct arena *a, const char *bytes, size_t n,
    struct err *e);

/* The column whose heading is one of these words, in any case; -1: none. */
int csv_column(const struct csv *c, const char *const *words);

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
