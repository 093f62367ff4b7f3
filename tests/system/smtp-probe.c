/*
 * smtp-probe - send messages with the SMTP client and say how each ended
 *
 *	smtp-probe [-n COUNT] [-t none|starttls|implicit] [-a CA] [-u USER]
 *	    [-p PASSWORD] [-l] [-w TIMEOUT_MS] [-f FROM] [-d DELAY_MS]
 *	    HOST PORT TO
 *
 * -l allows logging in without TLS to this machine, -d waits between the
 * messages, -b makes the message BYTES long.  Each line is stage, outcome,
 * code, status, verdict and text, between tabs; a failure to connect is one
 * such line.  SIGTERM cancels what can be.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/send/classify.h"
#include "daemon/send/smtp_client.h"

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

static int
send_all(const struct smtp_config *config, const char *from, const char *to,
    int count, int delay_ms, size_t bytes)
{
	static char head[] = "Subject: probe\r\n\r\ndot\r\n";
	char *body = malloc(bytes + 2);
	struct iovec iov[] = { { head, sizeof(head) - 1 }, { body, bytes } };
	struct smtp_client *c = NULL;
	struct smtp_result r;
	struct err e;

	if (body == NULL)
		return 1;
	for (size_t i = 0; i < bytes; i++)
		body[i] = "0123456789abcde\r\n"[i % 17];
	if (bytes >= 2)
		memcpy(body + bytes - 2, "\r\n", 2);
	while (count-- > 0) {
		if (c != NULL && !smtp_client_is_open(c)) {
			smtp_client_close(c);
			c = NULL;
		}
		if (c == NULL && smtp_client_open(&c, config, &e, &r) == -1) {
			print_result(&r);
			(void)fprintf(stderr, "%s: %s\n", err_word(&e), e.text);
			free(body);
			return 1;
		}
		smtp_client_send(c, from, to, iov, 2, sizeof(head) - 1 + bytes,
		    &r);
		print_result(&r);
		if (delay_ms > 0)
			(void)usleep((useconds_t)delay_ms * 1000);
	}
	smtp_client_close(c);
	free(body);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct sigaction term = { .sa_handler = on_term };
	struct smtp_config config;
	const char *from = "b@lijst.example";
	int opt, count = 1, delay_ms = 0;
	size_t bytes = 0;

	smtp_config_init(&config);
	config.tls = SMTP_TLS_NONE;
	config.helo = "lijst.example";
	set_timeouts(&config, 5000);
	config.cancel_fd = cancel_fd = eventfd(0, EFD_CLOEXEC);
	(void)sigaction(SIGTERM, &term, NULL);
	while ((opt = getopt(argc, argv, "a:b:d:f:ln:p:t:u:w:")) != -1) {
		switch (opt) {
		case 'a':
			config.ca_file = optarg;
			break;
		case 'b':
			bytes = strtoul(optarg, NULL, 10);
			break;
		case 'd':
			delay_ms = atoi(optarg);
			break;
		case 'f':
			from = optarg;
			break;
		case 'l':
			config.auth_without_tls = true;
			break;
		case 'n':
			count = atoi(optarg);
			break;
		case 'p':
			config.password = optarg;
			break;
		case 't':
			config.tls = tls_of(optarg);
			break;
		case 'u':
			config.user = optarg;
			break;
		case 'w':
			set_timeouts(&config, atoi(optarg));
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 3)
		return 2;
	config.host = argv[optind];
	config.port = argv[optind + 1];
	return send_all(&config, from, argv[optind + 2], count, delay_ms,
	    bytes);
}
