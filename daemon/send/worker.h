/*
 * worker - sends: one thread for all connections to the relay, and a clerk
 *
 * A worker leases chunks, opens each sealed address, splices the message for
 * it and hands it to the relay, many at a time (daemon/send/loop.h).  A pause,
 * a stop or a reader who left takes effect within seconds.
 *
 * Ownership: worker_start() returns running threads; worker_join() waits until
 *   what is in flight has an answer (20 seconds at most) and the leases are
 *   given back, and frees it.
 * Errors: the worker logs what it meets (it is the caller that decides) and
 *   goes on by itself when database, relay or disk are back.
 * Threads: worker_accepted() and the like may be called from any.
 */
#ifndef DAEMON_SEND_WORKER_H
#define DAEMON_SEND_WORKER_H

#include <stdbool.h>

struct config;
struct database;
struct err;
struct keys;
struct stream_trust;
struct worker;

struct worker_setup {
	const struct config *config;
	const struct keys *keys;
	struct stream_trust *trust; /* NULL without TLS */
	struct database *db;	    /* to remember the pace; not kept */
	const char *password;	    /* of the relay, NULL for none */
	const char *host;
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
