/*
 * smtp_client - a connection to the relay
 *
 * Opening it blocks: it connects, starts TLS and logs in as configured; a
 * relay that offers less than the configuration demands is refused, there is
 * no falling back (RFC 8314).  Greeting and EHLO are RFC 5321, STARTTLS RFC
 * 3207, AUTH RFC 4954.  An open client never waits: it moves bytes between the
 * socket and its smtp_machine, which the caller gives messages to.  One turn:
 *
 *	smtp_client_receive() until it gives no more events
 *	messages to smtp_client_machine(), committed
 *	smtp_client_transmit()
 *	wait for smtp_client_events() until smtp_client_deadline_ms()
 *
 * Ownership: configuration and trust are borrowed for the life of the client.
 * Errors: opening fills a struct smtp_result, which classify() reads, and a
 *   struct err for people.
 * Limits: the timeouts of the configuration; cancel_fd ends waits while
 *   opening.  An open client has a deadline that the caller watches.
 * Threads: a client belongs to one thread at a time; it may be opened in one
 *   and used in another.
 */
#ifndef DAEMON_SEND_SMTP_CLIENT_H
#define DAEMON_SEND_SMTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/send/smtp_result.h"

struct err;
struct smtp_client;
struct smtp_event;
struct smtp_machine;
struct stream_trust;

enum smtp_tls {
	SMTP_TLS_NONE,
	SMTP_TLS_STARTTLS,
	SMTP_TLS_IMPLICIT,
};

struct smtp_config {
	const char *host;
	const char *port;
	enum smtp_tls tls;
	struct stream_trust *trust; /* NULL only without TLS */
	const char *user;	    /* NULL for no log-in */
	const char *password;	    /* must be there when user is */
	const char *helo;      /* a domain of the list, never a host name */
	bool auth_without_tls; /* only ever to this machine itself */
	int cancel_fd;	       /* -1 for none */

	/* RFC 5321, 4.5.3.2 */
	int connect_timeout_ms;
	int greeting_timeout_ms; /* EHLO, STARTTLS and AUTH as well */
	int mail_timeout_ms;
	int rcpt_timeout_ms;
	int data_timeout_ms;
	int block_timeout_ms;
	int end_of_data_timeout_ms;
};

/* Defaults: port 587 with STARTTLS, the timeouts of RFC 5321. */
void smtp_config_init(struct smtp_config *config);

/* Without QUIT: that goes through the machine. */
void smtp_client_free(struct smtp_client *c);

int smtp_client_open(struct smtp_client **ret_c,
    const struct smtp_config *config, struct err *e,
    struct smtp_result *ret_result) __attribute__((warn_unused_result));

struct smtp_machine *smtp_client_machine(struct smtp_client *c);

/* The largest message the relay takes (RFC 1870) in bytes; 0 when it does not
 * say, at most INT64_MAX. */
uint64_t smtp_client_size_max(const struct smtp_client *c);

/* The TLS session is a continued one. */
bool smtp_client_is_resumed(const struct smtp_client *c);

int smtp_client_fd(const struct smtp_client *c);

/* poll() events to wait for: POLLIN, and POLLOUT while something could not be
 * written; or what TLS asks for. */
short smtp_client_events(const struct smtp_client *c);

/*
 * Read what is there.  1 with an event (call again), 0 when nothing more is
 * there, -1 when the connection is of no use any more: lost, the protocol
 * broken, all said after 421 or QUIT.  What is still in hand then ends with
 * smtp_client_fail().
 */
int smtp_client_receive(struct smtp_client *c, struct smtp_event *ret_event,
    struct err *e) __attribute__((warn_unused_result));

/* poll() said POLLRDHUP or the like: read to the end, so that nothing is
 * handed to a relay that has left. */
void smtp_client_hung_up(struct smtp_client *c);

/*
 * Write what the machine hands out, as far as the socket takes it and not so
 * much that other connections starve.  0, or -1: the connection is lost, but
 * there may still be last words to receive before smtp_client_receive() says
 * so as well.
 */
int smtp_client_transmit(struct smtp_client *c, struct err *e);

/* After -1, or with why NULL after the deadline: 1 with the event of a message
 * in hand (call again), 0 when there is none left. */
int smtp_client_fail(struct smtp_client *c, const struct err *why,
    struct smtp_event *ret_event);

/* clock_now_ms() by which the relay must have done something; INT64_MAX while
 * nothing is expected of it.  Ask before writing without POLLOUT: a socket
 * takes some bytes more long after poll() has stopped saying so. */
int64_t smtp_client_deadline_ms(const struct smtp_client *c);

#endif
