/*
 * smtp_machine - mail transactions of an SMTP client, without any I/O
 * (RFC 5321; SIZE RFC 1870, PIPELINING RFC 2920)
 *
 * It is given messages and the bytes the server sends; it hands out the bytes
 * to send and says how each message ended.  What it has handed out and the
 * replies it expects are kept apart, so a caller never counts replies:
 *
 *	smtp_machine_submit(m, &message, &result)
 *	while (no event)
 *		write smtp_machine_output(), tell smtp_machine_wrote()
 *		read, feed smtp_machine_input()
 *
 * With PIPELINING a message takes two round trips (MAIL, RCPT and DATA in one
 * group; the content), without it four.
 *
 * Ownership: a message, its addresses and its pieces are borrowed from
 *   smtp_machine_submit() until the event with its tag.
 * Errors: smtp_machine_input() gives ERR_PROTO or ERR_LIMIT when the server
 *   breaks the protocol; the connection is then of no use and
 *   smtp_machine_fail() tells which messages that leaves open.
 * Limits: an address of at most 254 bytes, a local part of at most 64
 *   (RFC 5321, 4.5.3.1; the path of 256 includes the brackets).
 */
#ifndef DAEMON_SEND_SMTP_MACHINE_H
#define DAEMON_SEND_SMTP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "daemon/send/smtp_result.h"

#define SMTP_ADDRESS_MAX 254
#define SMTP_LOCAL_PART_MAX 64

struct err;
struct smtp_ehlo;
struct smtp_machine;

struct smtp_message {
	const char *from; /* envelope sender; "" for the null return path */
	const char *to;
	const struct iovec *iov; /* dot-stuffed, every line ends in CRLF */
	int iov_len;
	uint64_t size_bytes; /* for SIZE: before dot-stuffing */
	void *tag;	     /* the caller's, comes back with the event */
};

struct smtp_event {
	void *tag;
	struct smtp_result result;
};

void smtp_machine_free(struct smtp_machine *m);
struct smtp_machine *
smtp_machine_new(const struct smtp_ehlo *ehlo) __attribute__((returns_nonnull));

/* An address that is safe in a command; an empty one is not. */
bool smtp_address_ok(const char *address);

/*
 * Take a message.  1 when taken, 0 when there is no room before the next
 * event or the connection is closing, -1 when it must not be sent, and why in
 * *ret_result.
 */
int smtp_machine_submit(struct smtp_machine *m, const struct smtp_message *msg,
    struct smtp_result *ret_result) __attribute__((warn_unused_result));

/* Fill at most n pieces of what is to be written now; returns how many. */
int smtp_machine_output(const struct smtp_machine *m, struct iovec *iov, int n);
void smtp_machine_wrote(struct smtp_machine *m, size_t bytes);

/*
 * Consume bytes from [*p, end) and advance *p.  1 with an event when a message
 * has ended (call again for the rest), 0 when more is needed, -1 on error.
 */
int smtp_machine_input(struct smtp_machine *m, const char **p, const char *end,
    struct smtp_event *ret_event, struct err *e)
    __attribute__((warn_unused_result));

/* What the next reply will be about, which decides how long to wait for it. */
enum smtp_stage smtp_machine_stage(const struct smtp_machine *m);

/* The server said 421, or cut a message short: no message can follow. */
bool smtp_machine_is_closing(const struct smtp_machine *m);

/*
 * The connection ended.  1 with an event for a message in hand, 0 when there
 * is none left.  A message of which the server refused a part stays refused.
 */
int smtp_machine_fail(struct smtp_machine *m, enum smtp_outcome outcome,
    const char *text, struct smtp_event *ret_event);

#endif
