/*
 * smtp_machine - mail transactions of an SMTP client, without any I/O
 * (RFC 5321; SIZE RFC 1870, PIPELINING RFC 2920, CHUNKING RFC 3030)
 *
 * It is given messages and the bytes the server sends; it hands out the bytes
 * to send and says how each message ended.  What it has handed out and the
 * replies it expects are kept apart, so a caller never counts replies.  One
 * turn of a connection:
 *
 *	read, feed smtp_machine_input() until it gives no more events
 *	smtp_machine_submit(m, &message, &result) while smtp_machine_room()
 *	smtp_machine_commit() for each message whose end may leave: journal it
 *	write smtp_machine_output(), tell smtp_machine_wrote()
 *
 * What a server offers decides how messages follow each other:
 *   nothing      command by command, four round trips a message;
 *   PIPELINING   the content of one message and MAIL, RCPT, DATA of the next
 *                in one group: one round trip a message;
 *   CHUNKING as well: RSET, MAIL, RCPT, BDAT LAST and the content in one group,
 *                with a window of messages in flight.  RSET comes first because
 *                a refused RCPT or BDAT leaves the transaction before it open,
 *                and the next message would go out under its envelope sender;
 *                so the window opens when the server has taken RSET once.
 *
 * Ownership: a message, its addresses and its pieces are borrowed from
 *   smtp_machine_submit() until the event with its tag.
 * Errors: smtp_machine_input() gives ERR_PROTO or ERR_LIMIT when the server
 *   breaks the protocol; the connection is then of no use and
 *   smtp_machine_fail() tells which messages that leaves open.
 * Limits: SMTP_WINDOW_MAX messages in flight.  Nothing is allocated after
 *   smtp_machine_new().
 */
#ifndef DAEMON_SEND_SMTP_MACHINE_H
#define DAEMON_SEND_SMTP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "daemon/send/smtp_message.h"
#include "daemon/send/smtp_result.h"

#define SMTP_WINDOW_MAX 128

struct err;
struct smtp_ehlo;
struct smtp_machine;

struct smtp_event {
	void *tag;
	struct smtp_result result;
};

void smtp_machine_free(struct smtp_machine *m);
struct smtp_machine *
smtp_machine_new(const struct smtp_ehlo *ehlo) __attribute__((returns_nonnull));

/* How many messages may be in flight with CHUNKING, 1 at the start and at
 * most SMTP_WINDOW_MAX.  Messages already taken are not affected. */
void smtp_machine_set_window(struct smtp_machine *m, int messages);

/* The server takes a window of messages. */
bool smtp_machine_has_window(const struct smtp_machine *m);

/* How many more messages would be taken now. */
int smtp_machine_room(const struct smtp_machine *m);

/* How many messages are taken and have not ended. */
int smtp_machine_in_flight(const struct smtp_machine *m);

/*
 * Take a message.  1 when taken, 0 when there is no room before the next
 * event or the connection is closing, -1 when it must not be sent, and why in
 * *ret_result.
 */
int smtp_machine_submit(struct smtp_machine *m, const struct smtp_message *msg,
    struct smtp_result *ret_result) __attribute__((warn_unused_result));

/*
 * 1 with the tag of the next message whose last byte would be handed out now:
 * the caller puts on record that it may arrive.  0 when there is none.  Until
 * then smtp_machine_output() keeps its content back, so nothing can leave that
 * is not on record.
 */
int smtp_machine_commit(struct smtp_machine *m, void **ret_tag);

/* Say goodbye once everything taken has ended; nothing is taken any more. */
void smtp_machine_quit(struct smtp_machine *m);

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

/* What the next reply will be about, which decides how long to wait for it
 * (that to QUIT counts as one to MAIL); SMTP_CONNECT when none is expected. */
enum smtp_stage smtp_machine_stage(const struct smtp_machine *m);

/* The server said 421, refused RSET or is no longer in step with us: nothing
 * is written any more, what is still in flight may be answered yet.  Or QUIT
 * is under way. */
bool smtp_machine_is_closing(const struct smtp_machine *m);

/*
 * The connection ended.  1 with an event for a message in hand (call again for
 * the next), 0 when there is none left.  A message that was written to its
 * last byte ends at SMTP_END_OF_DATA, unless the server refused a part of it,
 * or had stopped listening before it, which a 421 says: then it is lost at
 * SMTP_MAIL.  The others end at the stage they reached.
 */
int smtp_machine_fail(struct smtp_machine *m, enum smtp_outcome outcome,
    const char *text, struct smtp_event *ret_event);

#endif
