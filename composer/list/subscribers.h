/*
 * subscribers - rows of a table, held against the list and taken into it
 *
 * The rules (PRODUCT's import page): somebody new becomes active on the basis
 * that the importer declares, or is asked first; somebody known keeps state and
 * chosen language and only gains what was missing; somebody who left,
 * complained or was blocked stays away, and who left according to the table is
 * kept away from now on.  What a table says of a pause or of an address that
 * does not work goes for new ones; who did not confirm there is asked.
 *
 * All of it is one transaction of the caller: subscribers_begin(), rows in
 * batches, subscribers_apply().  The database keeps the rows meanwhile, so a
 * table may be of any size.
 *
 * Ownership: rows belong to the caller, whose fate, left_how, duplicate_of and
 *   unknown_organisation are filled in; nothing of them is kept.
 * Errors: those of the database; ERR_CONFLICT, slug list-changed, when the
 *   list is not any more as it was when it was looked at; ERR_INTERRUPT as
 *   progress says.  Never an address.
 * Limits: SUBSCRIBERS_BATCH rows a call.
 */
#ifndef COMPOSER_LIST_SUBSCRIBERS_H
#define COMPOSER_LIST_SUBSCRIBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "composer/list/subscriber_rows.h"

struct arena;
struct database;
struct err;
struct keys;

#define SUBSCRIBERS_BATCH 2000

struct subscribers {
	struct database *db;
	const struct keys *keys;
	bool look_only; /* nothing is going to be applied */
	size_t count[FATES];
	size_t activated, asked; /* of the new ones, once applied */
	size_t unknown_organisations;
	size_t last_no;
};

int subscribers_begin(struct subscribers *s, struct err *e);

/* Rows in the order of the file, rejected ones as well; their numbers grow
 * from call to call. */
int subscribers_add(struct subscribers *s, struct arena *a,
    struct subscriber_row *rows, size_t n, struct err *e);

/* How the new ones agreed, or are asked to. */
struct consent {
	const char *basis;
	bool ask;
	const char *actor;
};
/* progress is told now and then how far it is; -1 from it ends all. */
int subscribers_apply(struct subscribers *s, const struct consent *consent,
    int (*progress)(void *arg, size_t done, size_t total, struct err *e),
    void *arg, struct err *e);

#endif
