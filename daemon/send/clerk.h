/*
 * clerk - keeps the ledger for a worker
 *
 * A thread with its own connection to the database.  It leases chunks ahead,
 * puts batches of outcomes on record while the worker goes on, keeps the
 * leases alive, looks after those of workers that died, and replays the
 * journals they left before it leases anything.  Before each lease it applies
 * what the journals of departures know: who left gets no mail, even where the
 * database was away when they did, or was restored from a backup since.  While the database is away a
 * batch waits, is tried again, and nothing is leased.
 *
 * Ownership: a batch that was handed over is the clerk's until it comes back
 *   as recorded; leased works are the worker's, and go back inside a batch.
 * Errors: the clerk logs what it meets (it decides what to do about it).
 * Threads: all calls are the worker's, but for clerk_start() and clerk_join().
 */
#ifndef DAEMON_SEND_CLERK_H
#define DAEMON_SEND_CLERK_H

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct clerk;
struct config;
struct err;
struct keys;
struct pace;
struct work;

struct clerk_setup {
	const struct config *config;
	const struct keys *keys;
	const char *host;
	const char *name; /* of the worker: HOST:PID:MOMENT */
};

/* How things stand. */
struct clerk_state {
	struct batch *recorded; /* NULL, or the worker's once more */
	struct work *leased;	/* NULL, or a list for the worker */
	bool is_free;		/* takes a batch */
	bool is_idle;		/* the last lease found nothing that is due */
	bool wants_probe;	/* of the relay; said once */
	int workers;		/* that share the relay */
	/* Counts up when leases ran out and came back: what was leased before
	 * must not be sent any more. */
	unsigned int epoch;
	/* clock_now_ms() from which no message may leave: somebody else may be
	 * sending it by then. */
	int64_t lease_until_ms;
};

/* What the worker shows of itself. */
struct clerk_news {
	int connections;
	int in_flight;
	long accepted;	     /* since the start */
	char relay[200];     /* what is wrong with it, or "" */
	uint64_t relay_size; /* of messages it takes, 0: any */
};

int
clerk_start(struct clerk **ret, const struct clerk_setup *setup, struct err *e);

/* Ends once the batch in hand is on record, or, when the database is away, at
 * once: the journal holds it.  all_done: the worker has nothing in hand, so
 * what is still leased was not used.  True when that is given back. */
bool clerk_join(struct clerk *c, bool all_done);
/* After clerk_join(), and after all works were freed. */
void clerk_free(struct clerk *c);

/* Readable when there is something new to see. */
int clerk_fd(const struct clerk *c);
void clerk_fd_clear(const struct clerk *c);

void clerk_look(struct clerk *c, struct clerk_state *ret);

/* Only when it is free. */
void clerk_hand(struct clerk *c, struct batch *b);

/* Lease so many chunks when there are any; 0: no more. */
void clerk_want(struct clerk *c, int chunks);

void clerk_tell(struct clerk *c, const struct clerk_news *news);

#endif
