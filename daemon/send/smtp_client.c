#include "daemon/send/smtp_client.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "daemon/role/stream.h"
#include "daemon/send/smtp_auth.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_machine.h"
#include "daemon/send/smtp_reply.h"

#define MINUTE_MS 60000
#define CLOSING_TIMEOUT_MS 5000
#define LAST_WORDS_TIMEOUT_MS 1000

/* Of one call to smtp_client_transmit(): a dozen messages. */
#define PIECES 512
#define WRITE_MAX ((size_t)256 * 1024)

struct smtp_client {
	const struct smtp_config *config;
	struct stream *stream;
	struct smtp_ehlo ehlo;
	struct smtp_machine *machine;
	bool lost;
	bool hung_up;		       /* there is an end to read */
	bool drained;		       /* nothing more can be read now */
	short read_waits, write_waits; /* poll() events */

	/* What the relay has until deadline_ms for */
	int64_t deadline_ms;
	enum smtp_stage stage;
	int in_flight;

	size_t at, len; /* of in: read, not yet used */
	char in[16384];
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
	    stream_start_tls(c->stream, config->trust, 0, e) == -1)
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
	if (stream_start_tls(c->stream, c->config->trust, c->len - c->at, e) ==
	    -1)
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
	int r;

	if (c == NULL)
		abort();
	c->config = config;
	r = prepare(c, e, ret_result);
	if (r == -1 && c->stream != NULL && stream_is_stale(c->stream)) {
		/* An old TLS session must never be in the way of a new one. */
		stream_free(c->stream);
		c->stream = NULL;
		c->at = c->len = 0;
		r = prepare(c, e, ret_result);
	}
	if (r == -1) {
		smtp_client_free(c);
		return -1;
	}
	c->machine = smtp_machine_new(&c->ehlo);
	c->deadline_ms = INT64_MAX;
	c->read_waits = POLLIN;
	*ret_c = c;
	return 0;
}

void
smtp_client_free(struct smtp_client *c)
{
	if (c == NULL)
		return;
	smtp_machine_free(c->machine);
	stream_free(c->stream);
	free(c);
}

struct smtp_machine *
smtp_client_machine(struct smtp_client *c)
{
	return c->machine;
}

uint64_t
smtp_client_size_max(const struct smtp_client *c)
{
	uint64_t n = c->ehlo.size_max_bytes;

	return n < INT64_MAX ? n : INT64_MAX;
}

bool
smtp_client_is_resumed(const struct smtp_client *c)
{
	return stream_is_resumed(c->stream);
}

int
smtp_client_fd(const struct smtp_client *c)
{
	return stream_fd(c->stream);
}

short
smtp_client_events(const struct smtp_client *c)
{
	return (short)(POLLIN | c->read_waits | c->write_waits);
}

int64_t
smtp_client_deadline_ms(const struct smtp_client *c)
{
	return c->deadline_ms;
}

static int
timeout_ms(const struct smtp_client *c)
{
	const struct smtp_config *config = c->config;

	if (c->lost)
		return LAST_WORDS_TIMEOUT_MS;
	if (smtp_machine_is_closing(c->machine))
		return CLOSING_TIMEOUT_MS;
	if (c->write_waits != 0)
		return config->block_timeout_ms;
	switch (c->stage) {
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

/* The relay has got on when it took bytes or answered; a reply that drips in
 * byte by byte does not count. */
static void
set_deadline(struct smtp_client *c, bool wrote)
{
	enum smtp_stage stage = smtp_machine_stage(c->machine);
	int in_flight = smtp_machine_in_flight(c->machine);

	if (!wrote && stage == c->stage && in_flight == c->in_flight)
		return;
	c->stage = stage;
	c->in_flight = in_flight;
	c->deadline_ms = stage == SMTP_CONNECT && c->write_waits == 0
	    ? INT64_MAX
	    : clock_now_ms() + timeout_ms(c);
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

int
smtp_client_receive(struct smtp_client *c, struct smtp_event *ret_event,
    struct err *e)
{
	for (;;) {
		int r = use_input(c, ret_event, e);
		ssize_t n;

		if (r == 1)
			c->in_flight = -1; /* whatever comes instead of it */
		if (r != 0)
			return r;
		if (smtp_machine_is_closing(c->machine) &&
		    smtp_machine_stage(c->machine) == SMTP_CONNECT)
			return err_set(e, ERR_TEMP,
			    "The mail server %s has ended the connection",
			    c->config->host);
		n = c->drained ? 0
			       : stream_read_some(c->stream, c->in,
				     sizeof(c->in), &c->read_waits, e);
		c->drained = false;
		if (n == 0)
			set_deadline(c, false);
		if (n <= 0)
			return (int)n;
		c->at = 0;
		c->len = (size_t)n;
		/* A plain socket that gave less than asked for has no more, and
		 * poll() tells when that changes: one call in two is saved. */
		if (c->len < sizeof(c->in) && !c->hung_up &&
		    !stream_is_tls(c->stream)) {
			c->drained = true;
			c->read_waits = POLLIN;
		}
	}
}

void
smtp_client_hung_up(struct smtp_client *c)
{
	c->hung_up = true;
}

/* Cut the pieces off after WRITE_MAX; returns how many bytes they are. */
static size_t
shorten(struct iovec *iov, int *n)
{
	size_t bytes = 0;

	for (int i = 0; i < *n; i++) {
		if (iov[i].iov_len >= WRITE_MAX - bytes) {
			iov[i].iov_len = WRITE_MAX - bytes;
			*n = i + 1;
		}
		bytes += iov[i].iov_len;
	}
	return bytes;
}

/* Some of it may have left: rather call a message uncertain than send it
 * twice. */
static void
count_unsure(struct smtp_client *c, size_t bytes)
{
	if (stream_is_tls(c->stream))
		smtp_machine_wrote(c->machine,
		    bytes < STREAM_UNSURE ? bytes : STREAM_UNSURE);
}

int
smtp_client_transmit(struct smtp_client *c, struct err *e)
{
	struct iovec iov[PIECES];
	int n = smtp_machine_output(c->machine, iov, PIECES);
	size_t bytes = shorten(iov, &n);
	short events = 0;
	ssize_t done = 0;

	if (c->lost)
		return err_set(e, ERR_TEMP,
		    "The connection to the server %s was lost",
		    c->config->host);
	if (n > 0)
		done = stream_write_some(c->stream, iov, n, &events, e);
	if (done == -1) {
		count_unsure(c, bytes);
		c->lost = true;
		set_deadline(c, true);
		return -1;
	}
	smtp_machine_wrote(c->machine, (size_t)done);
	if (done > 0 && smtp_machine_output(c->machine, iov, 1) > 0)
		events = POLLOUT;
	c->write_waits = events;
	set_deadline(c, done > 0);
	return 0;
}

int
smtp_client_fail(struct smtp_client *c, const struct err *why,
    struct smtp_event *ret_event)
{
	struct err late;

	if (why == NULL) {
		(void)err_set(&late, ERR_TEMP,
		    "The server %s did not answer in time", c->config->host);
		why = &late;
	}
	c->lost = true;
	return smtp_machine_fail(c->machine, outcome_of(why), why->text,
	    ret_event);
}
