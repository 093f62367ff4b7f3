/*
 * smtp_message - a message for one recipient, as SMTP takes it (RFC 5321)
 *
 * Ownership: addresses and pieces are borrowed.
 * Errors: what must not be sent is told in a struct smtp_result.
 * Limits: an address of at most 254 bytes, a local part of at most 64
 *   (RFC 5321, 4.5.3.1; the path of 256 includes the brackets).
 */
#ifndef DAEMON_SEND_SMTP_MESSAGE_H
#define DAEMON_SEND_SMTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "daemon/send/smtp_result.h"

#define SMTP_ADDRESS_MAX 254
#define SMTP_LOCAL_PART_MAX 64

struct smtp_message {
	const char *from; /* envelope sender; "" for the null return path */
	const char *to;
	const struct iovec *iov; /* lines end in CRLF, none starts with a dot */
	int iov_len;
	uint64_t size_bytes; /* of all pieces, exactly */
	void *tag;	     /* the caller's, comes back with the event */
};

/* An address that is safe in a command; an empty one is not. */
bool smtp_address_ok(const char *address);

/* 0, or -1 when it must not be sent to a server that takes at most max_bytes
 * (0: unknown), and why in *ret_result. */
int smtp_message_check(const struct smtp_message *msg, uint64_t max_bytes,
    struct smtp_result *ret_result) __attribute__((warn_unused_result));

#endif
