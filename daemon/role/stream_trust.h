/*
 * stream_trust - whom the TLS of streams trusts, and how it is taken up again
 *
 * The certificates of authorities are read once, not for every connection
 * (the system's take 10 ms and more), and again when the file has changed;
 * while it cannot be read, those of before stay.
 *
 * The session ticket of the latest connection to a host makes the next one
 * cheap for both ends.  Several connections may offer the same ticket.  RFC
 * 8446, C.4 advises against it because whoever watches then sees that they
 * belong together; between a list and its relay, both with fixed addresses,
 * that is no secret.  Nothing is ever sent as early data.  A resumed session
 * shows no certificate, so a ticket is used no longer than
 * STREAM_TRUST_VERIFIED_MS after one was last verified, and never after the
 * certificates have changed.
 *
 * Ownership: streams borrow it until they are freed; ca_file is copied.
 * Errors: ERR_CONFIG (slug tls-no-trust) when there are no certificates.
 * Threads: any number may share one.
 */
#ifndef DAEMON_ROLE_STREAM_TRUST_H
#define DAEMON_ROLE_STREAM_TRUST_H

#include <stdint.h>

#define STREAM_TRUST_VERIFIED_MS (INT64_C(60) * 60 * 1000)

struct err;
struct gnutls_session_int; /* gnutls_session_t points to it */
struct stream_trust;
struct stream_trusted; /* certificates as they were read once */

void stream_trust_free(struct stream_trust *trust);

/* ca_file (PEM) or, when NULL, the system's.  Nothing is read yet. */
struct stream_trust *
stream_trust_new(const char *ca_file) __attribute__((returns_nonnull));

/*
 * For stream_tls.
 */

/* Let a new session trust what ca_file holds now.  NULL on error. */
struct stream_trusted *
stream_trust_use(struct stream_trust *trust, struct gnutls_session_int *session,
    struct err *e) __attribute__((warn_unused_result));

/* When that session is no more. */
void
stream_trust_unuse(struct stream_trust *trust, struct stream_trusted *trusted);

/* Offer host the ticket it gave.  Returns when its certificate was verified,
 * or 0 when there is no ticket. */
int64_t stream_trust_offer(struct stream_trust *trust,
    const struct stream_trusted *trusted, const char *host,
    struct gnutls_session_int *session);

/* The session has got a ticket. */
void stream_trust_keep(struct stream_trust *trust,
    const struct stream_trusted *trusted, const char *host,
    struct gnutls_session_int *session, int64_t verified_ms);

/* The ticket does more harm than good. */
void stream_trust_forget(struct stream_trust *trust);

#endif
