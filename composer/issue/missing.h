/*
 * missing - send an issue to those who did not get it, and only those
 *
 * Once the sending of an issue is over or was stopped: who was refused for the
 * time being, whose time ran out, who had left and is active again, and whom a
 * stopped sending never reached.  Never who accepted it, who left, or whose
 * address is dead.  Uncertain ones may have it already and newcomers were
 * never planned, so both only when asked for.
 *
 * Everybody gets the very mail they would have got, in new chunks of the same
 * mailing, so the ledger of the issue goes on.
 *
 * Errors: ERR_REFUSED while it is being sent or has not been (issue_refuse());
 *   ERR_TEMP while a worker still has mails of a stopped sending in hand;
 *   ERR_CONFLICT when it changed meanwhile.
 */
#ifndef COMPOSER_ISSUE_MISSING_H
#define COMPOSER_ISSUE_MISSING_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct database;
struct err;
struct issue;

struct missing {
	int64_t refused, expired, returned, unsent;
	int64_t uncertain, newcomers;
};

/* Who they are now; nothing is changed. */
int missing_count(struct database *d, const struct issue *i,
    struct missing *ret, struct err *e);

/* Inside the caller's transaction.  *ret_n: so many get it; *ret_alive: the
 * send role runs. */
int missing_send(struct database *d, const struct config *config,
    const struct issue *i, const char *actor, bool uncertain, bool newcomers,
    int64_t *ret_n, bool *ret_alive, struct err *e);

#endif
