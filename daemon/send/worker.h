/*
 * worker - one connection to the relay and one to the database
 *
 * A worker leases a chunk, opens each sealed address, splices the message for
 * it, hands it to the relay and appends the outcome.  It stays with a chunk for
 * a few seconds at most, so that a pause, a stop or a reader who left takes
 * effect at the next lease.  An outcome is committed before the next message
 * leaves.
 *
 * Ownership: worker_start() returns a running thread; worker_join() waits until
 *   it has finished the message in hand and given its lease back, and frees it.
 * Errors: the worker logs what it meets (it is the caller that decides) and
 *   goes on by itself when database or relay are back.
 * Threads: worker_status() may be called from any.
 */
#ifndef DAEMON_SEND_WORKER_H
#define DAEMON_SEND_WORKER_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct err;
struct keys;
struct worker;

/* The process renews its leases every few seconds.  They outlive a lost
 * connection of its own, so that nobody takes over a chunk whose message is
 * still in hand. */
#define WORKER_LEASE_SECONDS 60

struct worker_setup {
	const struct config *config;
	const struct keys *keys;
	const char *password; /* of the relay, NULL for none */
	const char *process;  /* host:pid, in front of the names of leases */
	int number;
	int stop_fd; /* becomes readable when it is time to stop */
	bool once;   /* stop as soon as nothing is due */
};

int worker_start(struct worker **ret, const struct worker_setup *setup,
    struct err *e);
void worker_join(struct worker *w);

/* False once the thread has ended. */
bool worker_is_running(const struct worker *w);

/* Messages accepted so far, and whether the relay answers. */
long worker_accepted(const struct worker *w);
bool worker_relay_is_away(const struct worker *w);

#endif
