/*
 * issue - an issue and its name, and what is planned for it
 *
 * People name an issue as 12, 12-2026, extra-3, extra-3-2026 or next; without
 * a year the newest is meant.  The state decides what may be done to it:
 *
 *	open > approved > sending > sent | stopped, or skipped
 *
 * Any change of what would be sent takes an approval back; the database sees
 * to that.  A hold stands beside the state.
 *
 * What changes something works inside the caller's transaction.
 *
 * Ownership: what comes out is in the arena.
 * Errors: ERR_NOT_FOUND no such issue; ERR_USAGE not a name of an issue;
 *   ERR_REFUSED the state says no, with a slug; ERR_INPUT a value that is not
 *   fit for a newsletter.
 * Threads: as the database.
 */
#ifndef COMPOSER_ISSUE_ISSUE_H
#define COMPOSER_ISSUE_ISSUE_H

#include <stdbool.h>
#include <stdint.h>

#include "composer/edition/special.h"

struct arena;
struct database;
struct err;

#define ISSUE_HEADLINE_MAX 200
#define ISSUE_OPENING_MAX 10000

enum issue_state {
	ISSUE_OPEN,
	ISSUE_APPROVED,
	ISSUE_SENDING,
	ISSUE_SENT,
	ISSUE_SKIPPED,
	ISSUE_STOPPED,
};

struct issue {
	int64_t id;
	const char *name; /* 12-2026 */
	int number, year;
	bool extra;
	enum special kind;
	bool at_once;	      /* leaves when it has been approved for a while */
	const char *audience; /* all, tags, organisations, got */
	const char *tags;     /* "netwerk, bestuur" */
	const char *corrects; /* 12-2026, NULL: nothing */
	enum issue_state state;
	int revision;
	const char *planned_at; /* RFC 3339, on the newsletter's clock */
	const char *goes_at;	/* later or earlier than planned */
	const char *held_at, *held_by, *held_reason; /* NULL: not held */
	const char *approved_at, *approved_by;
	int approved_revision;
};

int issue_find(struct database *d, struct arena *a, const char *name,
    struct issue *ret, struct err *e);

/* The same issue as it is now; moving it may have changed its name. */
int issue_again(struct database *d, struct arena *a, int64_t id,
    struct issue *ret, struct err *e);

/* Open the issue of the next date of the calendar; ERR_REFUSED says why there
 * is none. */
int issue_open_next(struct database *d, struct err *e);

/* Refuse because of the state the issue is in; returns -1. */
int issue_refuse(struct database *d, const struct issue *i, struct err *e);

/* NULL leaves what there is. */
struct issue_text {
	const char *headline, *preheader, *opening;
};
int issue_set_text(struct database *d, const struct issue *i, const char *lang,
    const struct issue_text *t, struct err *e);

/* "2026-12-10 10:00", on the newsletter's clock and not in the past, as RFC
 * 3339. */
#define ISSUE_MOMENT_SIZE 40
int issue_moment(struct database *d, const char *local,
    char ret[ISSUE_MOMENT_SIZE], struct err *e);
int issue_set_moment(struct database *d, const struct issue *i,
    const char *local, const char *actor, struct err *e);

#endif
