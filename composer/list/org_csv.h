/*
 * org_csv - the social map as a CSV file
 *
 * The first row names the columns, in any order: name (needed), place,
 * postal_address, contact, contact_public, phone, email, website, aim_nl,
 * aim_en, capacity_nl, capacity_en, capacity_date, topics, region, languages,
 * secret, announce.  Topics and languages have blanks between them; dates may
 * be relative (base/day.h).  What csv.h reads.
 *
 * Ownership: what comes out is in the arena.
 * Errors: each defect goes to the callback with its row (the header is row 1)
 *   and column; the file as a whole is then refused with ERR_INPUT.
 * Limits: those of csv.h, ORG_ROWS_MAX rows, ORG_VALUE_MAX bytes a value.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_ORG_CSV_H
#define COMPOSER_LIST_ORG_CSV_H

#include <stddef.h>

struct arena;
struct err;

#define ORG_ROWS_MAX 10000
#define ORG_VALUE_MAX 4000

enum org_column {
	ORG_NAME,
	ORG_PLACE,
	ORG_POSTAL_ADDRESS,
	ORG_CONTACT,
	ORG_CONTACT_PUBLIC,
	ORG_PHONE,
	ORG_EMAIL,
	ORG_WEBSITE,
	ORG_AIM_NL,
	ORG_AIM_EN,
	ORG_CAPACITY_NL,
	ORG_CAPACITY_EN,
	ORG_CAPACITY_DATE,
	ORG_TOPICS,
	ORG_REGION,
	ORG_LANGUAGES,
	ORG_SECRET,
	ORG_ANNOUNCE,
	ORG_COLUMNS
};

/* Checked: never NULL, "" for none; yes and no are "t" and "f". */
struct org_row {
	const char *value[ORG_COLUMNS];
};

struct org_csv {
	const char *today;	   /* YYYY-MM-DD */
	const char *const *topics; /* slugs, NULL-terminated */
	/* column NULL: the row as a whole */
	void (*defect)(void *arg, int row, const char *column,
	    const struct err *why);
	void *arg;
};

int org_csv_parse(struct arena *a, const struct org_csv *x, const char *text,
    size_t n, struct org_row **ret_rows, size_t *ret_n, struct err *e);

#endif
