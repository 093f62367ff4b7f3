/*
 * framing - whether a request means the same to everyone who reads it
 *
 * A proxy and this server must agree where a request ends and what it asks
 * for.  What could be read in two ways is refused: several Content-Length,
 * Transfer-Encoding or Host fields, a length beside a coding, a coding other
 * than chunked, a folded line, and a target that is not a plain path
 * (RFC 9112, 6.3 and 11.2; RFC 9110, 7.2).
 *
 * Ownership: nothing is kept.
 * Limits: FRAMING_FIELDS_MAX header fields, FRAMING_TARGET_MAX octets.
 */
#ifndef DAEMON_WEB_FRAMING_H
#define DAEMON_WEB_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

#define FRAMING_FIELDS_MAX 64
#define FRAMING_TARGET_MAX 2048

struct framing {
	unsigned fields;
	unsigned lengths;
	unsigned codings;
	unsigned hosts;
	bool odd; /* a field that cannot be trusted */
};

/* Take one header field. */
void framing_field(struct framing *f, const char *name, const char *value);

/* After the last one. */
bool framing_fields_ok(const struct framing *f);

/* The target as it came, before anything was decoded. */
bool framing_target_ok(const char *target);

#endif
