/*
 * enclosed - a message of ours that passes on another one as it came
 *
 * A short text, and the other message behind it: as message/rfc822 when its
 * lines fit the wire as they are, or else, because nothing may change the
 * encoding of such a part, as a file in base64.
 *
 * Ownership: the spec is borrowed for the call; message_done() of
 *   base/splice.h frees the message.
 * Errors: those of message_build(), ERR_LIMIT for ENCLOSED_MAX, or when so
 *   many lines lack a CR that the whole is larger than 8 MB.
 * Limits: ENCLOSED_MAX bytes of the other message.
 * Threads: no state; libsodium must be initialised.
 * Source: RFC 2046 5.2.1, RFC 3834 5.
 */
#ifndef COMPOSER_MESSAGE_ENCLOSED_H
#define COMPOSER_MESSAGE_ENCLOSED_H

#include <stddef.h>

#include "base/splice.h"

struct err;

#define ENCLOSED_MAX ((size_t)5 * 1024 * 1024)

struct enclosed_spec {
	const char *from_name; /* or NULL */
	const char *from_address;
	const char *reply_to; /* or NULL */
	const char *subject;
	const char *list_id;
	const char *content_language;
	const char *text;
	const char *other;
	size_t other_bytes;
};

int enclosed_build(const struct enclosed_spec *spec, struct message *ret,
    struct err *e) __attribute__((warn_unused_result));

#endif
