/*
 * link - the bytes of one connection, in the clear or in TLS, at a distance
 *
 * A distance is a time after which what was written leaves, while more can be
 * written: as over a long line, and unlike a pause.  It lies below TLS, so a
 * handshake feels it as well.
 *
 * Ownership: a link owns its socket and what waits to leave; struct distance
 *   holds pointers to links with link.pending > 0.
 * Errors: -1 when the connection is gone.
 * Limits: LINK_OUT_MAX bytes waiting; more breaks the connection.
 * Threads: a link and its distance belong to one thread.
 */
#ifndef TESTS_SINK_LINK_H
#define TESTS_SINK_LINK_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define LINK_OUT_MAX ((size_t)16 * 1024 * 1024)

struct link;

struct departure {
	int64_t due_ns;
	struct link *link;
	size_t n;
};

/* Departures in the order of their times: a ring. */
struct distance {
	int64_t delay_ns; /* 0: everything leaves at once */
	struct departure *ring;
	size_t size, first, n;
};

struct link {
	int fd; /* -1 once closed */
	gnutls_session_t tls;
	struct distance *distance;
	struct buf out;
	size_t sent, released; /* of out; what lies behind waits for its time */
	unsigned int pending;  /* departures to come */
};

/* A server's certificate, and the key of its session tickets. */
struct link_identity {
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t ticket_key;
};

int64_t link_now_ns(void);

void link_init(struct link *l, int fd, struct distance *d);
void link_close(struct link *l);

/* More than 0: bytes read, 0: nothing now, -1: the peer is gone. */
ssize_t link_read(struct link *l, char *p, size_t n);
void link_write(struct link *l, const char *p, size_t n);

/* 1: everything has left, 0: something waits, -1: the peer is gone.
 * *ret_blocked says that the socket would take no more. */
int link_flush(struct link *l, bool *ret_blocked);

/* Begin TLS; go on with link_handshake(): 1 done, 0 more to come, -1. */
void link_start_tls(struct link *l, const struct link_identity *identity);
int link_handshake(struct link *l);

/* The next link of which something may leave by now, or NULL.  When its fd is
 * -1 and nothing is pending any more, it may be freed. */
struct link *distance_next(struct distance *d, int64_t now_ns);
/* When that will be; INT64_MAX for never. */
int64_t distance_due(const struct distance *d);

#endif
