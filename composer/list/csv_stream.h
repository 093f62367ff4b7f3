/*
 * csv_stream - the rows of a table of any size, as its bytes come
 *
 * Twice over the same bytes: a scan finds out what the spreadsheet made of it
 * (UTF-8 with or without byte order mark, or Windows-1252; comma, semicolon or
 * tab), then a stream hands out row after row.  Both take the bytes in pieces
 * of any size, with the same result.  Quoted fields may hold line breaks and
 * doubled quotes (RFC 4180, and what Excel does beside it).  Rows are numbered
 * as a spreadsheet shows them: the headings are row 1, and an empty line is a
 * row as well, though it is not handed out.
 *
 * Ownership: a row and its fields live until the callback returns.
 * Errors: ERR_INPUT; the slug is one of excel-file, ods-file, utf-16,
 *   not-text, bad-charset, open-quote, too-large, too-many-rows, empty-file.
 *   What the callback returns ends the stream.
 * Limits: CSV_BYTES_MAX, CSV_ROWS_MAX, CSV_COLUMNS_MAX, CSV_ROW_BYTES_MAX.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_CSV_STREAM_H
#define COMPOSER_LIST_CSV_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define CSV_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define CSV_ROWS_MAX 500000
#define CSV_COLUMNS_MAX 64
#define CSV_ROW_BYTES_MAX ((size_t)64 * 1024)

struct csv_row {
	size_t no; /* as a spreadsheet numbers it */
	size_t n;
	char **fields;
};

struct csv_form {
	char separator;
	bool converted; /* it is Windows-1252 */
	bool mark;	/* it starts with a byte order mark */
	size_t bytes;
};

/* All fields belong to csv_scan.c. */
struct csv_scan {
	size_t bytes;
	char head[128];
	size_t commas, semicolons, tabs;
	bool quoted, headings_end, nul, not_utf8, not_windows;
	int need; /* bytes that the character being read still has */
	unsigned char low, high; /* what the next one may be */
};

void csv_scan_init(struct csv_scan *s);
int
csv_scan_feed(struct csv_scan *s, const char *bytes, size_t n, struct err *e);
int csv_scan_end(const struct csv_scan *s, struct csv_form *ret, struct err *e);

struct csv_stream;

/* The first row that is handed out has the headings. */
void csv_stream_free(struct csv_stream *s);
struct csv_stream *csv_stream_new(const struct csv_form *form,
    int (*row)(void *arg, const struct csv_row *r, struct err *e), void *arg)
    __attribute__((returns_nonnull));
int csv_stream_feed(struct csv_stream *s, const char *bytes, size_t n,
    struct err *e);
/* ERR_INPUT, empty-file, when there was no row at all. */
int csv_stream_end(struct csv_stream *s, struct err *e);

#endif
