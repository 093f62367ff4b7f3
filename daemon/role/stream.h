/*
 * stream - a TCP connection to a server that may become a TLS one
 *
 * TLS is 1.2 or later; the chain of the certificate and the host name in it
 * are always verified (RFC 9325, RFC 9525).  Waiting is done with poll(), a
 * vanished peer raises no SIGPIPE.
 *
 * The library behind it can also be libetpan: stream_low() is a driver for
 * its streams, because its own sockets use select() and its own TLS verifies
 * nothing.
 *
 * Ownership: stream_free() closes; the trust is borrowed until then.  What stream_low() returns borrows the
 *   stream: closing a libetpan stream leaves this one open, and stream_free()
 *   comes after it.
 * Errors: ERR_TEMP for a peer that is away (slugs timed-out, refused, lost,
 *   dns), ERR_INTERRUPT for a cancelled wait, ERR_CONFIG or ERR_PROTO for TLS
 *   (slugs tls-wrong-name, tls-unknown-issuer, tls-expired, tls-bad, and
 *   tls-plaintext for bytes sent in the clear where TLS had to begin).
 * Limits: every wait ends at the deadline of stream_set_timeout_ms().  Only
 *   the look-up of a name cannot be interrupted.
 * Threads: a stream belongs to one thread; another may write to cancel_fd.
 */
#ifndef DAEMON_ROLE_STREAM_H
#define DAEMON_ROLE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <libetpan/mailstream_types.h>

struct err;
struct stream;
struct stream_trust;

void stream_free(struct stream *s);

/*
 * Connect to the first address of host that answers; all of it takes at most
 * timeout_ms, shared fairly between the addresses.  A wait ends early when
 * cancel_fd (an eventfd or pipe, or -1) becomes readable.
 */
int stream_connect(struct stream **ret_s, const char *host, const char *port,
    int timeout_ms, int cancel_fd, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Begin TLS with host.  unread_bytes counts what the caller has read and not
 * yet used: with STARTTLS any such plaintext is an injection and is refused
 * (CVE-2011-0411).
 */
int stream_start_tls(struct stream *s, struct stream_trust *trust,
    size_t unread_bytes, struct err *e) __attribute__((warn_unused_result));

bool stream_is_tls(const struct stream *s);

/* TLS took up an earlier session. */
bool stream_is_resumed(const struct stream *s);

/* Beginning TLS failed after the ticket of an earlier session was offered; it
 * will not be offered again. */
bool stream_is_stale(const struct stream *s);

/* The peer is this machine. */
bool stream_is_loopback(const struct stream *s);

/* Nothing is waiting to be read: no data and no end of the connection. */
bool stream_is_quiet(const struct stream *s);

/* From now on all operations together may take timeout_ms, until the next
 * call. */
void stream_set_timeout_ms(struct stream *s, int timeout_ms);

/* Waits end when fd becomes readable; -1 for uninterrupted waits. */
void stream_set_cancel_fd(struct stream *s, int fd);

int stream_fd(const struct stream *s);

/*
 * The calls that never wait: bytes moved, 0 after setting *ret_events to the
 * poll() events to wait for, or -1 when the connection is gone (it may still
 * be read after a failed write).
 *
 * Writing sends the beginning of iov.  After 0, what is passed again must
 * begin with the same bytes.  After -1 a plain connection has sent nothing of
 * it, a TLS one perhaps some of the first STREAM_UNSURE bytes: a record (RFC
 * 8446, 5.1).
 */
#define STREAM_UNSURE ((size_t)16384)

ssize_t stream_read_some(struct stream *s, void *buf, size_t n,
    short *ret_events, struct err *e) __attribute__((warn_unused_result));
ssize_t stream_write_some(struct stream *s, const struct iovec *iov, int n,
    short *ret_events, struct err *e) __attribute__((warn_unused_result));

/*
 * The calls that wait until the deadline.
 */

/* At least one byte, at most n; the end of the connection is an error. */
ssize_t stream_read(struct stream *s, void *buf, size_t n, struct err *e)
    __attribute__((warn_unused_result));

/* Send the beginning of iov and return how many bytes it was. */
ssize_t stream_write(struct stream *s, const struct iovec *iov, int n,
    struct err *e) __attribute__((warn_unused_result));

/* A driver for mailstream_new(); NULL when out of memory. */
mailstream_low *stream_low(struct stream *s);

/* Why the latest operation through stream_low() failed. */
const struct err *stream_error(const struct stream *s);

#endif
