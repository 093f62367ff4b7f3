#include "daemon/send/smtp_machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_reply.h"
#include "daemon/send/smtp_transaction.h"

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
	enum smtp_command expect;
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
	struct smtp_transaction ring[];
};

static char quit[] = "QUIT\r\n"; /* not const for struct iovec */

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

static const struct smtp_transaction *
nth(const struct smtp_machine *m, uint64_t n)
{
	return &m->ring[n & (m->slots - 1)];
}

/*
 * Taking a message.
 */

/* A transaction comes to the front.  Without CHUNKING none is begun behind
 * one that leaves another open, and only now is it known whether it did. */
static void
expect_first(struct smtp_machine *m)
{
	struct smtp_transaction *t = &m->ring[m->first & (m->slots - 1)];

	if (!m->chunking)
		t->reset = m->open;
	m->refused = m->rcpt_granted = false;
	m->expect = t->reset ? SMTP_CMD_RSET : SMTP_CMD_MAIL;
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
	if (smtp_machine_room(m) == 0)
		return 0;
	if (smtp_message_check(msg, m->size_max_bytes, ret_result) == -1)
		return -1;
	smtp_transaction_init(&m->ring[m->taken & (m->slots - 1)], msg,
	    m->chunking && (m->open || m->first < m->taken || !m->resets),
	    m->size, m->chunking);
	if (m->first == m->taken++)
		expect_first(m);
	return 1;
}

/*
 * Sending.
 */

/* How many pieces of the nth transaction may leave. */
static int
allowed(const struct smtp_machine *m, uint64_t n)
{
	const struct smtp_transaction *t = nth(m, n);

	if (m->closing)
		return n < m->writing ? smtp_transaction_pieces(t)
		    : n > m->writing  ? 0
				      : m->piece;
	if (m->chunking)
		return n < m->committed ? smtp_transaction_pieces(t) : 0;
	/* Content may begin a group, DATA ends it (RFC 2920, 3.1).  Another
	 * transaction is only come to when all of the first may leave. */
	if (n > m->first)
		return SMTP_PIECE_CONTENT;
	if (m->expect == SMTP_CMD_CONTENT &&
	    (m->refused || m->first < m->committed))
		return smtp_transaction_pieces(t);
	return m->pipelining || m->expect == SMTP_CMD_CONTENT
	    ? SMTP_PIECE_CONTENT
	    : smtp_transaction_end_of(t, m->expect);
}

int
smtp_machine_commit(struct smtp_machine *m, void **ret_tag)
{
	if (m->closing || m->committed == m->taken)
		return 0;
	if (!m->chunking &&
	    (m->committed > m->first || m->expect != SMTP_CMD_CONTENT ||
		m->refused))
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
		const struct smtp_transaction *t = nth(m, w);
		int most = allowed(m, w);

		for (; i < most && k < n; i++, at = 0) {
			struct iovec p = smtp_transaction_piece(t, i);

			p.iov_base = (char *)p.iov_base + at;
			p.iov_len -= at;
			k = add(iov, k, p);
		}
		if (i < smtp_transaction_pieces(t))
			return k;
	}
	if (says_quit(m) && k < n)
		k = add(iov, k,
		    (struct iovec){ quit + m->quit_at,
			sizeof(quit) - 1 - m->quit_at });
	return k;
}

void
smtp_machine_wrote(struct smtp_machine *m, size_t bytes)
{
	for (; m->writing < m->taken; m->writing++, m->piece = 0) {
		const struct smtp_transaction *t = nth(m, m->writing);
		int most = allowed(m, m->writing);

		for (; m->piece < most; m->piece++, m->at = 0) {
			size_t left =
			    smtp_transaction_piece(t, m->piece).iov_len - m->at;

			if (bytes < left) {
				m->at += bytes;
				return;
			}
			bytes -= left;
		}
		if (m->piece < smtp_transaction_pieces(t))
			return;
	}
	if (says_quit(m))
		m->quit_at += bytes;
}

static bool
is_written(const struct smtp_machine *m, enum smtp_command c)
{
	return m->first < m->writing ||
	    m->piece >= smtp_transaction_end_of(nth(m, m->first), c);
}

/*
 * Receiving.
 */

/* The command that the next reply would answer has been handed out, or the
 * server waits for content. */
static bool
asked(const struct smtp_machine *m)
{
	if (m->first == m->taken)
		return false;
	return (m->expect == SMTP_CMD_CONTENT && !m->closing) ||
	    allowed(m, m->first) >=
	    smtp_transaction_end_of(nth(m, m->first), m->expect);
}

enum smtp_stage
smtp_machine_stage(const struct smtp_machine *m)
{
	if (asked(m))
		return smtp_command_stage(m->expect);
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
granted(struct smtp_machine *m, enum smtp_command c, struct err *e)
{
	int class = m->reply.code / 100;

	if (class >= 4) {
		/* A refusal may come early, but then the server no longer
		 * listens as we expect.  And without RSET the next message
		 * would have the sender of this one. */
		if (!is_written(m, c) || c == SMTP_CMD_RSET)
			m->closing = true;
		if (m->reply.code == 421)
			m->closing = m->deaf = true;
		return 0;
	}
	if (class != (c == SMTP_CMD_DATA ? 3 : 2) || !is_written(m, c))
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
judge(struct smtp_machine *m, enum smtp_command c, bool ok)
{
	bool arrived = ok && c == SMTP_CMD_CONTENT && m->rcpt_granted;

	if (arrived || (!ok && !m->refused))
		smtp_result_set_reply(&m->result, smtp_command_stage(c),
		    m->reply.code, m->reply.text, nth(m, m->first)->msg.to);
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
		m->piece = smtp_transaction_pieces(nth(m, m->first)) - 1;
}

/* The reply to what is expected is in: 1 when the message is done, 0, -1. */
static int
on_reply(struct smtp_machine *m, struct err *e)
{
	enum smtp_command c = m->expect;
	int ok = granted(m, c, e);

	if (ok == -1)
		return -1;
	judge(m, c, ok);
	switch (c) {
	case SMTP_CMD_RSET:
		m->open &= !ok;
		m->resets |= ok;
		m->expect = SMTP_CMD_MAIL;
		break;
	case SMTP_CMD_MAIL:
		m->open |= ok;
		m->expect = SMTP_CMD_RCPT;
		break;
	case SMTP_CMD_RCPT:
		m->rcpt_granted = ok;
		m->expect = m->chunking ? SMTP_CMD_CONTENT : SMTP_CMD_DATA;
		break;
	case SMTP_CMD_DATA:
		if (!ok)
			return 1;
		m->expect = SMTP_CMD_CONTENT;
		if (m->refused)
			take_back(m);
		break;
	case SMTP_CMD_CONTENT:
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
	if (!m->refused || m->expect == SMTP_CMD_MAIL)
		return true;
	return m->expect == SMTP_CMD_RCPT ? m->open : m->rcpt_granted;
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
		    m->expect == SMTP_CMD_CONTENT
			? SMTP_DATA
			: smtp_command_stage(m->expect),
		    outcome, text);
	return finish(m, ret_event);
}
