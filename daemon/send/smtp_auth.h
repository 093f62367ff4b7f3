/*
 * smtp_auth - log in to the relay with SASL (RFC 4954), through libetpan
 *
 * Errors: ERR_CONFIG when name or password are refused or cannot be used,
 *   ERR_TEMP when the server cannot tell or is away; with what happened in
 *   *ret_result.
 * Limits: libetpan builds the command in a buffer of 513 bytes, so the name
 *   (twice) and the password together are at most SMTP_AUTH_MAX bytes.  Time
 *   is limited by the deadline of the stream.
 */
#ifndef DAEMON_SEND_SMTP_AUTH_H
#define DAEMON_SEND_SMTP_AUTH_H

struct err;
struct smtp_result;
struct stream;

#define SMTP_AUTH_MAX 360

int
smtp_auth_login(struct stream *stream, const char *host, const char *mechanism,
    const char *user, const char *password, struct err *e,
    struct smtp_result *ret_result) __attribute__((warn_unused_result));

#endif
