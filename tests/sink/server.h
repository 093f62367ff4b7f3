/*
 * server - the connections of one thread of the sink
 *
 * Ownership: server_start() returns a running thread; server_stop() ends it
 *   and closes its connections.  The options are borrowed.
 * Errors: ERR_SYS when the port cannot be had.
 * Threads: each server is one; the kernel spreads connections over those that
 *   listen on the same port.
 */
#ifndef TESTS_SINK_SERVER_H
#define TESTS_SINK_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sink/link.h"
#include "tests/sink/session.h"

struct err;
struct server;

struct server_options {
	struct session_options session;
	struct link_identity identity; /* with session.starttls */
	int64_t delay_ns;
	int64_t patience_ns; /* of silence, and for a peer that does not go */
};

/* port "0": any; *ret_port is the one it got. */
int server_start(struct server **ret, const struct server_options *o,
    const char *host, const char *port, int *ret_port, struct err *e);
void server_stop(struct server *s);

#endif
