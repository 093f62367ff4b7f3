/*
 * smtp_client - a connection to the relay that delivers messages one by one
 *
 * Opening it connects, starts TLS and logs in as configured; a relay that
 * offers less than the configuration demands is refused, there is no falling
 * back (RFC 8314).  Greeting, EHLO and QUIT are RFC 5321, STARTTLS RFC 3207,
 * AUTH RFC 4954.
 *
 * Ownership: the configuration is borrowed for the life of the client.
 * Errors: every call fills a struct smtp_result, which classify() reads.
 *   Opening gives a struct err as well, for people.
 * Limits: the timeouts of the configuration.  cancel_fd ends waits while
 *   opening and closing; a message, once begun, is seen through.
 * Threads: a client belongs to one thread.
 */
#ifndef DAEMON_SEND_SMTP_CLIENT_H
#define DAEMON_SEND_SMTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "daemon/send/smtp_result.h"

struct err;
struct smtp_client;

enum smtp_tls {
	SMTP_TLS_NONE,
	SMTP_TLS_STARTTLS,
	SMTP_TLS_IMPLICIT,
};

struct smtp_config {
	const char *host;
	const char *port;
	enum smtp_tls tls;
	const char *ca_file;   /* NULL for the system's */
	const char *user;      /* NULL for no log-in */
	const char *password;  /* must be there when user is */
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

/* Says QUIT when there is anyone to say it to, and frees. */
void smtp_client_close(struct smtp_client *c);

int smtp_client_open(struct smtp_client **ret_c,
    const struct smtp_config *config, struct err *e,
    struct smtp_result *ret_result) __attribute__((warn_unused_result));

/*
 * Send one message (see struct smtp_message) and wait for its end.  Afterwards
 * ask smtp_client_is_open() before sending another.
 */
void smtp_client_send(struct smtp_client *c, const char *from, const char *to,
    const struct iovec *iov, int n, uint64_t size_bytes,
    struct smtp_result *ret_result);

/* False after 421, a lost connection or an idle one that the relay ended:
 * close this client and open another. */
bool smtp_client_is_open(const struct smtp_client *c);

#endif
