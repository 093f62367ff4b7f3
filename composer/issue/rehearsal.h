/*
 * rehearsal - make every message of an issue and send none
 *
 * What the send role does for each recipient, up to the wire: open the sealed
 * address, make tokens, splice, and see whether a server would take the form.
 * The recipients are those who would be frozen now; of an issue that is not
 * approved yet the editions are built as they would be.  Nothing is stored.
 *
 * Ownership: rehearsal_done() frees what rehearsal_init() made.
 * Errors: those of edition_build() and edition_load(), and of the database.
 *   What is wrong with one message is counted and no error.
 * Limits: one page of recipients in memory, however many there are, and a
 *   count for each of their domains;
 *   REHEARSAL_PROBLEMS_MAX problems are told apart, all are counted.
 * Threads: as the database.
 */
#ifndef COMPOSER_ISSUE_REHEARSAL_H
#define COMPOSER_ISSUE_REHEARSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/err.h"
#include "composer/edition/edition.h"
#include "composer/issue/destinations.h"

struct config;
struct database;
struct issue;
struct keys;

#define REHEARSAL_PROBLEMS_MAX 10

enum rehearsal_fault {
	REHEARSAL_UNREADABLE, /* the sealed address does not open */
	REHEARSAL_REFUSED,    /* we would not hand over this address */
	REHEARSAL_FORM,	      /* the message is not fit for the wire */
	REHEARSAL_TOO_LARGE,  /* for the relay */
	REHEARSAL_FAULTS
};

/* What decides how long it takes. */
enum rehearsal_pace {
	REHEARSAL_UNKNOWN,
	REHEARSAL_WORKERS,     /* as fast as they are now */
	REHEARSAL_LAST,	       /* as with the last issue */
	REHEARSAL_RATE,	       /* send.rate */
	REHEARSAL_DOMAIN_RATE, /* send.domain_rate, for the largest domain */
	REHEARSAL_PACES
};

struct rehearsal_edition {
	struct edition edition;
	int64_t messages;
	size_t smallest, largest; /* bytes */
	int64_t bytes;
};

struct rehearsal_problem {
	enum rehearsal_fault fault;
	int64_t subscriber;
	char address[ADDRESS_MAX + 1]; /* "" when it does not open */
	char why[ERR_TEXT_MAX];	       /* translated; "" for TOO_LARGE */
};

struct rehearsal {
	struct rehearsal_edition editions[SPECIAL_EDITIONS_MAX];
	size_t nopen; /* editions to be freed */
	int64_t recipients, seen;
	int64_t faults[REHEARSAL_FAULTS];
	struct rehearsal_problem problems[REHEARSAL_PROBLEMS_MAX];
	size_t nproblems;
	int64_t relay_size; /* 0: not known */
	struct destinations destinations;
	enum rehearsal_pace pace;
	double rate;	      /* a second, by what decides; 0: not known */
	double seconds;	      /* 0: not known; with the quiet ones */
	double quiet_seconds; /* of the quiet hours, in which nothing leaves */
	int64_t issue;
	int64_t last; /* key of the last page */
	int64_t dated_at;
};

int rehearsal_init(struct rehearsal *r, struct database *d,
    const struct config *config, const struct issue *i, struct err *e);
/* The next page.  1: there may be more, 0: all are made. */
int rehearsal_step(struct rehearsal *r, struct database *d,
    const struct config *config, const struct keys *keys, struct err *e);
/* After the last page: how long sending takes. */
int rehearsal_estimate(struct rehearsal *r, struct database *d,
    const struct config *config, struct err *e);
bool rehearsal_clean(const struct rehearsal *r);
void rehearsal_done(struct rehearsal *r);

#endif
