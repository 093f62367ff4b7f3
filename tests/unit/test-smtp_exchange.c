#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_machine.h"

/*
 * The machine against a model of a server that follows RFC 5321, 2920 and 3030
 * but refuses, hangs up and cuts short at random, over a network that splits,
 * delays and loses at random.  Whatever happens: every message ends once, what
 * is reported as accepted is what the server accepted, what it accepted is
 * reported as such or as uncertain, and it went to its own recipient under its
 * own envelope sender.
 */
#define MESSAGES 12
#define RUNS 4000
#define STEPS_MAX 200000

enum mode { PLAIN, PIPELINING, CHUNKING };

struct server {
	enum mode mode;
	bool no_rset;
	int calm; /* refuses one of so many */

	char in[65536], out[65536];
	size_t in_len, seen; /* what the network has brought of it */
	size_t out_at, out_len;

	bool gone; /* hung up: reads no more */
	int sender, recipient;
	int recipients; /* -1 for sender: no transaction */
	enum { COMMANDS, DATA, CHUNK } state;
	size_t chunk;
	bool answered; /* before the end of the chunk */
	int accepted[MESSAGES];
};

struct message {
	char from[40], to[40], text[64];
	struct iovec iov[4];
	bool committed;
	int ended;
	struct smtp_result result;
};

struct client {
	struct smtp_machine *m;
	struct message messages[MESSAGES];
	int next, done;
	bool lost;
};

static uint32_t random_state;

static unsigned int
rnd(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

/*
 * The server.
 */

static bool
say(struct server *s, const char *reply)
{
	size_t n = strlen(reply);

	assert_true(s->out_len + n <= sizeof(s->out));
	memcpy(s->out + s->out_len, reply, n);
	s->out_len += n;
	if (strncmp(reply, "421", 3) == 0)
		s->gone = true;
	return reply[0] == '2' || reply[0] == '3';
}

/* True when granted. */
static bool
grant_or_refuse(struct server *s, const char *yes)
{
	static const char *const no[] = { "550 5.7.1 no\r\n",
		"451 4.3.0 later\r\n", "550-5.1.1 who\r\n550 5.1.1 ever\r\n",
		"552 5.3.4 big\r\n", "421 4.7.0 bye\r\n" };

	return say(s, rnd((unsigned int)s->calm) == 0 ? no[rnd(5)] : yes);
}

static void
forget(struct server *s)
{
	s->sender = -1;
	s->recipients = 0;
}

/* The number behind the beginning of a line, or -1 for another line. */
static int
number(const char *line, const char *beginning)
{
	size_t n = strlen(beginning);

	return strncmp(line, beginning, n) != 0
	    ? -1
	    : (int)strtol(line + n, NULL, 10);
}

/* A whole message has been accepted. */
static void
accept_message(struct server *s, const char *text, size_t n,
    const struct client *c)
{
	int id;

	if (s->recipients == 0)
		return; /* for nobody */
	assert_true(n > 3);
	id = number(text, "m");
	assert_in_range(id, 0, MESSAGES - 1);
	assert_int_equal(n, strlen(c->messages[id].text));
	assert_memory_equal(text, c->messages[id].text, n);
	assert_true(c->messages[id].committed);
	assert_int_equal(s->sender, id);
	assert_int_equal(s->recipients, 1);
	assert_int_equal(s->recipient, id);
	s->accepted[id]++;
}

/* Without a recipient most refuse, and some throw it away. */
static bool
end_of_content(struct server *s)
{
	if (s->recipients == 0)
		return say(s,
		    rnd(4) == 0 ? "250 taken for nobody\r\n"
				: "554 5.5.1 no recipients\r\n");
	return grant_or_refuse(s, "250 2.0.0 taken\r\n");
}

static void
command(struct server *s, const char *line)
{
	int id;

	if (strncmp(line, "RSET", 4) == 0) {
		if (s->no_rset)
			say(s, "502 5.5.1 what\r\n");
		else if (say(s, rnd(50) == 0 ? "421 bye\r\n" : "250 rset\r\n"))
			forget(s);
	} else if ((id = number(line, "MAIL FROM:<b")) != -1) {
		if (s->sender != -1)
			say(s, "503 5.5.1 nested\r\n");
		else if (grant_or_refuse(s, "250 mail\r\n"))
			s->sender = id;
	} else if ((id = number(line, "RCPT TO:<r")) != -1) {
		if (s->sender == -1)
			say(s, "503 5.5.1 no sender\r\n");
		else if (grant_or_refuse(s, "250 rcpt\r\n")) {
			s->recipient = id;
			s->recipients++;
		}
	} else if (strncmp(line, "DATA", 4) == 0) {
		if (s->recipients == 0 && rnd(2) == 0)
			say(s, "503 5.5.1 no recipients\r\n");
		else if (grant_or_refuse(s, "354 go\r\n"))
			s->state = DATA;
	} else if ((id = number(line, "BDAT ")) != -1) {
		s->state = CHUNK;
		s->chunk = (size_t)id;
		s->answered = false;
	} else {
		assert_int_equal(strncmp(line, "QUIT", 4), 0);
		say(s, "221 bye\r\n");
		s->gone = true;
	}
}

static void
consume(struct server *s, size_t n)
{
	memmove(s->in, s->in + n, s->in_len - n);
	s->in_len -= n;
	s->seen -= n;
}

/* In the middle of content: say why and hang up, or go on. */
static bool
cuts_short(struct server *s)
{
	if (rnd(60) != 0)
		return false;
	say(s, rnd(2) == 0 ? "552 5.3.4 too big\r\n" : "421 timeout\r\n");
	s->gone = true;
	return true;
}

static bool
data(struct server *s, const struct client *c)
{
	const char *dot = s->seen >= 3 && memcmp(s->in, ".\r\n", 3) == 0
	    ? s->in - 2
	    : memmem(s->in, s->seen, "\r\n.\r\n", 5);
	size_t n;

	if (dot == NULL)
		return s->seen > 0 && cuts_short(s);
	n = (size_t)(dot + 2 - s->in);
	if (end_of_content(s))
		accept_message(s, s->in, n, c);
	consume(s, n + 3);
	forget(s);
	s->state = COMMANDS;
	return true;
}

static bool
chunk(struct server *s, const struct client *c)
{
	if (s->seen < s->chunk) {
		if (!s->answered && rnd(40) == 0) {
			/* It may refuse at once and discard the rest. */
			say(s, "452 4.3.1 full\r\n");
			s->answered = true;
		}
		return !s->answered && cuts_short(s);
	}
	if (!s->answered && end_of_content(s)) {
		accept_message(s, s->in, s->chunk, c);
		forget(s);
	} else if (rnd(2) == 0) {
		forget(s);
	}
	consume(s, s->chunk);
	s->state = COMMANDS;
	return true;
}

/* Act on what has come in; false when that is not enough for anything. */
static bool
serve(struct server *s, const struct client *c)
{
	char line[100];
	const char *end;
	size_t n;

	if (s->gone)
		return false;
	if (s->state == DATA)
		return data(s, c);
	if (s->state == CHUNK)
		return chunk(s, c);
	end = memmem(s->in, s->seen, "\r\n", 2);
	if (end == NULL)
		return false;
	n = (size_t)(end - s->in);
	assert_true(n < sizeof(line));
	memcpy(line, s->in, n);
	line[n] = '\0';
	consume(s, n + 2);
	command(s, line);
	return true;
}

static void
receive(struct server *s, size_t n, const struct client *c)
{
	s->seen += n;
	while (serve(s, c))
		continue;
}

/*
 * The client.
 */

static void
on_event(struct client *c, const struct smtp_event *ev)
{
	struct message *msg = ev->tag;

	msg->ended++;
	msg->result = ev->result;
	c->done++;
}

static void
submit(struct client *c)
{
	struct smtp_message what = { .iov_len = 4 };
	struct message *msg;
	struct smtp_result r;

	if (c->next == MESSAGES)
		return;
	what.tag = msg = &c->messages[c->next];
	what.from = msg->from;
	what.to = msg->to;
	what.iov = msg->iov;
	what.size_bytes = strlen(msg->text);
	if (smtp_machine_submit(c->m, &what, &r) == 1)
		c->next++;
}

static void
commit(struct client *c)
{
	void *tag;

	if (smtp_machine_commit(c->m, &tag) == 1)
		((struct message *)tag)->committed = true;
}

/* Some of what there is. */
static void
write_some(struct client *c, struct server *s)
{
	struct iovec iov[8];
	int n = smtp_machine_output(c->m, iov, 1 + (int)rnd(8));
	size_t total = 0, wrote = 0;

	for (int i = 0; i < n; i++)
		total += iov[i].iov_len;
	if (total == 0)
		return;
	total = 1 + rnd((unsigned int)total);
	assert_true(s->in_len + total <= sizeof(s->in));
	for (int i = 0; i < n && wrote < total; i++) {
		size_t len = iov[i].iov_len;

		if (len > total - wrote)
			len = total - wrote;
		memcpy(s->in + s->in_len, iov[i].iov_base, len);
		s->in_len += len;
		wrote += len;
	}
	smtp_machine_wrote(c->m, total);
}

static void
read_some(struct client *c, struct server *s)
{
	size_t n = s->out_len - s->out_at;
	const char *p = s->out + s->out_at, *end;
	struct smtp_event ev;
	struct err e;

	if (n == 0)
		return;
	end = p + 1 + rnd((unsigned int)n);
	while (p < end) {
		int r = smtp_machine_input(c->m, &p, end, &ev, &e);

		assert_int_not_equal(r, -1);
		if (r == 1)
			on_event(c, &ev);
	}
	s->out_at = (size_t)(p - s->out);
}

static bool
is_over(const struct client *c, const struct server *s)
{
	return c->lost || (s->gone && s->out_at == s->out_len) ||
	    (smtp_machine_is_closing(c->m) &&
		smtp_machine_stage(c->m) == SMTP_CONNECT);
}

static void
step(struct client *c, struct server *s)
{
	switch (rnd(7)) {
	case 0:
		submit(c);
		break;
	case 1:
		commit(c);
		break;
	case 2:
	case 3:
		write_some(c, s);
		break;
	case 4:
		if (s->in_len > s->seen)
			receive(s, 1 + rnd((unsigned int)(s->in_len - s->seen)),
			    c);
		break;
	case 5:
		read_some(c, s);
		break;
	case 6:
		c->lost = rnd(300) == 0;
		smtp_machine_set_window(c->m, 1 + (int)rnd(8));
		break;
	}
	if (c->done == MESSAGES)
		smtp_machine_quit(c->m);
}

/* Of one connection; what it had taken has ended afterwards. */
static void
converse(struct client *c, struct server *s)
{
	const struct smtp_ehlo ehlo = { .pipelining = s->mode != PLAIN,
		.chunking = s->mode == CHUNKING };
	struct smtp_event ev;
	int left = STEPS_MAX;

	s->in_len = s->seen = s->out_at = s->out_len = 0;
	s->gone = c->lost = false;
	s->state = COMMANDS;
	forget(s);
	c->m = smtp_machine_new(&ehlo);
	while (!is_over(c, s)) {
		step(c, s);
		assert_true(--left > 0);
	}
	/* Some of what was written still gets there. */
	if (s->in_len > s->seen)
		receive(s, rnd((unsigned int)(s->in_len - s->seen) + 1), c);
	while (smtp_machine_fail(c->m, SMTP_LOST, "lost", &ev) == 1)
		on_event(c, &ev);
	smtp_machine_free(c->m);
}

static void
check(const struct message *msg, int accepted)
{
	const struct smtp_result *r = &msg->result;

	assert_int_equal(msg->ended, 1);
	assert_in_range(accepted, 0, 1);
	if (r->outcome == SMTP_REPLIED && r->code / 100 == 2) {
		assert_int_equal(r->stage, SMTP_END_OF_DATA);
		assert_int_equal(accepted, 1);
	} else if (r->outcome == SMTP_REPLIED || r->stage != SMTP_END_OF_DATA) {
		assert_int_equal(accepted, 0);
	}
}

static struct message
make_message(int id)
{
	struct message msg = { .committed = false };
	int n;

	(void)snprintf(msg.from, sizeof(msg.from), "b%d@lijst.example", id);
	(void)snprintf(msg.to, sizeof(msg.to), "r%d@voorbeeld.example", id);
	n = snprintf(msg.text, sizeof(msg.text), "m%d\r\n", id);
	for (unsigned int lines = rnd(9); lines > 0; lines--)
		n += snprintf(msg.text + n, sizeof(msg.text) - (size_t)n,
		    "x.\r\n");
	return msg;
}

/* In pieces, one of them empty. */
static void
cut(struct message *msg)
{
	size_t n = strlen(msg->text), a = rnd((unsigned int)n + 1),
	       b = a + rnd((unsigned int)(n - a) + 1);

	msg->iov[0] = (struct iovec){ msg->text, a };
	msg->iov[1] = (struct iovec){ msg->text + a, 0 };
	msg->iov[2] = (struct iovec){ msg->text + a, b - a };
	msg->iov[3] = (struct iovec){ msg->text + b, n - b };
}

static void
run(enum mode mode, uint32_t seed)
{
	static struct server s;
	static struct client c;

	random_state = seed * 2654435761U + 1;
	memset(&s, 0, sizeof(s));
	memset(&c, 0, sizeof(c));
	s.mode = mode;
	s.no_rset = rnd(4) == 0;
	s.calm = 2 + (int)rnd(40);
	for (int i = 0; i < MESSAGES; i++) {
		c.messages[i] = make_message(i);
		cut(&c.messages[i]);
	}
	while (c.done < MESSAGES)
		converse(&c, &s);
	for (int i = 0; i < MESSAGES; i++)
		check(&c.messages[i], s.accepted[i]);
}

static void
what_is_told_is_what_happened(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= RUNS; seed++) {
		run(PLAIN, seed);
		run(PIPELINING, seed);
		run(CHUNKING, seed);
	}
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(what_is_told_is_what_happened),
	};

	return cmocka_run_group_tests_name("smtp_exchange", all, NULL, NULL);
}
