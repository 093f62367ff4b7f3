/*
 * batch - outcomes and finished chunks on their way into the ledger
 *
 * The worker fills one while the clerk puts the other on record, in one
 * transaction.
 *
 * Ownership: a batch owns its works and texts; batch_clear() frees them.
 * Limits: BATCH_MAX outcomes, BATCH_WORKS chunks; batch_has_room() before
 *   taking something on that will end in the batch.
 * Threads: one at a time.
 */
#ifndef DAEMON_SEND_BATCH_H
#define DAEMON_SEND_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "daemon/send/journal.h"
#include "daemon/send/work.h"

#define BATCH_MAX 8192
#define BATCH_WORKS 64
#define BATCH_BRAKES 8

struct outcome {
	struct journal_key key;
	struct journal_result result; /* stage and result are constants */
	bool dead;		      /* refused because the address is */
	uint32_t file;		      /* of the journal */
	bool journaled;
};

/* Why nothing leaves until someone has looked, or a probe got through. */
struct brake {
	int64_t mailing; /* 0: all of them */
	const char *reason;
	const char *probe; /* "connect", "message" or NULL */
	bool singles;
};

/* A destination that may not be fed at full speed, to be remembered. */
struct kept_pace {
	const char *domain; /* "": the relay */
	double concurrency;
	int64_t cool_ms; /* from now on; 0: none */
	int failures;
};

struct batch {
	struct outcome *outcomes;
	int n;
	struct work *works[BATCH_WORKS]; /* to be given back */
	int nworks;
	struct brake brakes[BATCH_BRAKES];
	int nbrakes;
	const char *resume; /* kind of probe that got through */
	bool has_pace;	    /* the whole of it, also when that is none */
	struct kept_pace *pace;
	int npace;
	struct arena texts;
};

void batch_init(struct batch *b);
void batch_done(struct batch *b);
void batch_clear(struct batch *b);
bool batch_is_empty(const struct batch *b);

/* Texts are copied.  Aborts when there is no room. */
struct outcome *batch_add(struct batch *b, const struct journal_key *key,
    const struct journal_result *result);

/* The same brake twice is one; later ones than BATCH_BRAKES are left out: what
 * they would stop meets its trouble again. */
void batch_brake(struct batch *b, const struct brake *brake);

#endif
