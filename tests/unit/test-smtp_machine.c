#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_machine.h"

#define LONG 1000

/*
 * A transcript: what must come out of the machine and what the server answers,
 * in turn, for messages that are given to it as soon as there is room.  At the
 * end the connection is lost.
 */
enum mode { PLAIN, PIPELINING, CHUNKING };

#define WINDOW 3
#define MESSAGES_MAX 4

#define MAIL "MAIL FROM:<b@lijst.example>\r\n"
#define RCPT "RCPT TO:<jan@voorbeeld.example>\r\n"
#define GROUP MAIL RCPT "DATA\r\n"
#define BODY "Subject: x\r\n\r\ndot\r\n"
#define CONTENT "Subject: x\r\n\r\ndot\r\n.\r\n"
#define CHUNK MAIL RCPT "BDAT 19 LAST\r\n" BODY
#define NEXT "RSET\r\n" CHUNK

#define FIRST NEXT, "250 rset\r\n"

#define OK3 "250 mail\r\n250 rcpt\r\n250 2.0.0 taken\r\n"
#define OK4 "250 rset\r\n" OK3

#define TAKEN \
	{ \
		SMTP_END_OF_DATA, SMTP_REPLIED, 250 \
	}
#define REFUSED(stage, code) \
	{ \
		SMTP_##stage, SMTP_REPLIED, code \
	}
#define LOST_AT(stage) \
	{ \
		SMTP_##stage, SMTP_LOST, 0 \
	}
#define UNFIT_AT(stage) \
	{ \
		SMTP_##stage, SMTP_UNFIT, 0 \
	}

static const struct transcript {
	const char *name;
	enum mode mode;
	int messages;
	const char *steps[17]; /* client, server, client, ..., NULL */
	struct {
		enum smtp_stage stage;
		enum smtp_outcome outcome;
		int code;
	} want[MESSAGES_MAX];
	bool closing;
} transcripts[] = {
	{ "plain", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n", "354 go\r\n",
		CONTENT, "250 2.0.0 queued\r\n", "", "" },
	    { TAKEN }, false },
	{ "two in a row", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "251 forwarded\r\n", "DATA\r\n",
		"354 go\r\n", CONTENT, "250-a\r\n250 b\r\n", MAIL, "250 ok\r\n",
		RCPT, "252 perhaps\r\n", "DATA\r\n", "354 go\r\n", CONTENT,
		"451 4.3.0 later\r\n" },
	    { TAKEN, REFUSED(END_OF_DATA, 451) }, false },
	{ "MAIL refused, no transaction to reset", PLAIN, 2,
	    { MAIL, "550 5.7.1 no\r\n", MAIL, "450 later\r\n" },
	    { REFUSED(MAIL, 550), REFUSED(MAIL, 450) }, false },
	{ "RCPT refused, then reset", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "550 5.1.1 who\r\n", "RSET\r\n",
		"250 ok\r\n", MAIL, "250 ok\r\n", RCPT, "250 ok\r\n",
		"DATA\r\n", "554 no\r\n" },
	    { REFUSED(RCPT, 550), REFUSED(DATA, 554) }, false },
	{ "RSET refused", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "550 5.1.1 who\r\n", "RSET\r\n",
		"502 what\r\n", "", "" },
	    { REFUSED(RCPT, 550), REFUSED(MAIL, 502) }, true },
	{ "421 at RCPT closes", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "421 4.7.28 slow down\r\n", "", "" },
	    { REFUSED(RCPT, 421) }, true },
	{ "421 after the dot closes", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n", "354 go\r\n",
		CONTENT, "421 4.3.0 shutting down\r\n", "", "" },
	    { REFUSED(END_OF_DATA, 421) }, true },
	{ "2xx to DATA", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n",
		"250 ok\r\n" },
	    { UNFIT_AT(DATA) }, true },
	{ "3xx to MAIL", PLAIN, 1, { MAIL, "354 go\r\n" }, { UNFIT_AT(MAIL) },
	    true },
	{ "garbage after the dot", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n", "354 go\r\n",
		CONTENT, "thanks!\r\n" },
	    { UNFIT_AT(END_OF_DATA) }, true },

	{ "pipelined: content and the next group together", PIPELINING, 3,
	    { GROUP, "250 ok\r\n250 ok\r\n354 go\r\n", CONTENT GROUP,
		"250 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n", CONTENT GROUP,
		"550 5.7.1 no\r\n250 ok\r\n250 ok\r\n354 go\r\n", CONTENT,
		"250 queued\r\n" },
	    { TAKEN, REFUSED(END_OF_DATA, 550), TAKEN }, false },
	{ "pipelined: RCPT refused, dot alone", PIPELINING, 3,
	    { GROUP, "250 ok\r\n550 5.1.1 who\r\n354 go\r\n", ".\r\n" GROUP,
		"554 5.5.1 no valid recipients\r\n"
		"250 ok\r\n452 later\r\n354 go\r\n",
		".\r\n" GROUP,
		"250 taken for nobody\r\n250 ok\r\n250 ok\r\n354 go\r\n",
		CONTENT, "250 ok\r\n" },
	    { REFUSED(RCPT, 550), REFUSED(RCPT, 452), TAKEN }, false },
	{ "pipelined: RCPT and DATA refused, then reset", PIPELINING, 2,
	    { GROUP, "250 ok\r\n550 5.1.1 who\r\n503 5.5.1 no\r\n",
		"RSET\r\n" GROUP, "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
		CONTENT, "250 queued\r\n" },
	    { REFUSED(RCPT, 550), TAKEN }, false },
	{ "pipelined: DATA refused behind content, then reset", PIPELINING, 3,
	    { GROUP, "250 ok\r\n250 ok\r\n354 go\r\n", CONTENT GROUP,
		"250 ok\r\n250 ok\r\n250 ok\r\n451 4.3.0 later\r\n",
		"RSET\r\n" GROUP, "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
		CONTENT, "250 queued\r\n" },
	    { TAKEN, REFUSED(DATA, 451), TAKEN }, false },
	{ "pipelined: MAIL refused", PIPELINING, 2,
	    { GROUP, "553 5.7.1 no\r\n503 no\r\n503 no\r\n", GROUP,
		"451 no\r\n503 no\r\n354 go\r\n", ".\r\n", "503 no\r\n" },
	    { REFUSED(MAIL, 553), REFUSED(MAIL, 451) }, false },
	{ "pipelined: MAIL refused, the rest granted: no empty message",
	    PIPELINING, 2,
	    { GROUP, "503 nested\r\n250 ok\r\n354 go\r\n", "", "" },
	    { REFUSED(MAIL, 503), LOST_AT(MAIL) }, true },
	{ "pipelined: RSET refused", PIPELINING, 3,
	    { GROUP, "250 ok\r\n550 who\r\n503 no\r\n", "RSET\r\n" GROUP,
		"500 what\r\n250 ok\r\n250 ok\r\n354 go\r\n", "", "" },
	    { REFUSED(RCPT, 550), REFUSED(MAIL, 500), LOST_AT(MAIL) }, true },
	{ "pipelined: 421 in the group, and silence", PIPELINING, 2,
	    { GROUP, "250 ok\r\n421 bye\r\n", "", "" },
	    { REFUSED(RCPT, 421), LOST_AT(MAIL) }, true },
	{ "pipelined: 421 at once, what comes behind the group is ignored",
	    PIPELINING, 2,
	    { GROUP, "421 bye\r\n", "", "421 bye\r\n421 bye\r\nwhat?" },
	    { REFUSED(MAIL, 421), LOST_AT(MAIL) }, true },
	{ "pipelined: 421 for the content, those behind are not asked about",
	    PIPELINING, 3,
	    { GROUP, "250 ok\r\n250 ok\r\n354 go\r\n", CONTENT GROUP,
		"421 bye\r\n", "", "" },
	    { REFUSED(END_OF_DATA, 421), LOST_AT(MAIL), LOST_AT(MAIL) }, true },
	{ "pipelined: 421 for the content, yet those behind are granted",
	    PIPELINING, 3,
	    { GROUP, "250 ok\r\n250 ok\r\n354 go\r\n", CONTENT GROUP,
		"421 bye\r\n250 ok\r\n250 ok\r\n354 go\r\n", "", "" },
	    { REFUSED(END_OF_DATA, 421), LOST_AT(DATA), LOST_AT(MAIL) }, true },
	{ "pipelined: refusal before the content was sent", PIPELINING, 2,
	    { GROUP, "250 ok\r\n250 ok\r\n354 go\r\n552 5.3.4 too big\r\n", "",
		"" },
	    { REFUSED(END_OF_DATA, 552), LOST_AT(MAIL) }, true },
	{ "pipelined: acceptance before the content was sent", PIPELINING, 1,
	    { GROUP, "250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n" },
	    { UNFIT_AT(DATA) }, true },
	{ "pipelined: garbage in the group after a refusal", PIPELINING, 2,
	    { GROUP, "250 ok\r\n550 5.1.1 who\r\nwhat\r\n" },
	    { REFUSED(RCPT, 550), UNFIT_AT(MAIL) }, true },
	{ "pipelined: lost in the second group", PIPELINING, 3,
	    { GROUP, "250 ok\r\n250 ok\r\n354 go\r\n", CONTENT GROUP, "" },
	    { LOST_AT(END_OF_DATA), LOST_AT(MAIL) }, false },

	{ "chunked: a window", CHUNKING, 4,
	    { NEXT, "250 rset\r\n", NEXT NEXT, OK3, NEXT, OK4 OK4 OK4 },
	    { TAKEN, TAKEN, TAKEN, TAKEN }, false },
	/* MAIL, RCPT and BDAT, each granted or refused */
	{ "chunked: - - 5", CHUNKING, 2,
	    { FIRST, NEXT, "250 m\r\n250 r\r\n552 5.3.4 big\r\n" OK4 },
	    { REFUSED(END_OF_DATA, 552), TAKEN }, false },
	{ "chunked: - 5 5", CHUNKING, 2,
	    { FIRST, NEXT, "250 m\r\n550 5.1.1 who\r\n503 no\r\n" OK4 },
	    { REFUSED(RCPT, 550), TAKEN }, false },
	{ "chunked: - 5 -, taken for nobody", CHUNKING, 2,
	    { FIRST, NEXT, "250 m\r\n450 4.2.1 busy\r\n250 nobody\r\n" OK4 },
	    { REFUSED(RCPT, 450), TAKEN }, false },
	{ "chunked: 5 5 5", CHUNKING, 2,
	    { FIRST, NEXT, "451 4.3.0 m\r\n503 r\r\n503 b\r\n" OK4 },
	    { REFUSED(MAIL, 451), TAKEN }, false },
	{ "chunked: 5 5 -, taken for nobody", CHUNKING, 2,
	    { FIRST, NEXT, "451 4.3.0 m\r\n503 r\r\n250 nobody\r\n" OK4 },
	    { REFUSED(MAIL, 451), TAKEN }, false },
	{ "chunked: 5 - 5", CHUNKING, 2,
	    { FIRST, NEXT, "503 nested\r\n250 r\r\n554 b\r\n" OK4 },
	    { REFUSED(MAIL, 503), TAKEN }, false },
	{ "chunked: 5 - -, it did arrive", CHUNKING, 2,
	    { FIRST, NEXT, "503 nested\r\n250 r\r\n250 taken\r\n" OK4 },
	    { TAKEN, TAKEN }, false },
	{ "chunked: RSET refused, the rest of the window is answered", CHUNKING,
	    4,
	    { FIRST, NEXT NEXT,
		OK3 "502 what\r\n250 m\r\n550 r\r\n503 b\r\n"
		    "502 what\r\n" OK3,
		"", "" },
	    { TAKEN, REFUSED(MAIL, 502), TAKEN }, true },
	{ "chunked: RSET refused, then lost", CHUNKING, 3,
	    { FIRST, NEXT NEXT, OK3 "502 what\r\n", "", "" },
	    { TAKEN, LOST_AT(END_OF_DATA), LOST_AT(END_OF_DATA) }, true },
	{ "chunked: 421 for one, silence for those behind it", CHUNKING, 4,
	    { FIRST, NEXT NEXT, "250 m\r\n421 4.7.0 bye\r\n", "", "" },
	    { REFUSED(RCPT, 421), LOST_AT(MAIL), LOST_AT(MAIL) }, true },
	{ "chunked: 421 for everything", CHUNKING, 2,
	    { FIRST, NEXT,
		"421 b\r\n421 y\r\n421 e\r\n421 b\r\n421 y\r\n421 e\r\n"
		"421 !\r\nwhat?" },
	    { REFUSED(MAIL, 421), REFUSED(MAIL, 421) }, true },
	{ "chunked: 421 and garbage", CHUNKING, 2,
	    { FIRST, NEXT, "250 m\r\n250 r\r\n421 bye\r\nwhat?" },
	    { REFUSED(END_OF_DATA, 421), LOST_AT(MAIL) }, true },
	{ "chunked: 421, yet it goes on listening", CHUNKING, 3,
	    { FIRST, NEXT NEXT,
		"250 m\r\n250 r\r\n421 full\r\n" OK4 "250 rset\r\n", "", "" },
	    { REFUSED(END_OF_DATA, 421), TAKEN, LOST_AT(END_OF_DATA) }, true },
	{ "chunked: no RSET, one message a connection", CHUNKING, 2,
	    { NEXT, "502 what\r\n" OK3, "", "" }, { TAKEN }, true },
	{ "chunked: no RSET, lost", CHUNKING, 2,
	    { NEXT, "502 what\r\n250 m\r\n", "", "" }, { LOST_AT(END_OF_DATA) },
	    true },
	{ "chunked: no RSET and RCPT refused, lost", CHUNKING, 2,
	    { NEXT, "502 what\r\n250 m\r\n550 r\r\n", "", "" },
	    { REFUSED(MAIL, 502) }, true },
	{ "chunked: after a message that was taken alone no RSET", CHUNKING, 2,
	    { NEXT, OK4, CHUNK, OK3 }, { TAKEN, TAKEN }, false },
	{ "chunked: after a refusal RSET", CHUNKING, 2,
	    { NEXT, "250 rset\r\n250 m\r\n550 r\r\n503 b\r\n", NEXT, OK4 },
	    { REFUSED(RCPT, 550), TAKEN }, false },
	{ "chunked: written and lost", CHUNKING, 2,
	    { FIRST, NEXT, "250 m\r\n" },
	    { LOST_AT(END_OF_DATA), LOST_AT(END_OF_DATA) }, false },
	{ "chunked: MAIL refused and lost", CHUNKING, 2,
	    { FIRST, NEXT, "451 4.3.0 later\r\n" },
	    { REFUSED(MAIL, 451), LOST_AT(END_OF_DATA) }, false },
	{ "chunked: MAIL refused, RCPT granted, lost", CHUNKING, 2,
	    { FIRST, NEXT, "503 nested\r\n250 r\r\n" },
	    { LOST_AT(END_OF_DATA), LOST_AT(END_OF_DATA) }, false },
	{ "chunked: garbage", CHUNKING, 2,
	    { FIRST, NEXT, OK3 "250 rset\r\n250 m\r\n354 r\r\n" },
	    { TAKEN, UNFIT_AT(END_OF_DATA) }, true },
	{ "goodbye out of the blue", CHUNKING, 1,
	    { NEXT, OK4 "421 idle\r\nwhat?", "", "" }, { TAKEN }, true },
};

#undef FIRST
#undef OK3
#undef OK4

static char content[] = BODY;
static struct iovec pieces[] = {
	{ content, 5 },
	{ content + 5, 0 },
	{ content + 5, sizeof(content) - 6 },
};

static struct smtp_message
message(const char *from, const char *to)
{
	return (struct smtp_message){ from, to, pieces, 3, sizeof(content) - 1,
		content };
}

static struct smtp_machine *
machine(enum mode mode)
{
	const struct smtp_ehlo ehlo = { .pipelining = mode != PLAIN,
		.chunking = mode != PIPELINING };

	return smtp_machine_new(&ehlo);
}

/* Take what the machine wants to write, at most step bytes at a time, out of
 * want. */
static void
take_output(struct smtp_machine *m, const char *want, size_t step)
{
	struct iovec iov[2];

	while (smtp_machine_output(m, iov, 2) > 0) {
		const char *p = iov[0].iov_base;
		size_t n = iov[0].iov_len < step ? iov[0].iov_len : step;

		assert_true(n <= strlen(want));
		assert_memory_equal(p, want, n);
		want += n;
		smtp_machine_wrote(m, n);
	}
	assert_string_equal(want, "");
}

struct feed {
	size_t cut, step; /* of the server's bytes */
};

struct play {
	const struct transcript *t;
	struct smtp_machine *m;
	int taken, ended;
};

/* As many as there is room for; all may leave. */
static void
submit(struct play *p)
{
	struct smtp_message msg =
	    message("b@lijst.example", "jan@voorbeeld.example");
	struct smtp_result r;
	void *tag;

	for (; p->taken < p->t->messages && smtp_machine_room(p->m) > 0;
	     p->taken++) {
		msg.tag = content + p->taken;
		assert_int_equal(smtp_machine_submit(p->m, &msg, &r), 1);
	}
	if (smtp_machine_room(p->m) == 0)
		assert_int_equal(smtp_machine_submit(p->m, &msg, &r), 0);
	assert_int_equal(smtp_machine_in_flight(p->m), p->taken - p->ended);
	while (smtp_machine_commit(p->m, &tag) == 1)
		assert_true((char *)tag >= content + p->ended);
}

static void
check_event(struct play *p, const struct smtp_event *ev)
{
	assert_true(p->ended < p->taken);
	assert_ptr_equal(ev->tag, content + p->ended);
	assert_int_equal(ev->result.stage, p->t->want[p->ended].stage);
	assert_int_equal(ev->result.outcome, p->t->want[p->ended].outcome);
	assert_int_equal(ev->result.code, p->t->want[p->ended].code);
	p->ended++;
}

/* Feed a server step; -1 when it broke the protocol. */
static int
give_input(struct play *p, const char *in, struct feed f)
{
	size_t n = strlen(in), pos = 0;
	struct smtp_event ev;
	struct err e;

	while (pos < n) {
		size_t want = pos == 0 && f.cut > 0 ? f.cut : f.step;
		const char *at = in + pos;
		const char *end = in + (want > n - pos ? n : pos + want);
		int r = smtp_machine_input(p->m, &at, end, &ev, &e);

		pos = (size_t)(at - in);
		if (r == 1)
			check_event(p, &ev);
		if (r == -1) {
			assert_int_equal(e.kind, ERR_PROTO);
			return -1;
		}
	}
	return 0;
}

static void
play(const struct transcript *t, struct feed f)
{
	struct play p = { t, machine(t->mode), 0, 0 };
	enum smtp_outcome outcome = SMTP_LOST;
	struct smtp_event ev;

	smtp_machine_set_window(p.m, WINDOW);
	for (const char *const *step = t->steps; *step != NULL; step += 2) {
		submit(&p);
		take_output(p.m, step[0], f.step);
		if (give_input(&p, step[1], f) == -1)
			outcome = SMTP_UNFIT;
	}
	if (outcome == SMTP_LOST)
		assert_int_equal(smtp_machine_is_closing(p.m), t->closing);
	while (smtp_machine_fail(p.m, outcome, "gone", &ev) == 1)
		check_event(&p, &ev);
	assert_int_equal(p.ended, p.taken);
	assert_true(smtp_machine_is_closing(p.m));
	smtp_machine_free(p.m);
}

static void
transcripts_whole_bytewise_and_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(transcripts) / sizeof(*transcripts);
	     i++) {
		print_message("# %s\n", transcripts[i].name);
		play(&transcripts[i], (struct feed){ 0, LONG });
		play(&transcripts[i], (struct feed){ 0, 1 });
		for (size_t cut = 1; cut < 160; cut++)
			play(&transcripts[i], (struct feed){ cut, LONG });
	}
}

/* The address never gets as far as a command. */
static void
bad_addresses_are_not_sent(void **state)
{
	static const char *const bad[] = { "", "@", "jan", "jan@", "@x.example",
		"jan@x.example>\r\nRCPT TO:<victim@x.example", "jan@x\r\n",
		"jan@x.example\n", "<jan@x.example>", "jan <jan@x.example>",
		"jan@x.example ", " jan@x.example", "jan@@x.example",
		"jan@x@y.example", "jan@x..example>", "jan@x.example SIZE=1",
		"j\tan@x.example", "j\x7f@x.example", "j\xc3\xa9@x.example",
		"\"jan\"@x.example", "jan@[127.0.0.1]", "jan@x_y.example",
		"jan:pw@x.example", "a,b@x.example" };
	struct smtp_machine *m = machine(PLAIN);
	struct smtp_result r;
	struct iovec iov;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct smtp_message msg = message("b@lijst.example", bad[i]);

		assert_int_equal(smtp_machine_submit(m, &msg, &r), -1);
		assert_int_equal(r.stage, SMTP_RCPT);
		assert_int_equal(r.outcome, SMTP_NOT_SENT);
		assert_int_equal(r.status.detail, 3);
		if (bad[i][0] == '\0')
			continue;
		msg = message(bad[i], "jan@voorbeeld.example");
		assert_int_equal(smtp_machine_submit(m, &msg, &r), -1);
		assert_int_equal(r.stage, SMTP_MAIL);
	}
	assert_int_equal(smtp_machine_output(m, &iov, 1), 0);
	smtp_machine_free(m);
}

static void
addresses_have_limits(void **state)
{
	char a[400];

	(void)state;
	memset(a, 'a', sizeof(a));
	strcpy(a + 64, "@x.example");
	assert_true(smtp_address_ok(a));
	strcpy(a + 65, "@x.example");
	a[64] = 'a';
	assert_false(smtp_address_ok(a));
	memset(a, 'a', sizeof(a));
	a[10] = '@';
	a[SMTP_ADDRESS_MAX] = '\0';
	assert_true(smtp_address_ok(a));
	a[SMTP_ADDRESS_MAX] = 'a';
	a[SMTP_ADDRESS_MAX + 1] = '\0';
	assert_false(smtp_address_ok(a));
	assert_true(
	    smtp_address_ok("o'brien+nieuws=x@mail-1.voorbeeld.example"));
}

static void
size_is_announced_and_obeyed(void **state)
{
	struct smtp_ehlo ehlo = { .size = true, .size_max_bytes = 18 };
	struct smtp_machine *m = smtp_machine_new(&ehlo);
	struct smtp_message msg = message("", "jan@voorbeeld.example");
	struct smtp_result r;

	(void)state;
	assert_int_equal(smtp_machine_submit(m, &msg, &r), -1);
	assert_int_equal(r.status.subject, 3);
	assert_int_equal(r.status.detail, 4);
	smtp_machine_free(m);
	ehlo.size_max_bytes = 19;
	m = smtp_machine_new(&ehlo);
	assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
	take_output(m, "MAIL FROM:<> SIZE=19\r\n", LONG);
	smtp_machine_free(m);
}

/* Without a line end before it the final dot would be none. */
static void
content_must_end_a_line(void **state)
{
	static char text[] = "a\r\nb\n\r\n";
	static const struct {
		struct iovec iov[3];
		int want;
	} tests[] = {
		{ { { text, 0 }, { text, 0 }, { text, 0 } }, 1 },
		{ { { text, 3 }, { text, 0 }, { text, 0 } }, 1 },
		{ { { text, 2 }, { text + 2, 1 }, { text, 0 } }, 1 },
		{ { { text, 2 }, { text, 0 }, { text + 2, 1 } }, 1 },
		{ { { text, 2 }, { text, 0 }, { text, 0 } }, -1 },
		{ { { text, 3 }, { text + 3, 2 }, { text, 0 } }, -1 },
		{ { { text + 2, 1 }, { text, 0 }, { text, 0 } }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct smtp_machine *m = machine(PLAIN);
		const struct iovec *v = tests[i].iov;
		const struct smtp_message msg = { "", "jan@voorbeeld.example",
			v, 3, v[0].iov_len + v[1].iov_len + v[2].iov_len,
			NULL };
		struct smtp_result r;

		assert_int_equal(smtp_machine_submit(m, &msg, &r),
		    tests[i].want);
		smtp_machine_free(m);
	}
}

/* Lost before, in and after the content; only the last is uncertain. */
static void
a_lost_connection_is_told_by_its_moment(void **state)
{
	const struct smtp_message msg = message("", "jan@voorbeeld.example");
	const size_t whole = sizeof(content) - 1 + 3;
	const char in[] = "250 ok\r\n250 ok\r\n354 go\r\n";

	(void)state;
	for (size_t written = 0; written <= whole; written++) {
		struct smtp_machine *m = machine(PIPELINING);
		const char *p = in;
		struct smtp_result r;
		struct smtp_event ev;
		struct err e;
		void *tag;

		assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
		take_output(m, "MAIL FROM:<>\r\n" RCPT "DATA\r\n", LONG);
		assert_int_equal(smtp_machine_input(m, &p, in + strlen(in), &ev,
				     &e),
		    0);
		assert_int_equal(smtp_machine_commit(m, &tag), 1);
		smtp_machine_wrote(m, written);
		assert_int_equal(smtp_machine_fail(m, SMTP_LOST, "gone", &ev),
		    1);
		assert_int_equal(ev.result.stage,
		    written < whole ? SMTP_DATA : SMTP_END_OF_DATA);
		assert_int_equal(ev.result.outcome, SMTP_LOST);
		assert_string_equal(ev.result.text, "gone");
		assert_int_equal(smtp_machine_fail(m, SMTP_LOST, "", &ev), 0);
		assert_int_equal(smtp_machine_submit(m, &msg, &r), 0);
		smtp_machine_free(m);
	}
}

/* Of a message that is not on record nothing leaves that could deliver it. */
static void
content_waits_to_be_committed(void **state)
{
	static const struct {
		enum mode mode;
		const char *before, *in, *after;
	} tests[] = {
		{ PIPELINING, GROUP, "250 ok\r\n250 ok\r\n354 go\r\n",
		    CONTENT GROUP },
		{ CHUNKING, "", "", NEXT },
	};
	const struct smtp_message msg =
	    message("b@lijst.example", "jan@voorbeeld.example");

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct smtp_machine *m = machine(tests[i].mode);
		const char *p = tests[i].in;
		struct smtp_result r;
		struct smtp_event ev;
		struct err e;
		void *tag = NULL;

		while (smtp_machine_room(m) > 0)
			assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
		take_output(m, tests[i].before, LONG);
		assert_int_equal(smtp_machine_input(m, &p, p + strlen(p), &ev,
				     &e),
		    0);
		take_output(m, "", LONG);
		while (smtp_machine_commit(m, &tag) == 1)
			assert_ptr_equal(tag, content);
		assert_non_null(tag);
		take_output(m, tests[i].after, LONG);
		smtp_machine_free(m);
	}
}

static void
the_window_has_bounds(void **state)
{
	static const char in[] = "250 rset\r\n";
	const struct smtp_message msg = message("", "jan@voorbeeld.example");
	struct smtp_machine *m = machine(CHUNKING);
	const char *p = in;
	struct smtp_result r;
	struct smtp_event ev;
	struct err e;
	void *tag;

	(void)state;
	assert_true(smtp_machine_has_window(m));
	smtp_machine_set_window(m, 1000);
	assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
	assert_int_equal(smtp_machine_room(m), 0);
	assert_int_equal(smtp_machine_commit(m, &tag), 1);
	smtp_machine_wrote(m, strlen("RSET\r\n"));
	assert_int_equal(smtp_machine_input(m, &p, in + strlen(in), &ev, &e),
	    0);
	for (int i = 1; i < SMTP_WINDOW_MAX; i++)
		assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
	assert_int_equal(smtp_machine_submit(m, &msg, &r), 0);
	smtp_machine_set_window(m, 0);
	assert_int_equal(smtp_machine_room(m), 0);
	assert_int_equal(smtp_machine_in_flight(m), SMTP_WINDOW_MAX);
	smtp_machine_free(m);
}

static void
quit_waits_for_what_is_in_flight(void **state)
{
	static const char in[] = "250 rset\r\n250 m\r\n250 r\r\n"
				 "250 taken\r\n221 bye\r\nwhat?";
	struct smtp_message msg =
	    message("b@lijst.example", "jan@voorbeeld.example");
	struct smtp_machine *m = machine(CHUNKING);
	const char *p = in, *end = in + strlen(in);
	struct smtp_result r;
	struct smtp_event ev;
	struct err e;
	void *tag;

	(void)state;
	assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
	smtp_machine_quit(m);
	assert_int_equal(smtp_machine_room(m), 0);
	assert_int_equal(smtp_machine_commit(m, &tag), 1);
	take_output(m, NEXT, LONG);
	assert_false(smtp_machine_is_closing(m));
	assert_int_equal(smtp_machine_input(m, &p, end, &ev, &e), 1);
	assert_true(smtp_machine_is_closing(m));
	take_output(m, "QUIT\r\n", 1);
	assert_int_equal(smtp_machine_stage(m), SMTP_MAIL);
	assert_int_equal(smtp_machine_input(m, &p, end, &ev, &e), 0);
	assert_ptr_equal(p, end);
	assert_int_equal(smtp_machine_stage(m), SMTP_CONNECT);
	take_output(m, "", LONG);
	smtp_machine_free(m);
}

static void
a_reply_to_nothing_is_an_error_unless_goodbye(void **state)
{
	static const char in[] = "250 hi\r\n", bye[] = "421 bye\r\nwhat";
	struct smtp_machine *m = machine(PLAIN);
	struct smtp_event ev;
	struct err e;
	const char *p = bye;

	(void)state;
	assert_int_equal(smtp_machine_input(m, &p, bye + strlen(bye), &ev, &e),
	    0);
	assert_true(smtp_machine_is_closing(m));
	assert_ptr_equal(p, bye + strlen(bye));
	smtp_machine_free(m);
	m = machine(PLAIN);
	p = in;
	assert_int_equal(smtp_machine_input(m, &p, in + strlen(in), &ev, &e),
	    -1);
	smtp_machine_free(m);
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(transcripts_whole_bytewise_and_split),
		cmocka_unit_test(bad_addresses_are_not_sent),
		cmocka_unit_test(addresses_have_limits),
		cmocka_unit_test(size_is_announced_and_obeyed),
		cmocka_unit_test(content_must_end_a_line),
		cmocka_unit_test(a_lost_connection_is_told_by_its_moment),
		cmocka_unit_test(content_waits_to_be_committed),
		cmocka_unit_test(the_window_has_bounds),
		cmocka_unit_test(quit_waits_for_what_is_in_flight),
		cmocka_unit_test(a_reply_to_nothing_is_an_error_unless_goodbye),
	};

	return cmocka_run_group_tests_name("smtp_machine", all, NULL, NULL);
}
