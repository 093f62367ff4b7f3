#include "daemon/send/smtp_machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_reply.h"

/* "> SIZE=N CRLF RCPT TO:<" and "> CRLF BDAT N LAST CRLF", N of 20 digits */
#define TEXT_MAX 80

enum command {
	CMD_RSET,
	CMD_MAIL,
	CMD_RCPT,
	CMD_DATA,
	CMD_CONTENT, /* with the final dot, or with BDAT LAST before it */
};

/* What a transaction is written in; addresses and content are borrowed. */
enum piece {
	PIECE_RSET,
	PIECE_MAIL,
	PIECE_FROM,
	PIECE_MAIL_END,
	PIECE_RCPT,
	PIECE_TO,
	PIECE_RCPT_END,
	PIECE_DATA, /* or BDAT */
	PIECE_CONTENT,
};

struct transaction {
	struct smtp_message msg;
	bool reset; /* begins with RSET */
	/* From PIECE_MAIL_END on, without the address: where pieces end */
	unsigned char mail_end, rcpt, rcpt_end, data;
	char text[TEXT_MAX];
};

/* Transactions are counted: first <= writing, committed <= taken.  Each one
 * before first has ended, before writing is written to its last byte, before
 * committed may be written so. */
struct smtp_machine {
	bool pipelining, chunking, size;
	uint64_t size_max_bytes;
	int window;
	uint64_t first, writing, committed, taken;

	/* To be sent: where the one in writing stands */
	int piece;
	size_t at; /* in piece */
	bool quitting;
	size_t quit_at;

	/* To be received: the first one's next reply */
	enum command expect;
	bool refused; /* a part of it; result says how */
	bool rcpt_granted;
	struct smtp_result result;
	struct smtp_reply reply;

	/* The server */
	bool open;    /* has a transaction: RSET must come before MAIL */
	bool resets;  /* takes RSET */
	bool closing; /* nothing is written any more */
	bool deaf;    /* it said 421, and has granted nothing since */

	unsigned int slots; /* a power of two */
	struct transaction ring[];
};

static const char rset_mail[] = "RSET\r\nMAIL FROM:<";
#define RSET_LEN 6
static const char dot[] = ".\r\n";
static const char quit[] = "QUIT\r\n";

struct smtp_machine *
smtp_machine_new(const struct smtp_ehlo *ehlo)
{
	bool chunking = ehlo->pipelining && ehlo->chunking;
	unsigned int slots = chunking ? SMTP_WINDOW_MAX : 2;
	struct smtp_machine *m =
	    calloc(1, sizeof(*m) + slots * sizeof(m->ring[0]));

	if (m == NULL)
		abort();
	m->pipelining = ehlo->pipelining;
	m->chunking = chunking;
	m->size = ehlo->size;
	m->size_max_bytes = ehlo->size_max_bytes;
	m->window = 1;
	m->slots = slots;
	smtp_reply_init(&m->reply);
	return m;
}

void
smtp_machine_free(struct smtp_machine *m)
{
	free(m);
}

static const struct transaction *
nth(const struct smtp_machine *m, uint64_t n)
{
	return &m->ring[n & (m->slots - 1)];
}

/*
 * What may be sent: addresses and content.
 */

enum { IN_LOCAL_PART = 1, IN_DOMAIN = 2, IN_BOTH = 3 };

/* Stricter than RFC 5321: no quoted local parts, no address literals, no
 * UTF-8.  One CR LF here would be a second recipient. */
static const unsigned char address_chars[256] = {
	['a' ... 'z'] = IN_BOTH,
	['A' ... 'Z'] = IN_BOTH,
	['0' ... '9'] = IN_BOTH,
	['.'] = IN_BOTH,
	['-'] = IN_BOTH,
	['!'] = IN_LOCAL_PART,
	['#' ... '\''] = IN_LOCAL_PART,
	['*'] = IN_LOCAL_PART,
	['+'] = IN_LOCAL_PART,
	['/'] = IN_LOCAL_PART,
	['='] = IN_LOCAL_PART,
	['?'] = IN_LOCAL_PART,
	['^' ... '`'] = IN_LOCAL_PART,
	['{' ... '~'] = IN_LOCAL_PART,
};

static size_t
span(const char *s, unsigned char where)
{
	size_t n = 0;

	while ((address_chars[(unsigned char)s[n]] & where) != 0)
		n++;
	return n;
}

bool
smtp_address_ok(const char *address)
{
	size_t local = span(address, IN_LOCAL_PART), domain;

	if (local == 0 || local > SMTP_LOCAL_PART_MAX || address[local] != '@')
		return false;
	domain = span(address + local + 1, IN_DOMAIN);
	return domain > 0 && address[local + 1 + domain] == '\0' &&
	    local + 1 + domain <= SMTP_ADDRESS_MAX;
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

/* BDAT announces it: one byte off, and content is read as commands. */
static bool
has_size(const struct smtp_message *msg)
{
	uint64_t bytes = 0;

	for (int i = 0; i < msg->iov_len; i++)
		bytes += msg->iov[i].iov_len;
	return bytes == msg->size_bytes;
}

static int
not_sent(struct smtp_result *ret, enum smtp_stage stage, int subject,
    int detail, const char *text)
{
	smtp_result_set(ret, stage, SMTP_NOT_SENT, text);
	ret->status = (struct smtp_status){ 5, subject, detail };
	return -1;
}

static int
check(const struct smtp_machine *m, const struct smtp_message *msg,
    struct smtp_result *ret_result)
{
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
	return 0;
}

/*
 * Taking a message.
 */

static size_t
put(char *out, size_t at, const char *text)
{
	while (*text != '\0')
		out[at++] = *text++;
	return at;
}

static size_t
put_number(char *out, size_t at, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	memcpy(out + at, digits + n, sizeof(digits) - n);
	return at + sizeof(digits) - n;
}

static void
put_commands(const struct smtp_machine *m, struct transaction *t)
{
	size_t n = put(t->text, 0, ">");

	if (m->size)
		n = put_number(t->text, put(t->text, n, " SIZE="),
		    t->msg.size_bytes);
	t->mail_end = (unsigned char)(n = put(t->text, n, "\r\n"));
	t->rcpt = (unsigned char)(n = put(t->text, n, "RCPT TO:<"));
	t->rcpt_end = (unsigned char)(n = put(t->text, n, ">\r\n"));
	if (m->chunking)
		n = put(t->text,
		    put_number(t->text, put(t->text, n, "BDAT "),
			t->msg.size_bytes),
		    " LAST\r\n");
	else
		n = put(t->text, n, "DATA\r\n");
	t->data = (unsigned char)n;
}

/* A transaction comes to the front.  Without CHUNKING none is begun behind
 * one that leaves another open, and only now is it known whether it did. */
static void
expect_first(struct smtp_machine *m)
{
	struct transaction *t = &m->ring[m->first & (m->slots - 1)];

	if (!m->chunking)
		t->reset = m->open;
	m->refused = m->rcpt_granted = false;
	m->expect = t->reset ? CMD_RSET : CMD_MAIL;
}

int
smtp_machine_in_flight(const struct smtp_machine *m)
{
	return (int)(m->taken - m->first);
}

bool
smtp_machine_has_window(const struct smtp_machine *m)
{
	return m->chunking;
}

void
smtp_machine_set_window(struct smtp_machine *m, int messages)
{
	m->window = messages < 1	 ? 1
	    : messages > SMTP_WINDOW_MAX ? SMTP_WINDOW_MAX
					 : messages;
}

int
smtp_machine_room(const struct smtp_machine *m)
{
	int most = m->chunking ? (m->resets ? m->window : 1)
	    : m->pipelining    ? 2
			       : 1;
	int left = most - smtp_machine_in_flight(m);

	return m->closing || m->quitting || left < 0 ? 0 : left;
}

int
smtp_machine_submit(struct smtp_machine *m, const struct smtp_message *msg,
    struct smtp_result *ret_result)
{
	struct transaction *t;

	if (smtp_machine_room(m) == 0)
		return 0;
	if (check(m, msg, ret_result) == -1)
		return -1;
	if (!has_size(msg))
		abort();
	t = &m->ring[m->taken & (m->slots - 1)];
	t->msg = *msg;
	t->reset =
	    m->chunking && (m->open || m->first < m->taken || !m->resets);
	put_commands(m, t);
	if (m->first == m->taken++)
		expect_first(m);
	return 1;
}

/*
 * Sending.
 */

static int
pieces(const struct transaction *t)
{
	return PIECE_CONTENT + t->msg.iov_len + 1;
}

static struct iovec
slice(const char *text, size_t from, size_t to)
{
	union {
		const char *in;
		char *out;
	} p = { text + from };

	return (struct iovec){ p.out, to - from };
}

static struct iovec
piece(const struct smtp_machine *m, const struct transaction *t, int i)
{
	switch (i) {
	case PIECE_RSET:
		return slice(rset_mail, 0, t->reset ? RSET_LEN : 0);
	case PIECE_MAIL:
		return slice(rset_mail, RSET_LEN, sizeof(rset_mail) - 1);
	case PIECE_FROM:
		return slice(t->msg.from, 0, strlen(t->msg.from));
	case PIECE_MAIL_END:
		return slice(t->text, 0, t->mail_end);
	case PIECE_RCPT:
		return slice(t->text, t->mail_end, t->rcpt);
	case PIECE_TO:
		return slice(t->msg.to, 0, strlen(t->msg.to));
	case PIECE_RCPT_END:
		return slice(t->text, t->rcpt, t->rcpt_end);
	case PIECE_DATA:
		return slice(t->text, t->rcpt_end, t->data);
	default:
		if (i - PIECE_CONTENT < t->msg.iov_len)
			return t->msg.iov[i - PIECE_CONTENT];
		return slice(dot, 0, m->chunking ? 0 : sizeof(dot) - 1);
	}
}

/* How many pieces it takes to have written a command. */
static int
end_of(const struct transaction *t, enum command c)
{
	switch (c) {
	case CMD_RSET:
		return PIECE_RSET + 1;
	case CMD_MAIL:
		return PIECE_MAIL_END + 1;
	case CMD_RCPT:
		return PIECE_RCPT_END + 1;
	case CMD_DATA:
		return PIECE_DATA + 1;
	case CMD_CONTENT:
		return pieces(t);
	}
	abort();
}

/* How many pieces of the nth transaction may leave. */
static int
allowed(const struct smtp_machine *m, uint64_t n)
{
	const struct transaction *t = nth(m, n);

	if (m->closing)
		return n < m->writing ? pieces(t)
		    : n > m->writing  ? 0
				      : m->piece;
	if (m->chunking)
		return n < m->committed ? pieces(t) : 0;
	/* Content may begin a group, DATA ends it (RFC 2920, 3.1).  Another
	 * transaction is only come to when all of the first may leave. */
	if (n > m->first)
		return PIECE_CONTENT;
	if (m->expect == CMD_CONTENT && (m->refused || m->first < m->committed))
		return pieces(t);
	return m->pipelining || m->expect == CMD_CONTENT ? PIECE_CONTENT
							 : end_of(t, m->expect);
}

int
smtp_machine_commit(struct smtp_machine *m, void **ret_tag)
{
	if (m->closing || m->committed == m->taken)
		return 0;
	if (!m->chunking &&
	    (m->committed > m->first || m->expect != CMD_CONTENT || m->refused))
		return 0;
	*ret_tag = nth(m, m->committed++)->msg.tag;
	return 1;
}

void
smtp_machine_quit(struct smtp_machine *m)
{
	m->quitting = true;
}

/* Everything taken has ended and QUIT is what there is to say. */
static bool
says_quit(const struct smtp_machine *m)
{
	return m->quitting && !m->closing && m->first == m->taken;
}

/* Neighbours in memory are one piece. */
static int
add(struct iovec *iov, int k, struct iovec more)
{
	if (more.iov_len == 0)
		return k;
	if (k > 0 &&
	    (char *)iov[k - 1].iov_base + iov[k - 1].iov_len ==
		(char *)more.iov_base) {
		iov[k - 1].iov_len += more.iov_len;
		return k;
	}
	iov[k] = more;
	return k + 1;
}

int
smtp_machine_output(const struct smtp_machine *m, struct iovec *iov, int n)
{
	size_t at = m->at;
	int k = 0, i = m->piece;

	for (uint64_t w = m->writing; w < m->taken; w++, i = 0) {
		const struct transaction *t = nth(m, w);
		int most = allowed(m, w);

		for (; i < most && k < n; i++, at = 0) {
			struct iovec p = piece(m, t, i);

			k = add(iov, k, slice(p.iov_base, at, p.iov_len));
		}
		if (i < pieces(t))
			return k;
	}
	if (says_quit(m) && k < n)
		k = add(iov, k, slice(quit, m->quit_at, sizeof(quit) - 1));
	return k;
}

void
smtp_machine_wrote(struct smtp_machine *m, size_t bytes)
{
	for (; m->writing < m->taken; m->writing++, m->piece = 0) {
		const struct transaction *t = nth(m, m->writing);
		int most = allowed(m, m->writing);

		for (; m->piece < most; m->piece++, m->at = 0) {
			size_t left = piece(m, t, m->piece).iov_len - m->at;

			if (bytes < left) {
				m->at += bytes;
				return;
			}
			bytes -= left;
		}
		if (m->piece < pieces(t))
			return;
	}
	if (says_quit(m))
		m->quit_at += bytes;
}

static bool
is_written(const struct smtp_machine *m, enum command c)
{
	return m->first < m->writing || m->piece >= end_of(nth(m, m->first), c);
}

/*
 * Receiving.
 */

static enum smtp_stage
stage_of(enum command c)
{
	static const enum smtp_stage stages[] = {
		[CMD_RSET] = SMTP_MAIL, /* it only makes room for MAIL */
		[CMD_MAIL] = SMTP_MAIL,
		[CMD_RCPT] = SMTP_RCPT,
		[CMD_DATA] = SMTP_DATA,
		[CMD_CONTENT] = SMTP_END_OF_DATA,
	};

	return stages[c];
}

/* The command that the next reply would answer has been handed out, or the
 * server waits for content. */
static bool
asked(const struct smtp_machine *m)
{
	if (m->first == m->taken)
		return false;
	return (m->expect == CMD_CONTENT && !m->closing) ||
	    allowed(m, m->first) >= end_of(nth(m, m->first), m->expect);
}

enum smtp_stage
smtp_machine_stage(const struct smtp_machine *m)
{
	if (asked(m))
		return stage_of(m->expect);
	return says_quit(m) ? SMTP_MAIL : SMTP_CONNECT;
}

bool
smtp_machine_is_closing(const struct smtp_machine *m)
{
	return m->closing || says_quit(m);
}

/* The first transaction has ended. */
static int
finish(struct smtp_machine *m, struct smtp_event *ret_event)
{
	ret_event->tag = nth(m, m->first)->msg.tag;
	ret_event->result = m->result;
	if (m->writing == m->first) {
		m->writing++;
		m->piece = 0;
		m->at = 0;
	}
	if (m->committed == m->first)
		m->committed++;
	if (++m->first < m->taken)
		expect_first(m);
	return 1;
}

/* 1 when the command was granted, 0 when refused, -1 for nonsense. */
static int
granted(struct smtp_machine *m, enum command c, struct err *e)
{
	int class = m->reply.code / 100;

	if (class >= 4) {
		/* A refusal may come early, but then the server no longer
		 * listens as we expect.  And without RSET the next message
		 * would have the sender of this one. */
		if (!is_written(m, c) || c == CMD_RSET)
			m->closing = true;
		if (m->reply.code == 421)
			m->closing = m->deaf = true;
		return 0;
	}
	if (class != (c == CMD_DATA ? 3 : 2) || !is_written(m, c))
		return err_set(e, ERR_PROTO,
		    "The mail server gave the reply %d, which does not belong "
		    "here",
		    m->reply.code);
	m->deaf = false;
	return 1;
}

/* The server's reply to c, as far as it tells how the message ends.  What was
 * refused at first and taken in the end did arrive, unless for nobody. */
static void
judge(struct smtp_machine *m, enum command c, bool ok)
{
	bool arrived = ok && c == CMD_CONTENT && m->rcpt_granted;

	if (arrived || (!ok && !m->refused))
		smtp_result_set_reply(&m->result, stage_of(c), m->reply.code,
		    m->reply.text, nth(m, m->first)->msg.to);
	m->refused |= !ok;
}

/* DATA was granted to a message that has been refused. */
static void
take_back(struct smtp_machine *m)
{
	/* Whoever was granted would get an empty message. */
	if (m->rcpt_granted)
		m->closing = true;
	/* The dot alone (RFC 2920, 3.1). */
	else if (!m->closing)
		m->piece = pieces(nth(m, m->first)) - 1;
}

/* The reply to what is expected is in: 1 when the message is done, 0, -1. */
static int
on_reply(struct smtp_machine *m, struct err *e)
{
	enum command c = m->expect;
	int ok = granted(m, c, e);

	if (ok == -1)
		return -1;
	judge(m, c, ok);
	switch (c) {
	case CMD_RSET:
		m->open &= !ok;
		m->resets |= ok;
		m->expect = CMD_MAIL;
		break;
	case CMD_MAIL:
		m->open |= ok;
		m->expect = CMD_RCPT;
		break;
	case CMD_RCPT:
		m->rcpt_granted = ok;
		m->expect = m->chunking ? CMD_CONTENT : CMD_DATA;
		break;
	case CMD_DATA:
		if (!ok)
			return 1;
		m->expect = CMD_CONTENT;
		if (m->refused)
			take_back(m);
		break;
	case CMD_CONTENT:
		/* The dot clears everything, whatever the reply (RFC 5321,
		 * 4.1.1.4); of a refused BDAT nobody says so. */
		m->open &= m->chunking && !ok;
		return 1;
	}
	/* The rest of the group is about good manners, if it left. */
	return m->refused &&
	    (!m->pipelining || (m->closing && !is_written(m, m->expect)));
}

int
smtp_machine_input(struct smtp_machine *m, const char **p, const char *end,
    struct smtp_event *ret_event, struct err *e)
{
	while (*p < end) {
		int r;

		if (m->closing && !asked(m)) {
			*p = end;
			return 0;
		}
		r = smtp_reply_feed(&m->reply, p, end, e);
		if (r != 1)
			return r;
		if (asked(m)) {
			r = on_reply(m, e);
		} else if (m->reply.code == 421 || says_quit(m)) {
			/* Servers say goodbye when they like (RFC 5321, 3.8). */
			m->closing = m->deaf = true;
			r = 0;
		} else {
			r = err_set(e, ERR_PROTO,
			    "The mail server gave a reply that nobody asked "
			    "for");
		}
		smtp_reply_init(&m->reply);
		if (r != 0)
			return r == 1 ? finish(m, ret_event) : -1;
	}
	return 0;
}

/* The first transaction, all of it written, could have been taken without us
 * knowing.  A refusal is no proof of the contrary while the one before it may
 * be open: that of RSET, or of MAIL after it. */
static bool
may_have_arrived(const struct smtp_machine *m)
{
	if (m->first == m->writing || m->deaf)
		return false;
	if (!m->refused || m->expect == CMD_MAIL)
		return true;
	return m->expect == CMD_RCPT ? m->open : m->rcpt_granted;
}

int
smtp_machine_fail(struct smtp_machine *m, enum smtp_outcome outcome,
    const char *text, struct smtp_event *ret_event)
{
	m->closing = true;
	if (m->first == m->taken)
		return 0;
	if (may_have_arrived(m))
		smtp_result_set(&m->result, SMTP_END_OF_DATA, outcome, text);
	else if (!m->refused && m->deaf)
		smtp_result_set(&m->result, SMTP_MAIL, SMTP_LOST, text);
	else if (!m->refused)
		/* Without its last byte no server has taken the message. */
		smtp_result_set(&m->result,
		    m->expect == CMD_CONTENT ? SMTP_DATA : stage_of(m->expect),
		    outcome, text);
	return finish(m, ret_event);
}
