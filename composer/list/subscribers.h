/*
 * subscribers - rows of an import, held against the list
 *
 * The rules (PRODUCT's import page): somebody new becomes active on the basis
 * that the importer declares; somebody known keeps state and chosen language
 * and only gains what was missing; somebody who left, complained or was
 * blocked stays away.
 *
 * Ownership: rows belong to the caller, whose fate and unknown_organisation
 *   are filled in.
 * Errors: those of the database; ERR_CONFLICT when the list changed between
 *   look and apply.  Never an address.
 * Limits: SUBSCRIBERS_BATCH rows a statement.
 */
#ifndef COMPOSER_LIST_SUBSCRIBERS_H
#define COMPOSER_LIST_SUBSCRIBERS_H

#include <stddef.h>

#include "composer/list/subscriber_rows.h"

struct database;
struct err;
struct keys;

#define SUBSCRIBERS_BATCH 2000

struct subscribers {
	struct database *db;
	const struct keys *keys;
	struct subscriber_row *rows;
	size_t n;
	/* Told now and then how far it is; may be NULL. */
	void (*progress)(void *arg, size_t done, size_t total);
	void *progress_arg;
};

/* How the new ones agreed, as consent_event keeps it. */
struct consent {
	const char *kind, *way, *basis;
	const char *language_from; /* of a language that was given */
};

int
subscribers_look(struct subscribers *s, size_t ret_count[FATES], struct err *e);

/* Inside a transaction of the caller, after subscribers_look(). */
int subscribers_apply(struct subscribers *s, const struct consent *consent,
    struct err *e);

#endif
