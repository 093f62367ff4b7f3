/*
 * connections - those of a worker to the relay
 *
 * Opening one takes several round trips and may wait for seconds (a relay that
 * delays its greeting, a slow resolver), so each is opened in a thread of its
 * own; from then on it never waits.  All of them share one epoll descriptor.
 *
 * The window (messages in flight on a connection, where the relay offers
 * CHUNKING) doubles with every window's worth of successes and halves when a
 * connection is lost, because what is in flight then is uncertain.
 *
 * Ownership: the configuration is borrowed.  A connection is owned by the set
 *   until connections_remove().
 * Limits: CONNECTIONS_MAX.
 * Threads: one, besides those that open.
 */
#ifndef DAEMON_SEND_CONNECTIONS_H
#define DAEMON_SEND_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "daemon/send/smtp_result.h"

#define CONNECTIONS_MAX 64

struct connections;
struct smtp_client;
struct smtp_config;

struct connection {
	struct smtp_client *client;
	long accepted; /* on this connection */
	bool leaving;  /* QUIT was said */
	bool dirty;    /* something may have to be written */
	bool failed;   /* to be removed in this turn */
	short events;  /* that epoll waits for */
	int64_t idle_since_ms;
};

/* How an attempt to open ended. */
struct opened {
	bool probe;		       /* as it was asked for */
	struct connection *connection; /* NULL: it failed */
	struct smtp_result result;
	struct err error;
};

struct connections *connections_new(const struct smtp_config *config,
    int epoll_fd, int window_max) __attribute__((returns_nonnull));
/* Waits for the threads that open; cancel_fd of the configuration ends them. */
void connections_free(struct connections *c);

/* Begin to open one more; a probe only to see whether it can be. */
int connections_open(struct connections *c, bool probe, struct err *e);
int connections_opening(const struct connections *c);

/* Readable when connections_opened() has something; its events carry the
 * pointer of the set. */
bool connections_opened(struct connections *c, struct opened *ret);

int connections_count(const struct connections *c);
struct connection *connections_at(struct connections *c, int i);
void connections_remove(struct connections *c, struct connection *k);

/* Wait for what the client wants to be waited for. */
void connections_watch(struct connections *c, struct connection *k);

/* A message was accepted; a connection was lost. */
void connections_success(struct connections *c, struct connection *k);
void connections_loss(struct connections *c);

/* Free room for messages over all connections. */
int connections_room(struct connections *c);

#endif
