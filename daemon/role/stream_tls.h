/*
 * stream_tls - the verified TLS layer of a stream (GnuTLS, client side)
 *
 * Nothing here waits.  Calls return what they moved, or 0 after setting
 * *ret_events to the poll() events to wait for before the same call is made
 * again, or -1 when the connection is gone.
 *
 * Ownership: stream_tls_free() says goodbye to the peer; the socket stays the
 *   caller's, and so do trust and host, which are borrowed.
 * Source: RFC 9325 (versions), RFC 9525 (host name), GnuTLS manual 6.
 */
#ifndef DAEMON_ROLE_STREAM_TLS_H
#define DAEMON_ROLE_STREAM_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct err;
struct stream_tls;
struct stream_trust;

void stream_tls_free(struct stream_tls *t);

/* Expect host in the certificate. */
int stream_tls_new(struct stream_tls **ret_t, int fd, const char *host,
    struct stream_trust *trust, struct err *e)
    __attribute__((warn_unused_result));

/* 0 when done, poll() events to wait for (> 0), or -1. */
int stream_tls_handshake(struct stream_tls *t, struct err *e)
    __attribute__((warn_unused_result));

/* The session of an earlier connection is, or would have been, taken up. */
bool stream_tls_is_resumed(const struct stream_tls *t);
bool stream_tls_has_offered(const struct stream_tls *t);

ssize_t
stream_tls_read(struct stream_tls *t, void *buf, size_t n, short *ret_events);

/* After 0, what is passed again must begin with the same bytes.  After -1 at
 * most STREAM_UNSURE of them may have been sent. */
ssize_t stream_tls_write(struct stream_tls *t, const struct iovec *iov, int n,
    short *ret_events);

#endif
