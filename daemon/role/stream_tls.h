/*
 * stream_tls - the verified TLS layer of a stream (GnuTLS, client side)
 *
 * Nothing here waits.  Calls return what they moved, or 0 after setting
 * *ret_events to the poll() events to wait for before the same call is made
 * again, or -1 when the connection is gone.
 *
 * Ownership: stream_tls_free() says goodbye to the peer; the socket stays the
 *   caller's.
 * Source: RFC 9325 (versions), RFC 9525 (host name), GnuTLS manual 6.
 */
#ifndef DAEMON_ROLE_STREAM_TLS_H
#define DAEMON_ROLE_STREAM_TLS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct err;
struct stream_tls;

void stream_tls_free(struct stream_tls *t);

/* Trust ca_file or, when NULL, the system; expect host in the certificate. */
int stream_tls_new(struct stream_tls **ret_t, int fd, const char *host,
    const char *ca_file, struct err *e) __attribute__((warn_unused_result));

/* 0 when done, poll() events to wait for (> 0), or -1. */
int stream_tls_handshake(struct stream_tls *t, const char *host, struct err *e)
    __attribute__((warn_unused_result));

ssize_t
stream_tls_read(struct stream_tls *t, void *buf, size_t n, short *ret_events);

/* Sends at most max_bytes of iov.  After 0, pass the same iov again. */
ssize_t stream_tls_write(struct stream_tls *t, const struct iovec *iov, int n,
    size_t max_bytes, short *ret_events);

#endif
