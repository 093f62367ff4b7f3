#include "daemon/send/smtp_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_reply.h"

/* RSET, MAIL with two 254-byte addresses and SIZE, RCPT, DATA. */
#define COMMANDS_MAX 1024

#define EXPECTED_MAX 8

enum command {
	CMD_RSET,
	CMD_MAIL,
	CMD_RCPT,
	CMD_DATA,
	CMD_CONTENT, /* with the final dot */
	CMD_NONE,
};

struct expected {
	enum command command;
	uint64_t end; /* its last byte, counted in all bytes handed out */
};

struct smtp_machine {
	bool pipelining;
	bool size;
	uint64_t size_max_bytes;

	/* The message in hand */
	bool busy;
	bool refused; /* result is final, the rest is about good manners */
	struct smtp_message msg;
	struct smtp_result result;

	/* The server */
	bool closing;
	bool open; /* a transaction is: RSET must come before MAIL */

	/* To be sent: commands, content, dot */
	enum command next;
	char commands[COMMANDS_MAX];
	size_t commands_len, commands_at;
	int piece;
	size_t piece_at;
	size_t dot_at; /* how much of it is written */
	bool content;  /* content and dot have been handed out */
	uint64_t queued, written;

	/* To be received */
	struct expected expected[EXPECTED_MAX];
	unsigned int first, waiting;
	struct smtp_reply reply;
};

static const char dot[] = ".\r\n";
#define DOT_LEN (sizeof(dot) - 1)

struct smtp_machine *
smtp_machine_new(const struct smtp_ehlo *ehlo)
{
	struct smtp_machine *m = calloc(1, sizeof(*m));

	if (m == NULL)
		abort();
	m->pipelining = ehlo->pipelining;
	m->size = ehlo->size;
	m->size_max_bytes = ehlo->size_max_bytes;
	m->next = CMD_NONE;
	m->dot_at = DOT_LEN;
	smtp_reply_init(&m->reply);
	return m;
}

void
smtp_machine_free(struct smtp_machine *m)
{
	free(m);
}

/*
 * Stricter than RFC 5321: no quoted local parts, no address literals, no
 * UTF-8.  One CR LF here would be a second recipient.
 */
bool
smtp_address_ok(const char *address)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t n = strspn(address, letters), local;

	while (address[n] != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", address[n]))
		n += 1 + strspn(address + n + 1, letters);
	local = n;
	if (local == 0 || local > SMTP_LOCAL_PART_MAX || address[n] != '@')
		return false;
	n += 1 + strspn(address + n + 1, letters);
	while (address[n] == '.' || address[n] == '-')
		n += 1 + strspn(address + n + 1, letters);
	return address[n] == '\0' && n > local + 1 && n <= SMTP_ADDRESS_MAX;
}

/* The pieces together are empty or end in CRLF. */
static bool
ends_line(const struct iovec *iov, int n)
{
	char tail[2] = "\r\n";
	size_t have = 0;

	while (n-- > 0 && have < 2) {
		const char *p = iov[n].iov_base;

		for (size_t i = iov[n].iov_len; i > 0 && have < 2; i--)
			tail[1 - have++] = p[i - 1];
	}
	return have != 1 && memcmp(tail, "\r\n", 2) == 0;
}

static int
not_sent(struct smtp_result *ret, enum smtp_stage stage, int subject,
    int detail, const char *text)
{
	smtp_result_set(ret, stage, SMTP_NOT_SENT, text);
	ret->status = (struct smtp_status){ 5, subject, detail };
	return -1;
}

static void
queue(struct smtp_machine *m, enum command c, size_t bytes)
{
	unsigned int at = (m->first + m->waiting++) % EXPECTED_MAX;

	if (m->waiting > EXPECTED_MAX)
		abort();
	m->queued += bytes;
	m->expected[at] = (struct expected){ c, m->queued };
}

static void queue_command(struct smtp_machine *m, enum command c,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
queue_command(struct smtp_machine *m, enum command c, const char *fmt, ...)
{
	size_t room = sizeof(m->commands) - m->commands_len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(m->commands + m->commands_len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		abort();
	m->commands_len += (size_t)n;
	queue(m, c, (size_t)n);
}

/* After a refusal the server may still wait for content: it gets the dot
 * alone (RFC 2920, section 3.1). */
static void
queue_content(struct smtp_machine *m)
{
	size_t bytes = DOT_LEN;

	m->piece = m->refused ? m->msg.iov_len : 0;
	m->piece_at = 0;
	m->dot_at = 0;
	m->content = true;
	for (int i = m->piece; i < m->msg.iov_len; i++)
		bytes += m->msg.iov[i].iov_len;
	queue(m, CMD_CONTENT, bytes);
}

static enum command
queue_next(struct smtp_machine *m)
{
	char size[32] = "";

	switch (m->next) {
	case CMD_RSET:
		queue_command(m, CMD_RSET, "RSET\r\n");
		return CMD_MAIL;
	case CMD_MAIL:
		if (m->size)
			(void)snprintf(size, sizeof(size), " SIZE=%llu",
			    (unsigned long long)m->msg.size_bytes);
		queue_command(m, CMD_MAIL, "MAIL FROM:<%s>%s\r\n", m->msg.from,
		    size);
		return CMD_RCPT;
	case CMD_RCPT:
		queue_command(m, CMD_RCPT, "RCPT TO:<%s>\r\n", m->msg.to);
		return CMD_DATA;
	case CMD_DATA:
		queue_command(m, CMD_DATA, "DATA\r\n");
		return CMD_NONE;
	case CMD_CONTENT:
		queue_content(m);
		return CMD_NONE;
	case CMD_NONE:
		break;
	}
	abort();
}

/* DATA ends a group (RFC 2920, section 3.1), so content waits for its reply.
 */
static void
advance(struct smtp_machine *m)
{
	while (m->next != CMD_NONE &&
	    (m->waiting == 0 || (m->pipelining && m->next <= CMD_DATA)))
		m->next = queue_next(m);
}

int
smtp_machine_submit(struct smtp_machine *m, const struct smtp_message *msg,
    struct smtp_result *ret_result)
{
	if (m->busy || m->closing)
		return 0;
	if (msg->from[0] != '\0' && !smtp_address_ok(msg->from))
		return not_sent(ret_result, SMTP_MAIL, 1, 7,
		    "The envelope sender is not an address that can be sent");
	if (!smtp_address_ok(msg->to))
		return not_sent(ret_result, SMTP_RCPT, 1, 3,
		    "The recipient is not an address that can be sent");
	if (m->size_max_bytes != 0 && msg->size_bytes > m->size_max_bytes)
		return not_sent(ret_result, SMTP_MAIL, 3, 4,
		    "The message is larger than the mail server accepts");
	if (!ends_line(msg->iov, msg->iov_len))
		return not_sent(ret_result, SMTP_MAIL, 6, 0,
		    "The message does not end with a line end");
	m->msg = *msg;
	m->busy = true;
	m->refused = false;
	m->next = m->open ? CMD_RSET : CMD_MAIL;
	advance(m);
	return 1;
}

int
smtp_machine_output(const struct smtp_machine *m, struct iovec *iov, int n)
{
	union {
		const char *in;
		char *out;
	} from;
	int k = 0;

	if (k < n && m->commands_at < m->commands_len) {
		from.in = m->commands + m->commands_at;
		iov[k++] = (struct iovec){ from.out,
			m->commands_len - m->commands_at };
	}
	if (!m->content)
		return k;
	for (int i = m->piece; k < n && i < m->msg.iov_len; i++, k++) {
		size_t at = i == m->piece ? m->piece_at : 0;

		iov[k].iov_base = (char *)m->msg.iov[i].iov_base + at;
		iov[k].iov_len = m->msg.iov[i].iov_len - at;
	}
	if (k < n && m->dot_at < DOT_LEN) {
		from.in = dot + m->dot_at;
		iov[k++] = (struct iovec){ from.out, DOT_LEN - m->dot_at };
	}
	return k;
}

/* How many of the bytes fit what is left; the rest stays in *bytes. */
static size_t
take(size_t *bytes, size_t left)
{
	size_t n = *bytes < left ? *bytes : left;

	*bytes -= n;
	return n;
}

void
smtp_machine_wrote(struct smtp_machine *m, size_t bytes)
{
	m->written += bytes;
	m->commands_at += take(&bytes, m->commands_len - m->commands_at);
	if (m->commands_at == m->commands_len)
		m->commands_at = m->commands_len = 0;
	if (!m->content)
		return;
	while (m->piece < m->msg.iov_len) {
		size_t len = m->msg.iov[m->piece].iov_len;

		m->piece_at += take(&bytes, len - m->piece_at);
		if (m->piece_at < len)
			return;
		m->piece++;
		m->piece_at = 0;
	}
	m->dot_at += take(&bytes, DOT_LEN - m->dot_at);
	m->content = m->dot_at < DOT_LEN;
}

static enum smtp_stage
stage_of(enum command c)
{
	static const enum smtp_stage stages[] = {
		[CMD_RSET] = SMTP_MAIL, /* it only makes room for MAIL */
		[CMD_MAIL] = SMTP_MAIL,
		[CMD_RCPT] = SMTP_RCPT,
		[CMD_DATA] = SMTP_DATA,
		[CMD_CONTENT] = SMTP_END_OF_DATA,
		[CMD_NONE] = SMTP_MAIL,
	};

	return stages[c];
}

enum smtp_stage
smtp_machine_stage(const struct smtp_machine *m)
{
	return m->waiting == 0 ? SMTP_MAIL
			       : stage_of(m->expected[m->first].command);
}

bool
smtp_machine_is_closing(const struct smtp_machine *m)
{
	return m->closing;
}

static int
finish(struct smtp_machine *m, struct smtp_event *ret_event)
{
	m->busy = false;
	m->content = false;
	m->next = CMD_NONE;
	ret_event->tag = m->msg.tag;
	ret_event->result = m->result;
	return 1;
}

/* 1 when the command was granted, 0 when refused, -1 for nonsense. */
static int
granted(struct smtp_machine *m, const struct expected *x, struct err *e)
{
	int class = m->reply.code / 100;

	if (class >= 4) {
		/* A refusal may come early, but then the server no longer
		 * listens as we expect. */
		if (m->written < x->end)
			m->closing = true;
		return 0;
	}
	if (class != (x->command == CMD_DATA ? 3 : 2) || m->written < x->end)
		return err_set(e, ERR_PROTO,
		    "The mail server gave the reply %d, which does not belong "
		    "here",
		    m->reply.code);
	return 1;
}

/* The reply to x is in: 1 when the message is done, 0, -1. */
static int
on_reply(struct smtp_machine *m, const struct expected *x, struct err *e)
{
	int ok = granted(m, x, e);

	if (ok == -1)
		return -1;
	if (m->reply.code == 421)
		m->closing = true;
	if (!m->refused && (!ok || x->command == CMD_CONTENT))
		smtp_result_set_reply(&m->result, stage_of(x->command),
		    m->reply.code, m->reply.text, m->msg.to);
	m->refused |= !ok;
	if (m->closing)
		return 1;
	switch (x->command) {
	case CMD_RSET:
		m->open = false;
		return !ok && !m->pipelining;
	case CMD_MAIL:
		m->open = ok;
		return !ok && !m->pipelining;
	case CMD_RCPT:
		return !ok && !m->pipelining;
	case CMD_DATA:
		if (ok)
			m->next = CMD_CONTENT;
		return !ok;
	case CMD_CONTENT:
		m->open = false;
		return 1;
	case CMD_NONE:
		break;
	}
	abort();
}

int
smtp_machine_input(struct smtp_machine *m, const char **p, const char *end,
    struct smtp_event *ret_event, struct err *e)
{
	while (*p < end) {
		struct expected x;
		int r;

		/* Replies to the rest of a group that 421 cut short. */
		if (m->closing && !m->busy) {
			*p = end;
			return 0;
		}
		r = smtp_reply_feed(&m->reply, p, end, e);
		if (r != 1)
			return r;
		if (m->waiting == 0) {
			/* Servers say goodbye when they like (RFC 5321,
			 * 3.8). */
			if (m->reply.code != 421)
				return err_set(e, ERR_PROTO,
				    "The mail server gave a reply that nobody "
				    "asked for");
			m->closing = true;
			smtp_reply_init(&m->reply);
			continue;
		}
		x = m->expected[m->first];
		m->first = (m->first + 1) % EXPECTED_MAX;
		m->waiting--;
		r = on_reply(m, &x, e);
		smtp_reply_init(&m->reply);
		if (r == 1)
			return finish(m, ret_event);
		if (r == -1) {
			/* It is still unanswered. */
			m->first = (m->first + EXPECTED_MAX - 1) % EXPECTED_MAX;
			m->waiting++;
			return -1;
		}
		advance(m);
	}
	return 0;
}

int
smtp_machine_fail(struct smtp_machine *m, enum smtp_outcome outcome,
    const char *text, struct smtp_event *ret_event)
{
	enum smtp_stage stage = smtp_machine_stage(m);

	m->closing = true;
	if (!m->busy)
		return 0;
	/* Without its final dot no server has taken the message. */
	if (stage == SMTP_END_OF_DATA && m->written < m->expected[m->first].end)
		stage = SMTP_DATA;
	if (!m->refused)
		smtp_result_set(&m->result, stage, outcome, text);
	return finish(m, ret_event);
}
