/*
 * approval - let an issue go out
 *
 * Approving gives the issue its number, fixes what is in it, makes the three
 * editions and stores them: from then on those bytes are what is sent, and what
 * of it is public is what the archive will show.  It ends
 * a hold for want of approval, never one by a person.  Any change of the
 * contents takes it back (issue_revoke() in the database).
 *
 * Ownership: strings are in the arena.
 * Errors: ERR_CONFLICT (changed) when the issue is no longer at the revision
 *   that was looked at; ERR_REFUSED (check-failed, not-first) when the rules
 *   say no.
 */
#ifndef COMPOSER_ISSUE_APPROVAL_H
#define COMPOSER_ISSUE_APPROVAL_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct check;
struct config;
struct database;
struct err;
struct issue;

/* What a person has to know before saying yes, beside composer/issue/check.h. */
struct approval_facts {
	int64_t seconds;     /* until its time, negative when that has passed */
	const char *goes_at; /* RFC 3339; late ones at the next working day */
	const char *writers, *translators;
	const char *tested_at; /* RFC 3339, NULL: never */
	int news, events, organisations, questions, announcements;
	int64_t readers_nl, readers_en, readers_both;
	const char *urgent_before; /* NULL: none in the 7 days before */
	bool alone; /* the approver wrote and translated everything */
};
int approval_facts(struct database *d, struct arena *a, const struct issue *i,
    const char *actor, struct approval_facts *ret, struct err *e);

/* The issue is at this revision and nothing before it waits; else say who
 * changed what. */
int approval_possible(struct database *d, const struct issue *i, int revision,
    struct err *e);

/* Nothing that blocks was found; else ERR_REFUSED, which says where to look. */
int
approval_complete(const struct check *ck, const struct issue *i, struct err *e);

/* Inside the caller's transaction, which holds the lock of the issue. */
int
approval_give(struct database *d, struct arena *a, const struct config *config,
    const struct issue *i, int revision, const char *actor, struct err *e);

#endif
