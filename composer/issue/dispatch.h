/*
 * dispatch - what people decide about sending, from hold to stop
 *
 * Holding and releasing act on an issue that is not being sent yet; pausing,
 * resuming and stopping act on its mailing and take effect within one batch,
 * whichever other parts of the system are down.  Each says in *ret_changed
 * whether it was not so already.
 *
 * Works inside the caller's transaction.
 *
 * Errors: ERR_REFUSED with a slug (not-approved, held, sending, not-sending,
 *   schedule-paused ...); ERR_CONFLICT when the issue changed meanwhile.
 */
#ifndef COMPOSER_ISSUE_DISPATCH_H
#define COMPOSER_ISSUE_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct database;
struct err;
struct issue;

int dispatch_hold(struct database *d, const struct issue *i, const char *actor,
    const char *reason, bool *ret_changed, struct err *e);
int dispatch_release(struct database *d, const struct issue *i,
    const char *actor, bool *ret_changed, struct err *e);

/* Only what is approved and not held may begin. */
int dispatch_may_send(struct database *d, const struct issue *i, struct err *e);
/* Begin after a time in which it can still be called off; *ret_begins_at, RFC
 * 3339, is in the arena.  *ret_alive: the schedule role runs. */
int dispatch_send(struct database *d, struct arena *a, const struct issue *i,
    const char *actor, int64_t grace_seconds, const char **ret_begins_at,
    bool *ret_alive, struct err *e);

int dispatch_pause(struct database *d, const struct issue *i, const char *actor,
    const char *reason, bool *ret_changed, struct err *e);
int dispatch_resume(struct database *d, const struct issue *i,
    const char *actor, bool *ret_changed, struct err *e);
/* Also from a pause.  What was accepted cannot be called back. */
int dispatch_may_stop(struct database *d, const struct issue *i, struct err *e);
int dispatch_stop(struct database *d, const struct issue *i, const char *actor,
    struct err *e);

#endif
