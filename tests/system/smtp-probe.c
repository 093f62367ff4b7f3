/*
 * smtp-probe - send messages with the SMTP client and say how each ended
 *
 *	smtp-probe [-n COUNT] [-t none|starttls|implicit] [-a CA] [-u USER]
 *	    [-p PASSWORD] [-l] [-w TIMEOUT_MS] [-f FROM] [-d DELAY_MS]
 *	    [-b BYTES] [-W WINDOW] [-c CONNECTIONS] HOST PORT TO
 *
 * -l allows logging in without TLS to this machine, -d waits after each
 * message, -b makes them BYTES longer, -W lets that many be in flight when the
 * server takes a window.  A connection that ends is followed by another one
 * until COUNT messages have ended; -c does all that so many times, and writes
 * "resumed" or "full" for each connection to stderr.  Each line is stage,
 * outcome, code, status, verdict and text, between tabs; a failure to connect
 * is one such line.  SIGTERM cancels what can be.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "daemon/role/stream_trust.h"
#include "daemon/send/classify.h"
#include "daemon/send/smtp_client.h"
#include "daemon/send/smtp_machine.h"

static int cancel_fd;

static void
on_term(int sig)
{
	const uint64_t one = 1;

	(void)sig;
	if (write(cancel_fd, &one, sizeof(one)) == -1)
		_exit(2);
}

static void
print_result(const struct smtp_result *r)
{
	char status[SMTP_STATUS_MAX];

	smtp_status_format(&r->status, status, sizeof(status));
	(void)printf("%s\t%s\t%d\t%s\t%s\t%s\n", smtp_stage_name(r->stage),
	    smtp_outcome_name(r->outcome), r->code, status,
	    verdict_name(classify(r)), r->text);
	(void)fflush(stdout);
}

static enum smtp_tls
tls_of(const char *word)
{
	if (strcmp(word, "starttls") == 0)
		return SMTP_TLS_STARTTLS;
	return strcmp(word, "implicit") == 0 ? SMTP_TLS_IMPLICIT
					     : SMTP_TLS_NONE;
}

static void
set_timeouts(struct smtp_config *c, int ms)
{
	c->connect_timeout_ms = c->greeting_timeout_ms = c->mail_timeout_ms =
	    c->rcpt_timeout_ms = c->data_timeout_ms = c->block_timeout_ms =
		c->end_of_data_timeout_ms = ms;
}

struct job {
	struct smtp_config config;
	struct smtp_message msg;
	int count; /* of messages that are to end yet */
	int delay_ms;
	int window;
};

/* Until there is something to do; false when the time is up. */
static bool
wait_for_server(const struct smtp_client *c)
{
	struct pollfd p = { smtp_client_fd(c), smtp_client_events(c), 0 };
	int64_t left = smtp_client_deadline_ms(c) - clock_now_ms();

	/* A signal only makes it look sooner. */
	return left > 0 &&
	    (poll(&p, 1, left < 10000 ? (int)left : 10000) != 0 ||
		clock_now_ms() < smtp_client_deadline_ms(c));
}

static void
ended(struct job *j, const struct smtp_event *event)
{
	print_result(&event->result);
	j->count--;
}

/* As many as there are, and say goodbye behind the last. */
static void
submit(struct job *j, struct smtp_machine *m)
{
	struct smtp_event event;
	void *tag;

	while (smtp_machine_in_flight(m) < j->count &&
	    smtp_machine_room(m) > 0 &&
	    (j->delay_ms == 0 || smtp_machine_in_flight(m) == 0))
		if (smtp_machine_submit(m, &j->msg, &event.result) == -1)
			ended(j, &event);
	if (j->count == 0)
		smtp_machine_quit(m);
	while (smtp_machine_commit(m, &tag) == 1)
		continue;
}

/* Everything until the connection is of no more use. */
static void
use(struct job *j, struct smtp_client *c)
{
	struct smtp_machine *m = smtp_client_machine(c);
	struct smtp_event event;
	struct err e, *why = &e;

	smtp_machine_set_window(m, j->window);
	for (;;) {
		int r;

		smtp_client_hung_up(c); /* perhaps: look */
		while ((r = smtp_client_receive(c, &event, &e)) == 1) {
			ended(j, &event);
			if (j->delay_ms > 0)
				(void)usleep((useconds_t)j->delay_ms * 1000);
		}
		if (r == -1)
			break;
		submit(j, m);
		(void)smtp_client_transmit(c, &e);
		if (!wait_for_server(c)) {
			why = NULL;
			break;
		}
	}
	while (smtp_client_fail(c, why, &event) == 1)
		ended(j, &event);
}

static int
send_all(struct job *j, bool tell)
{
	struct smtp_client *c;
	struct smtp_result r;
	struct err e;

	while (j->count > 0) {
		if (smtp_client_open(&c, &j->config, &e, &r) == -1) {
			print_result(&r);
			(void)fprintf(stderr, "%s: %s\n", err_word(&e), e.text);
			return 1;
		}
		use(j, c);
		if (tell)
			(void)fprintf(stderr, "%s\n",
			    smtp_client_is_resumed(c) ? "resumed" : "full");
		smtp_client_free(c);
	}
	return 0;
}

/* Two pieces: a head, and lines without a dot in front. */
static char *
make_content(struct iovec *ret_iov, size_t bytes)
{
	static char head[] = "Subject: probe\r\n\r\ndot\r\n";
	char *body = malloc(bytes + 2);

	if (body == NULL)
		abort();
	for (size_t i = 0; i < bytes; i++)
		body[i] = "0123456789abcde\r\n"[i % 17];
	if (bytes >= 2)
		memcpy(body + bytes - 2, "\r\n", 2);
	ret_iov[0] = (struct iovec){ head, sizeof(head) - 1 };
	ret_iov[1] = (struct iovec){ body, bytes };
	return body;
}

int
main(int argc, char **argv)
{
	const struct sigaction term = { .sa_handler = on_term };
	struct job job = { .window = 1 };
	struct smtp_config *config = &job.config;
	const char *ca_file = NULL, *from = "b@lijst.example";
	struct iovec iov[2];
	int opt, count = 1, connections = 0, rc = 0;
	size_t bytes = 0;
	char *content;

	smtp_config_init(config);
	config->tls = SMTP_TLS_NONE;
	config->helo = "lijst.example";
	set_timeouts(config, 5000);
	config->cancel_fd = cancel_fd = eventfd(0, EFD_CLOEXEC);
	(void)sigaction(SIGTERM, &term, NULL);
	while ((opt = getopt(argc, argv, "W:a:b:c:d:f:ln:p:t:u:w:")) != -1) {
		switch (opt) {
		case 'W':
			job.window = atoi(optarg);
			break;
		case 'a':
			ca_file = optarg;
			break;
		case 'b':
			bytes = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			connections = atoi(optarg);
			break;
		case 'd':
			job.delay_ms = atoi(optarg);
			break;
		case 'f':
			from = optarg;
			break;
		case 'l':
			config->auth_without_tls = true;
			break;
		case 'n':
			count = atoi(optarg);
			break;
		case 'p':
			config->password = optarg;
			break;
		case 't':
			config->tls = tls_of(optarg);
			break;
		case 'u':
			config->user = optarg;
			break;
		case 'w':
			set_timeouts(config, atoi(optarg));
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 3)
		return 2;
	config->host = argv[optind];
	config->port = argv[optind + 1];
	config->trust = stream_trust_new(ca_file);
	content = make_content(iov, bytes);
	job.msg = (struct smtp_message){ from, argv[optind + 2], iov, 2,
		iov[0].iov_len + iov[1].iov_len, NULL };
	for (int i = 0; rc == 0 && i < (connections > 0 ? connections : 1);
	     i++) {
		job.count = count;
		rc = send_all(&job, connections > 0);
	}
	stream_trust_free(config->trust);
	free(content);
	return rc;
}
