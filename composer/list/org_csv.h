/*
 * org_csv - the social map as a CSV file
 *
 * The first row names the columns, fields of org_field.h in any order; name is
 * needed.  A column that is not there leaves what is known, an empty cell
 * clears it; but a secret address is in no file, so empty cells leave it.  Topics
 * and languages have blanks between them; dates may be relative (base/day.h).
 * What csv.h reads and writes.
 *
 * Ownership: what comes out is in the arena.
 * Errors: each defect goes to the callback with its row (the header is row 1)
 *   and column; the file as a whole is then refused with ERR_INPUT.
 * Limits: those of csv.h and org_field.h, ORG_ROWS_MAX rows.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_ORG_CSV_H
#define COMPOSER_LIST_ORG_CSV_H

#include "composer/list/org_field.h"

struct buf;

#define ORG_ROWS_MAX 10000

struct org_csv {
	struct org_rules rules;
	/* column NULL: the row as a whole */
	void (*defect)(void *arg, int row, const char *column,
	    const struct err *why);
	void *arg;
};

struct org_row {
	int no; /* of the file */
	struct org_values values;
};
int org_csv_parse(struct arena *a, const struct org_csv *x, const char *text,
    size_t n, struct org_row **ret_rows, size_t *ret_n, struct err *e);

/* Parsing what was written gives the same values; without a secret address.
 * A byte order mark and semicolons, which Dutch and English spreadsheets open
 * as a table. */
void org_csv_put_headings(struct buf *b);
void org_csv_put_row(struct buf *b, const struct org_values *v);

#endif
