#include "tests/sink/session.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "tests/sink/faults.h"
#include "tests/sink/scan.h"
#include "tests/sink/tally.h"

#define NEVER_CUT UINT64_MAX
#define CUT_BEFORE 8192 /* a cut falls in the first bytes of a content */
#define CHUNK_MAX (UINT64_C(1) << 40)

struct command {
	const char *word;
	enum step step;
	bool ends_group; /* RFC 2920, 3.1 */
	void (*run)(struct session *s, const char *args, const char *end,
	    struct buf *replies);
};

static void
reset(struct session *s)
{
	s->mail = s->content_begun = s->broken = false;
	s->nrecipients = 0;
	s->addresses_len = 0;
}

/* What the client sees of a fault; right is the reply it would have had. */
static enum fault
spoil(struct session *s, enum fault fault, const char *reply, const char *right,
    struct buf *replies)
{
	switch (fault) {
	case FAULT_NONE:
		break;
	case FAULT_4XX:
		(void)buf_adds(replies, "451 4.3.0 Not now\r\n");
		break;
	case FAULT_5XX:
		(void)buf_adds(replies, "554 5.7.1 Not from you\r\n");
		break;
	case FAULT_DEAD:
		(void)buf_adds(replies, "550 5.1.1 No such person here\r\n");
		break;
	case FAULT_REPLY:
		(void)buf_addf(replies, "%s\r\n", reply);
		break;
	case FAULT_421:
		(void)buf_adds(replies, "421 4.3.2 Closing\r\n");
		s->next = SESSION_END;
		break;
	case FAULT_HALF:
		(void)buf_add(replies, right, 2);
		s->next = SESSION_END;
		break;
	case FAULT_GARBAGE:
		(void)buf_adds(replies, "@@@ this is no reply\r\n");
		s->next = SESSION_SILENCE;
		break;
	case FAULT_SILENCE:
		s->next = SESSION_SILENCE;
		break;
	default:
		s->next = SESSION_DROP;
		break;
	}
	return fault;
}

/* The step's turn: the right reply goes out unless a fault is due. */
static enum fault
answer(struct session *s, enum step step, const char *right,
    struct buf *replies)
{
	const char *reply = NULL;
	uint64_t random;
	enum fault fault = faults_draw(s->o->faults, step, &reply, &random);

	if (fault == FAULT_NONE)
		(void)buf_adds(replies, right);
	return spoil(s, fault, reply, right, replies);
}

void
session_begin(struct session *s, const struct session_options *o,
    struct buf *replies)
{
	*s = (struct session){ .o = o };
	if (answer(s, STEP_CONNECT, "220 sink.example ESMTP\r\n", replies) !=
		FAULT_NONE &&
	    s->next == SESSION_GO_ON)
		s->next = SESSION_END;
}

void
session_secured(struct session *s)
{
	s->tls = true;
	s->next = SESSION_GO_ON;
	s->greeted = s->logged_in = false;
	reset(s);
}

static void
run_ehlo(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	const struct session_options *o = s->o;
	struct buf offer;

	(void)args;
	(void)end;
	buf_init(&offer, 1024);
	(void)buf_addf(&offer,
	    "250-sink.example\r\n%s%s%s%s"
	    "250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 104857600\r\n",
	    o->pipelining ? "250-PIPELINING\r\n" : "",
	    o->chunking ? "250-CHUNKING\r\n" : "",
	    o->starttls && !s->tls ? "250-STARTTLS\r\n" : "",
	    o->login != NULL ? "250-AUTH PLAIN\r\n" : "");
	reset(s);
	s->greeted = answer(s, STEP_EHLO, offer.data, replies) == FAULT_NONE;
	buf_done(&offer);
}

static void
run_starttls(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	(void)args;
	(void)end;
	if (!s->o->starttls || s->tls)
		(void)buf_adds(replies, "503 5.5.1 No TLS here\r\n");
	else if (answer(s, STEP_STARTTLS, "220 2.0.0 Go ahead\r\n", replies) ==
	    FAULT_NONE)
		s->next = SESSION_START_TLS;
}

static bool
is_word(const char *expected, const char *word, size_t n)
{
	return n == strlen(expected) && memcmp(word, expected, n) == 0;
}

static void
log_in(struct session *s, const char *word, const char *end,
    struct buf *replies)
{
	size_t n = (size_t)(end - word);

	s->state = SESSION_COMMAND;
	if (!is_word(s->o->login, word, n) && !is_word(s->o->login_as, word, n))
		(void)buf_adds(replies, "535 5.7.8 Wrong\r\n");
	else if (answer(s, STEP_AUTH, "235 2.7.0 Welcome\r\n", replies) ==
	    FAULT_NONE)
		s->logged_in = true;
}

static void
run_auth(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	if (s->o->login == NULL || end - args < 5 ||
	    strncasecmp(args, "PLAIN", 5) != 0) {
		(void)buf_adds(replies, "504 5.5.4 No such mechanism\r\n");
	} else if (end - args > 6) {
		log_in(s, args + 6, end, replies);
	} else {
		(void)buf_adds(replies, "334 \r\n");
		s->state = SESSION_AUTH;
	}
}

/* [*ret_from, *ret_to) is the path after FROM: or TO: */
static bool
parse_path(const char *word, const char *args, const char *end,
    const char **ret_from, const char **ret_to)
{
	size_t n = strlen(word);

	if ((size_t)(end - args) < n || strncasecmp(args, word, n) != 0)
		return false;
	*ret_from = args + n;
	*ret_to = memchr(args, '>', (size_t)(end - args));
	return *ret_to != NULL;
}

static void
run_mail(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	const char *from, *to;

	if (s->o->messages_max > 0 && s->messages >= s->o->messages_max) {
		(void)buf_adds(replies, "421 4.7.0 Enough for now\r\n");
		s->next = SESSION_END;
	} else if (!s->greeted) {
		(void)buf_adds(replies, "503 5.5.1 Say EHLO first\r\n");
	} else if (s->o->login != NULL && !s->logged_in) {
		(void)buf_adds(replies, "530 5.7.0 Log in first\r\n");
	} else if (s->mail) {
		(void)buf_adds(replies, "503 5.5.1 MAIL once more\r\n");
	} else if (!parse_path("FROM:<", args, end, &from, &to) ||
	    (size_t)(to - from) > SESSION_PATH_MAX) {
		(void)buf_adds(replies, "501 5.5.4 No return path\r\n");
	} else {
		s->mail = answer(s, STEP_MAIL, "250 2.1.0 OK\r\n", replies) ==
		    FAULT_NONE;
		(void)memcpy(s->sender, from, (size_t)(to - from));
		s->sender[to - from] = '\0';
	}
}

static void
run_rcpt(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	const char *from, *to;

	if (!s->mail) {
		(void)buf_adds(replies, "503 5.5.1 MAIL first\r\n");
		return;
	}
	if (!parse_path("TO:<", args, end, &from, &to) || from == to) {
		(void)buf_adds(replies, "501 5.1.3 No address\r\n");
		return;
	}
	size_t n = (size_t)(to - from);
	if (s->nrecipients == RECIPIENTS_MAX ||
	    n >= SESSION_ADDRESSES - s->addresses_len) {
		(void)buf_adds(replies, "452 4.5.3 Too many\r\n");
		return;
	}
	if (answer(s, STEP_RCPT, "250 2.1.5 OK\r\n", replies) != FAULT_NONE)
		return;
	(void)memcpy(s->addresses + s->addresses_len, from, n);
	s->addresses[s->addresses_len + n] = '\0';
	s->addresses_len += n + 1;
	s->nrecipients++;
}

static void
begin_content(struct session *s)
{
	const char *reply = NULL;
	uint64_t random;

	s->content_begun = true;
	s->cut_after = NEVER_CUT;
	if (faults_draw(s->o->faults, STEP_CONTENT, &reply, &random) ==
	    FAULT_CUT)
		s->cut_after = random % CUT_BEFORE + 1;
	content_begin(&s->content, &s->o->templates, s->addresses);
}

static void
add_content(struct session *s, const char *p, size_t n)
{
	content_add(&s->content, p, n);
	if (s->content.size_bytes >= s->cut_after)
		s->next = SESSION_DROP;
}

/* The message is here to stay. */
static void
deliver(struct session *s)
{
	uint32_t own;

	if (!content_end(&s->content, &own))
		tally_complain(s->o->tally, TALLY_MISMATCHES,
		    "the message for %s is like no template; %s", s->addresses,
		    s->content.wrong);
	tally_deliver(s->o->tally, s->addresses, s->addresses_len,
	    s->content.size_bytes, own);
	if (s->o->envelopes != NULL)
		for (const char *p = s->addresses;
		     p < s->addresses + s->addresses_len; p += strlen(p) + 1)
			(void)fprintf(s->o->envelopes, "<%s> <%s>\n", s->sender,
			    p);
	s->messages++;
}

/* Returns whether the client is told that the message was taken. */
static bool
end_content(struct session *s, struct buf *replies)
{
	enum fault fault;

	if (s->cut_after != NEVER_CUT) {
		s->next = SESSION_DROP;
		return false;
	}
	fault = answer(s, STEP_EOD, "250 2.0.0 Taken\r\n", replies);
	if (fault == FAULT_NONE || fault == FAULT_LOST || fault == FAULT_HALF)
		deliver(s);
	return fault == FAULT_NONE;
}

static void
run_data(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	(void)args;
	(void)end;
	if (!s->mail || s->content_begun || s->broken) {
		(void)buf_adds(replies, "503 5.5.1 MAIL first\r\n");
	} else if (s->nrecipients == 0) {
		(void)buf_adds(replies, "554 5.5.1 No recipients\r\n");
	} else if (answer(s, STEP_DATA, "354 Go ahead\r\n", replies) ==
	    FAULT_NONE) {
		s->state = SESSION_DATA;
		s->line_start = true;
		begin_content(s);
	}
}

static void
run_bdat(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	const char *p = args;

	s->left = 0;
	while (p < end && *p >= '0' && *p <= '9' && s->left < CHUNK_MAX)
		s->left = s->left * 10 + (uint64_t)(*p++ - '0');
	s->last = end - p == 5 && strncasecmp(p, " LAST", 5) == 0;
	if (!s->o->chunking || p == args || (p != end && !s->last)) {
		/* Where the content ends is not known. */
		(void)buf_adds(replies, "501 5.5.4 BDAT n [LAST]\r\n");
		s->next = SESSION_END;
		return;
	}
	s->state = SESSION_BDAT;
	s->refuse = s->nrecipients == 0 || s->broken;
	if (!s->refuse && !s->content_begun)
		begin_content(s);
}

static void
run_rset(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	(void)args;
	(void)end;
	if (answer(s, STEP_RSET, "250 2.0.0 OK\r\n", replies) == FAULT_NONE)
		reset(s);
}

static void
run_noop(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	(void)args;
	(void)end;
	(void)answer(s, STEP_NOOP, "250 2.0.0 OK\r\n", replies);
}

static void
run_quit(struct session *s, const char *args, const char *end,
    struct buf *replies)
{
	(void)args;
	(void)end;
	if (answer(s, STEP_QUIT, "221 2.0.0 Bye\r\n", replies) == FAULT_NONE)
		s->next = SESSION_END;
}

/* What comes most comes first. */
static const struct command commands[] = {
	{ "MAIL", STEP_MAIL, false, run_mail },
	{ "RCPT", STEP_RCPT, false, run_rcpt },
	{ "BDAT", STEP_BDAT, false, run_bdat },
	{ "DATA", STEP_DATA, true, run_data },
	{ "RSET", STEP_RSET, false, run_rset },
	{ "EHLO", STEP_EHLO, true, run_ehlo },
	{ "HELO", STEP_EHLO, true, run_ehlo },
	{ "STARTTLS", STEP_STARTTLS, true, run_starttls },
	{ "AUTH", STEP_AUTH, true, run_auth },
	{ "NOOP", STEP_NOOP, true, run_noop },
	{ "QUIT", STEP_QUIT, true, run_quit },
};

static void
run_line(struct session *s, const char *p, const char *end, struct buf *replies)
{
	size_t n = (size_t)(end - p);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];
		size_t len = strlen(c->word);

		if (n < len || strncasecmp(p, c->word, len) != 0 ||
		    (n > len && p[len] != ' '))
			continue;
		if (s->behind && c->run != run_bdat &&
		    (c->ends_group || !s->o->pipelining))
			tally_complain(s->o->tally, TALLY_UNSYNCHRONISED,
			    "input after %s, before its reply", c->word);
		c->run(s, p + len + (n > len), end, replies);
		return;
	}
	(void)buf_adds(replies, "500 5.5.1 What?\r\n");
}

static const char *
command_input(struct session *s, const char *p, const char *end,
    struct buf *replies)
{
	const char *eol = memchr(p, '\n', (size_t)(end - p));

	if (eol == NULL && (size_t)(end - p) < SESSION_LINE_MAX)
		return p;
	if (eol == NULL || eol == p || eol[-1] != '\r' ||
	    (size_t)(eol - p) >= SESSION_LINE_MAX) {
		(void)buf_adds(replies, "500 5.5.2 No line of SMTP\r\n");
		s->next = SESSION_END;
		return end;
	}
	s->behind = eol + 1 < end;
	if (s->state == SESSION_AUTH)
		log_in(s, p, eol - 1, replies);
	else
		run_line(s, p, eol - 1, replies);
	return eol + 1;
}

/* At the beginning of a line.  Returns p when more is needed to tell. */
static const char *
dot_input(struct session *s, const char *p, const char *end,
    struct buf *replies)
{
	size_t n = (size_t)(end - p);

	if (n == 1 || (n == 2 && p[1] == '\r'))
		return p;
	s->line_start = false;
	if (n < 3 || p[1] != '\r' || p[2] != '\n')
		return p + 1;
	s->state = SESSION_COMMAND;
	(void)end_content(s, replies);
	reset(s);
	return p + 3;
}

static const char *
data_input(struct session *s, const char *p, const char *end,
    struct buf *replies)
{
	const char *to;

	if (p == end)
		return p;
	if (s->line_start && *p == '.')
		return dot_input(s, p, end, replies);
	to = scan_dot(p, end);
	if (to != NULL) {
		to += 2;
		s->line_start = true;
	} else {
		/* A CR may be half of a line's end. */
		to = end[-1] == '\r' ? end - 1 : end;
		if (to > p)
			s->line_start =
			    to - p >= 2 && to[-2] == '\r' && to[-1] == '\n';
	}
	add_content(s, p, (size_t)(to - p));
	return to;
}

static const char *
bdat_input(struct session *s, const char *p, const char *end,
    struct buf *replies)
{
	size_t n = (size_t)(end - p);

	if (n > s->left)
		n = (size_t)s->left;
	s->left -= n;
	if (!s->refuse)
		add_content(s, p, n);
	if (s->left > 0 || s->next != SESSION_GO_ON)
		return p + n;
	s->state = SESSION_COMMAND;
	if (p + n < end && !s->o->pipelining)
		tally_complain(s->o->tally, TALLY_UNSYNCHRONISED,
		    "input after BDAT, before its reply");
	if (s->refuse)
		(void)buf_adds(replies, "503 5.5.1 No transaction\r\n");
	else if (!s->last)
		s->broken = answer(s, STEP_BDAT, "250 2.0.0 Go on\r\n",
				replies) != FAULT_NONE;
	else if (end_content(s, replies))
		reset(s);
	else
		s->broken = true;
	return p + n;
}

const char *
session_input(struct session *s, const char *p, const char *end,
    struct buf *replies)
{
	const char *before;
	enum session_state state;

	do {
		before = p;
		state = s->state;
		if (state == SESSION_DATA)
			p = data_input(s, p, end, replies);
		else if (state == SESSION_BDAT)
			p = bdat_input(s, p, end, replies);
		else
			p = command_input(s, p, end, replies);
	} while (
	    s->next == SESSION_GO_ON && (p != before || s->state != state));
	return p;
}
