/*
 * delivery - the fields of a delivery report, recipient by recipient
 *
 * Groups of fields are told apart by what is in them, so that reports with
 * lost or added empty lines are read too.
 *
 * Ownership: everything belongs to the arena.
 * Source: RFC 3464 2, RFC 6533; sendmail's X-Actual-Recipient.
 */
#ifndef BASE_BOUNCE_DELIVERY_H
#define BASE_BOUNCE_DELIVERY_H

#include "base/bounce/slice.h"

struct delivery {
	const char *address; /* whom we wrote to, as far as it is known; NULL */
	const char *final;   /* where that ended up, or NULL */
	const char *action, *status, *diagnostic; /* NULL: not said */
	const char
	    *more; /* words of the mail system in other fields, or NULL */
};

/* Fields of a report that names a recipient are somewhere in it. */
bool delivery_is(struct slice text);

size_t delivery_read(struct slice report, struct arena *arena,
    struct delivery *ret, size_t max);

#endif
