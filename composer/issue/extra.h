/*
 * extra - make a special edition, and drop one
 *
 * A special edition has an audience: everybody, those with a tag, those who
 * belong to an organisation, or, of a correction, those who got the issue that
 * it corrects.  Kind and audience stay what they are; to change them, drop it
 * and make another.
 *
 * Works inside the caller's transaction.
 *
 * Errors: ERR_USAGE what does not go together; ERR_INPUT a moment in the past;
 *   ERR_REFUSED a correction of what was not sent, or dropping what is being
 *   sent or belongs to the fortnight.
 */
#ifndef COMPOSER_ISSUE_EXTRA_H
#define COMPOSER_ISSUE_EXTRA_H

#include <stdbool.h>
#include <stdint.h>

#include "composer/edition/special.h"

struct database;
struct err;
struct issue;

struct extra {
	enum special kind;
	const char *at;	  /* local time, NULL: once it is approved */
	const char *tags; /* an array of SQL, "{}" for none */
	bool organisations;
	const struct issue *of; /* what a correction corrects, or NULL */
};

int extra_plan(struct database *d, const struct extra *x, const char *actor,
    int64_t *ret_id, struct err *e);

/* Its items go to the next regular issue. */
int extra_skip(struct database *d, const struct issue *i, const char *actor,
    const char *reason, struct err *e);

#endif
