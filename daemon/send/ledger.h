/*
 * ledger - leases and outcomes of a worker, in the database
 *
 * Each call is one transaction that may be repeated when it is not known
 * whether it happened.  Chunks that were leased and not given back are held;
 * what the database thinks is leased beyond those came out of a lease whose
 * answer was lost, and is given back.
 *
 * Ownership: works that come out are the caller's.
 * Errors: ERR_TEMP when the database is away; then nothing, or all of it,
 *   happened.
 * Threads: those of a struct database.
 */
#ifndef DAEMON_SEND_LEDGER_H
#define DAEMON_SEND_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct clerk_setup;
struct config;
struct database;
struct err;
struct messages;
struct work;

/* Long enough to sit out a restart of the database, short enough that a host
 * that is gone is not waited for long. */
#define LEDGER_LEASE_SECONDS 60

/* In the journal a refusal that says the address is dead has its own word. */
#define LEDGER_DEAD "dead"

struct held {
	struct held_chunk {
		int64_t mailing;
		int chunk;
	} * chunks;
	int n, max;
};

void held_done(struct held *h);
bool held_is_empty(const struct held *h);
/* The works in b were given back. */
void held_drop(struct held *h, const struct batch *b);

/*
 * Lease so many chunks, or one of a paused mailing when probing is not 0.  1
 * with a list of works, 0 when nothing is due, -1.  A list may come with -1:
 * those are held.  A message that is damaged pauses its mailing.
 */
int ledger_lease(struct database *db, struct held *held,
    const struct config *config, const char *name, int chunks, int64_t probing,
    struct messages *messages, struct work **ret_list, struct err *e);

/* Put a batch on record. */
int ledger_record(struct database *db, const struct batch *b,
    const struct clerk_setup *setup, struct err *e);

/* Give back what is leased under our name and not held. */
int ledger_strays(struct database *db, const struct held *held,
    const char *name, struct err *e);

#endif
