#include "daemon/send/smtp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/role/stream.h"
#include "daemon/send/smtp_auth.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_machine.h"
#include "daemon/send/smtp_reply.h"

#define MINUTE_MS 60000
#define QUIT_TIMEOUT_MS 5000
#define LAST_WORDS_TIMEOUT_MS 1000
#define PIECES 16

struct smtp_client {
	const struct smtp_config *config;
	struct stream *stream;
	struct smtp_ehlo ehlo;
	struct smtp_machine *machine;
	bool lost;
	size_t at, len; /* of in: read, not yet used */
	char in[4096];
};

void
smtp_config_init(struct smtp_config *config)
{
	*config = (struct smtp_config){
		.port = "587",
		.tls = SMTP_TLS_STARTTLS,
		.cancel_fd = -1,
		.connect_timeout_ms = MINUTE_MS,
		.greeting_timeout_ms = 5 * MINUTE_MS,
		.mail_timeout_ms = 5 * MINUTE_MS,
		.rcpt_timeout_ms = 5 * MINUTE_MS,
		.data_timeout_ms = 2 * MINUTE_MS,
		.block_timeout_ms = 3 * MINUTE_MS,
		.end_of_data_timeout_ms = 10 * MINUTE_MS,
	};
}

static enum smtp_outcome
outcome_of(const struct err *e)
{
	return e->kind == ERR_TEMP || e->kind == ERR_INTERRUPT ? SMTP_LOST
							       : SMTP_UNFIT;
}

static int
failed(enum smtp_stage stage, const struct err *e,
    struct smtp_result *ret_result)
{
	smtp_result_set(ret_result, stage, outcome_of(e), e->text);
	return -1;
}

static int
fill(struct smtp_client *c, struct err *e)
{
	ssize_t n = stream_read(c->stream, c->in, sizeof(c->in), e);

	if (n == -1)
		return -1;
	c->at = 0;
	c->len = (size_t)n;
	return 0;
}

static int
write_all(struct smtp_client *c, char *p, size_t n, struct err *e)
{
	while (n > 0) {
		struct iovec iov = { p, n };
		ssize_t done = stream_write(c->stream, &iov, 1, e);

		if (done == -1)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
read_reply(struct smtp_client *c, struct smtp_reply *ret_reply, struct err *e)
{
	smtp_reply_init(ret_reply);
	for (;;) {
		const char *p = c->in + c->at;
		int r = smtp_reply_feed(ret_reply, &p, c->in + c->len, e);

		c->at = (size_t)(p - c->in);
		if (r != 0)
			return r == 1 ? 0 : -1;
		if (fill(c, e) == -1)
			return -1;
	}
}

/* Read the reply to what was sent in stage; it must be a 2xx. */
static int
expect(struct smtp_client *c, enum smtp_stage stage,
    struct smtp_reply *ret_reply, struct err *e, struct smtp_result *ret_result)
{
	if (read_reply(c, ret_reply, e) == -1)
		return failed(stage, e, ret_result);
	if (ret_reply->code / 100 == 2)
		return 0;
	smtp_result_set_reply(ret_result, stage, ret_reply->code,
	    ret_reply->text, "");
	return err_set(e, ret_reply->code / 100 == 4 ? ERR_TEMP : ERR_REFUSED,
	    "The mail server %s refuses at the step %s: %d %s", c->config->host,
	    smtp_stage_name(stage), ret_reply->code, ret_result->text);
}

static int
connect_relay(struct smtp_client *c, struct err *e,
    struct smtp_result *ret_result)
{
	const struct smtp_config *config = c->config;
	struct smtp_reply reply;

	if (stream_connect(&c->stream, config->host, config->port,
		config->connect_timeout_ms, config->cancel_fd, e) == -1)
		return failed(SMTP_CONNECT, e, ret_result);
	stream_set_timeout_ms(c->stream, config->greeting_timeout_ms);
	if (config->tls == SMTP_TLS_IMPLICIT &&
	    stream_start_tls(c->stream, config->ca_file, 0, e) == -1)
		return failed(SMTP_STARTTLS, e, ret_result);
	return expect(c, SMTP_GREETING, &reply, e, ret_result);
}

static int
say_ehlo(struct smtp_client *c, struct err *e, struct smtp_result *ret_result)
{
	struct smtp_reply reply;
	char line[300];
	int n;

	/* An address with this domain is fine, and so the domain is. */
	n = snprintf(line, sizeof(line), "x@%s", c->config->helo);
	if (n < 0 || (size_t)n >= sizeof(line) || !smtp_address_ok(line)) {
		(void)err_set(e, ERR_CONFIG,
		    "The name for the mail server to know us by is not a "
		    "domain");
		return failed(SMTP_EHLO, e, ret_result);
	}
	n = snprintf(line, sizeof(line), "EHLO %s\r\n", c->config->helo);
	stream_set_timeout_ms(c->stream, c->config->greeting_timeout_ms);
	if (write_all(c, line, (size_t)n, e) == -1)
		return failed(SMTP_EHLO, e, ret_result);
	if (expect(c, SMTP_EHLO, &reply, e, ret_result) == -1)
		return -1;
	smtp_ehlo_parse(&c->ehlo, reply.text);
	return 0;
}

static int
start_tls(struct smtp_client *c, struct err *e, struct smtp_result *ret_result)
{
	char command[] = "STARTTLS\r\n";
	struct smtp_reply reply;

	if (!c->ehlo.starttls) {
		(void)err_set(e, ERR_CONFIG,
		    "The mail server %s does not offer STARTTLS",
		    c->config->host);
		(void)err_slug(e, "tls-not-offered");
		return failed(SMTP_STARTTLS, e, ret_result);
	}
	stream_set_timeout_ms(c->stream, c->config->greeting_timeout_ms);
	if (write_all(c, command, strlen(command), e) == -1)
		return failed(SMTP_STARTTLS, e, ret_result);
	if (expect(c, SMTP_STARTTLS, &reply, e, ret_result) == -1)
		return -1;
	if (stream_start_tls(c->stream, c->config->ca_file, c->len - c->at,
		e) == -1)
		return failed(SMTP_STARTTLS, e, ret_result);
	return say_ehlo(c, e, ret_result);
}

static int
log_in(struct smtp_client *c, struct err *e, struct smtp_result *ret_result)
{
	const struct smtp_config *config = c->config;
	const char *mechanism = smtp_ehlo_best_mechanism(&c->ehlo);

	if (!stream_is_tls(c->stream) &&
	    !(config->auth_without_tls && stream_is_loopback(c->stream))) {
		(void)err_set(e, ERR_CONFIG,
		    "Logging in to the mail server %s without TLS is not "
		    "allowed",
		    config->host);
		return failed(SMTP_AUTH, e, ret_result);
	}
	if (mechanism == NULL) {
		(void)err_set(e, ERR_CONFIG,
		    "The mail server %s offers no known way to log in",
		    config->host);
		return failed(SMTP_AUTH, e, ret_result);
	}
	stream_set_timeout_ms(c->stream, config->greeting_timeout_ms);
	return smtp_auth_login(c->stream, config->host, mechanism, config->user,
	    config->password, e, ret_result);
}

static int
prepare(struct smtp_client *c, struct err *e, struct smtp_result *ret_result)
{
	if (connect_relay(c, e, ret_result) == -1 ||
	    say_ehlo(c, e, ret_result) == -1)
		return -1;
	if (c->config->tls == SMTP_TLS_STARTTLS &&
	    start_tls(c, e, ret_result) == -1)
		return -1;
	return c->config->user == NULL ? 0 : log_in(c, e, ret_result);
}

int
smtp_client_open(struct smtp_client **ret_c, const struct smtp_config *config,
    struct err *e, struct smtp_result *ret_result)
{
	struct smtp_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->config = config;
	if (prepare(c, e, ret_result) == -1) {
		c->lost = true;
		smtp_client_close(c);
		return -1;
	}
	c->machine = smtp_machine_new(&c->ehlo);
	*ret_c = c;
	return 0;
}

void
smtp_client_close(struct smtp_client *c)
{
	char command[] = "QUIT\r\n";
	struct smtp_reply reply;
	struct err e;

	if (c == NULL)
		return;
	if (!c->lost && smtp_client_is_open(c)) {
		stream_set_timeout_ms(c->stream, QUIT_TIMEOUT_MS);
		if (write_all(c, command, strlen(command), &e) == 0)
			(void)read_reply(c, &reply, &e);
	}
	smtp_machine_free(c->machine);
	stream_free(c->stream);
	free(c);
}

bool
smtp_client_is_open(const struct smtp_client *c)
{
	return !c->lost && !smtp_machine_is_closing(c->machine) &&
	    c->at == c->len && stream_is_quiet(c->stream);
}

static int
timeout_ms(const struct smtp_config *config, enum smtp_stage stage)
{
	switch (stage) {
	case SMTP_RCPT:
		return config->rcpt_timeout_ms;
	case SMTP_DATA:
		return config->data_timeout_ms;
	case SMTP_END_OF_DATA:
		return config->end_of_data_timeout_ms;
	default:
		return config->mail_timeout_ms;
	}
}

/* Write what the machine has; 1 when that was anything. */
static int
flush(struct smtp_client *c, struct err *e)
{
	struct iovec iov[PIECES];
	int n, any = 0;

	while ((n = smtp_machine_output(c->machine, iov, PIECES)) > 0) {
		ssize_t done;

		stream_set_timeout_ms(c->stream, c->config->block_timeout_ms);
		done = stream_write(c->stream, iov, n, e);
		if (done == -1 && stream_is_tls(c->stream)) {
			/* Some of it may have arrived: count it all, so that
			 * a message is rather called uncertain than sent
			 * twice. */
			for (int i = 0; i < n; i++)
				smtp_machine_wrote(c->machine, iov[i].iov_len);
		}
		if (done == -1)
			return -1;
		smtp_machine_wrote(c->machine, (size_t)done);
		any = 1;
	}
	return any;
}

/* What has been read, to the machine: 1 with an event, 0, -1. */
static int
use_input(struct smtp_client *c, struct smtp_event *ret_event, struct err *e)
{
	const char *p = c->in + c->at;
	int r =
	    smtp_machine_input(c->machine, &p, c->in + c->len, ret_event, e);

	c->at = (size_t)(p - c->in);
	return r;
}

/* A server that hangs up in the middle of a message mostly says why: 1 with
 * the event it leads to, or -1. */
static int
last_words(struct smtp_client *c, struct smtp_event *ret_event)
{
	struct err e;
	int r;

	c->lost = true;
	stream_set_timeout_ms(c->stream, LAST_WORDS_TIMEOUT_MS);
	while ((r = use_input(c, ret_event, &e)) == 0)
		if (fill(c, &e) == -1)
			return -1;
	return r;
}

/* Until the message in the machine has ended: 1 with an event, or -1. */
static int
exchange(struct smtp_client *c, struct smtp_event *ret_event, struct err *e)
{
	enum smtp_stage waiting_for = SMTP_CONNECT;
	void *tag;

	for (;;) {
		int r = use_input(c, ret_event, e);
		int wrote;

		if (r != 0)
			return r;
		(void)smtp_machine_commit(c->machine, &tag);
		if ((wrote = flush(c, e)) == -1)
			return last_words(c, ret_event);
		if (wrote || smtp_machine_stage(c->machine) != waiting_for) {
			waiting_for = smtp_machine_stage(c->machine);
			stream_set_timeout_ms(c->stream,
			    timeout_ms(c->config, waiting_for));
		}
		if (fill(c, e) == -1)
			return -1;
	}
}

void
smtp_client_send(struct smtp_client *c, const char *from, const char *to,
    const struct iovec *iov, int n, uint64_t size_bytes,
    struct smtp_result *ret_result)
{
	const struct smtp_message msg = { from, to, iov, n, size_bytes, c };
	struct smtp_event event;
	struct err e;
	int r = smtp_machine_submit(c->machine, &msg, ret_result);

	if (r == 0)
		smtp_result_set(ret_result, SMTP_CONNECT, SMTP_LOST,
		    "The connection to the mail server has ended");
	if (r != 1)
		return;
	stream_set_cancel_fd(c->stream, -1);
	if (exchange(c, &event, &e) == -1) {
		c->lost = true;
		(void)smtp_machine_fail(c->machine, outcome_of(&e), e.text,
		    &event);
	}
	stream_set_cancel_fd(c->stream, c->config->cancel_fd);
	*ret_result = event.result;
}
