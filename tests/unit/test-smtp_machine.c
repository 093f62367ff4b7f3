#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_machine.h"

#define LONG 1000

/*
 * A transcript: what must come out of the machine and what the server answers,
 * in turn, for messages that follow each other on one connection.
 */
enum { PLAIN, PIPELINING };

#define MAIL "MAIL FROM:<b@lijst.example>\r\n"
#define RCPT "RCPT TO:<jan@voorbeeld.example>\r\n"
#define CONTENT "Subject: x\r\n\r\n..dot\r\n.\r\n"

static const struct transcript {
	const char *name;
	int mode;
	int messages;
	const char *steps[17]; /* client, server, client, ..., NULL */
	struct {
		enum smtp_stage stage;
		enum smtp_outcome outcome;
		int code;
	} want[2];
	int closing;
} transcripts[] = {
	{ "plain", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n", "354 go\r\n",
		CONTENT, "250 2.0.0 queued\r\n" },
	    { { SMTP_END_OF_DATA, SMTP_REPLIED, 250 } }, 0 },
	{ "two in a row", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "251 forwarded\r\n", "DATA\r\n",
		"354 go\r\n", CONTENT, "250-a\r\n250 b\r\n", MAIL, "250 ok\r\n",
		RCPT, "252 perhaps\r\n", "DATA\r\n", "354 go\r\n", CONTENT,
		"451 4.3.0 later\r\n" },
	    { { SMTP_END_OF_DATA, SMTP_REPLIED, 250 },
		{ SMTP_END_OF_DATA, SMTP_REPLIED, 451 } },
	    0 },
	{ "MAIL refused, no transaction to reset", PLAIN, 2,
	    { MAIL, "550 5.7.1 no\r\n", MAIL, "450 later\r\n" },
	    { { SMTP_MAIL, SMTP_REPLIED, 550 },
		{ SMTP_MAIL, SMTP_REPLIED, 450 } },
	    0 },
	{ "RCPT refused, then reset", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "550 5.1.1 who\r\n", "RSET\r\n",
		"250 ok\r\n", MAIL, "250 ok\r\n", RCPT, "250 ok\r\n",
		"DATA\r\n", "554 no\r\n" },
	    { { SMTP_RCPT, SMTP_REPLIED, 550 },
		{ SMTP_DATA, SMTP_REPLIED, 554 } },
	    0 },
	{ "RSET refused", PLAIN, 2,
	    { MAIL, "250 ok\r\n", RCPT, "550 5.1.1 who\r\n", "RSET\r\n",
		"502 what\r\n" },
	    { { SMTP_RCPT, SMTP_REPLIED, 550 },
		{ SMTP_MAIL, SMTP_REPLIED, 502 } },
	    0 },
	{ "421 at RCPT closes", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "421 4.7.28 slow down\r\n" },
	    { { SMTP_RCPT, SMTP_REPLIED, 421 } }, 1 },
	{ "421 after the dot closes", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n", "354 go\r\n",
		CONTENT, "421 4.3.0 shutting down\r\n" },
	    { { SMTP_END_OF_DATA, SMTP_REPLIED, 421 } }, 1 },
	{ "pipelined", PIPELINING, 2,
	    { MAIL RCPT "DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n", CONTENT,
		"250 queued\r\n", MAIL RCPT "DATA\r\n",
		"250 ok\r\n250 ok\r\n354 go\r\n", CONTENT, "550 5.7.1 no\r\n" },
	    { { SMTP_END_OF_DATA, SMTP_REPLIED, 250 },
		{ SMTP_END_OF_DATA, SMTP_REPLIED, 550 } },
	    0 },
	{ "pipelined, RCPT refused, dot alone", PIPELINING, 2,
	    { MAIL RCPT "DATA\r\n", "250 ok\r\n550 5.1.1 who\r\n354 go\r\n",
		".\r\n", "554 5.5.1 no valid recipients\r\n",
		MAIL RCPT "DATA\r\n", "250 ok\r\n452 later\r\n354 go\r\n",
		".\r\n", "250 taken for nobody\r\n" },
	    { { SMTP_RCPT, SMTP_REPLIED, 550 },
		{ SMTP_RCPT, SMTP_REPLIED, 452 } },
	    0 },
	{ "pipelined, RCPT and DATA refused, then reset", PIPELINING, 2,
	    { MAIL RCPT "DATA\r\n",
		"250 ok\r\n550 5.1.1 who\r\n503 5.5.1 no\r\n",
		"RSET\r\n" MAIL RCPT "DATA\r\n",
		"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", CONTENT,
		"250 queued\r\n" },
	    { { SMTP_RCPT, SMTP_REPLIED, 550 },
		{ SMTP_END_OF_DATA, SMTP_REPLIED, 250 } },
	    0 },
	{ "pipelined, MAIL refused", PIPELINING, 2,
	    { MAIL RCPT "DATA\r\n", "553 5.7.1 no\r\n503 no\r\n503 no\r\n",
		MAIL RCPT "DATA\r\n", "451 no\r\n503 no\r\n354 go\r\n", ".\r\n",
		"503 no\r\n" },
	    { { SMTP_MAIL, SMTP_REPLIED, 553 },
		{ SMTP_MAIL, SMTP_REPLIED, 451 } },
	    0 },
	{ "pipelined, 421 in the group", PIPELINING, 1,
	    { MAIL RCPT "DATA\r\n", "250 ok\r\n421 bye\r\n" },
	    { { SMTP_RCPT, SMTP_REPLIED, 421 } }, 1 },
	{ "pipelined, 421 at once, the rest is ignored", PIPELINING, 1,
	    { MAIL RCPT "DATA\r\n", "421 bye\r\n", "",
		"421 bye\r\n354 go\r\nwhat?" },
	    { { SMTP_MAIL, SMTP_REPLIED, 421 } }, 1 },
	{ "refusal before the content was sent", PIPELINING, 1,
	    { MAIL RCPT "DATA\r\n",
		"250 ok\r\n250 ok\r\n354 go\r\n552 5.3.4 too big\r\n" },
	    { { SMTP_END_OF_DATA, SMTP_REPLIED, 552 } }, 1 },
	{ "acceptance before the content was sent", PIPELINING, 1,
	    { MAIL RCPT "DATA\r\n",
		"250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n" },
	    { { SMTP_DATA, SMTP_UNFIT, 0 } }, 1 },
	{ "2xx to DATA", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n",
		"250 ok\r\n" },
	    { { SMTP_DATA, SMTP_UNFIT, 0 } }, 1 },
	{ "3xx to MAIL", PLAIN, 1, { MAIL, "354 go\r\n" },
	    { { SMTP_MAIL, SMTP_UNFIT, 0 } }, 1 },
	{ "garbage after the dot", PLAIN, 1,
	    { MAIL, "250 ok\r\n", RCPT, "250 ok\r\n", "DATA\r\n", "354 go\r\n",
		CONTENT, "thanks!\r\n" },
	    { { SMTP_END_OF_DATA, SMTP_UNFIT, 0 } }, 1 },
	{ "garbage in the group after a refusal", PIPELINING, 1,
	    { MAIL RCPT "DATA\r\n", "250 ok\r\n550 5.1.1 who\r\nwhat\r\n" },
	    { { SMTP_RCPT, SMTP_REPLIED, 550 } }, 1 },
};

static char content[] = "Subject: x\r\n\r\n..dot\r\n";
static struct iovec pieces[] = {
	{ content, 5 },
	{ content + 5, 0 },
	{ content + 5, sizeof(content) - 6 },
};

static struct smtp_message
message(const char *from, const char *to)
{
	return (struct smtp_message){ from, to, pieces, 3, sizeof(content) - 2,
		content };
}

static struct smtp_machine *
machine(int mode)
{
	const struct smtp_ehlo ehlo = { .pipelining = mode == PIPELINING };

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

/* Feed a server step; 1 when it ended a message. */
static int
give_input(struct smtp_machine *m, const char *in, struct feed f,
    struct smtp_event *ret_event)
{
	size_t n = strlen(in), pos = 0;
	struct err e;
	int r = 0;

	while (r == 0 && pos < n) {
		size_t want = pos == 0 && f.cut > 0 ? f.cut : f.step;
		const char *p = in + pos;
		const char *end = in + (want > n - pos ? n : pos + want);

		r = smtp_machine_input(m, &p, end, ret_event, &e);
		pos = (size_t)(p - in);
	}
	if (r == -1) {
		assert_int_equal(e.kind, ERR_PROTO);
		return smtp_machine_fail(m, SMTP_UNFIT, e.text, ret_event);
	}
	if (r == 1)
		assert_int_equal(pos, n);
	return r;
}

static void
play(const struct transcript *t, struct feed f)
{
	struct smtp_machine *m = machine(t->mode);
	const struct smtp_message msg =
	    message("b@lijst.example", "jan@voorbeeld.example");
	const char *const *step = t->steps;

	for (int i = 0; i < t->messages; i++) {
		struct smtp_result r;
		struct smtp_event ev;
		int done = 0;

		assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
		assert_int_equal(smtp_machine_submit(m, &msg, &r), 0);
		while (!done) {
			assert_non_null(*step);
			take_output(m, *step++, f.step);
			done = give_input(m, *step++, f, &ev);
		}
		assert_ptr_equal(ev.tag, content);
		assert_int_equal(ev.result.stage, t->want[i].stage);
		assert_int_equal(ev.result.outcome, t->want[i].outcome);
		assert_int_equal(ev.result.code, t->want[i].code);
	}
	for (; *step != NULL; step += 2) {
		struct smtp_event ev;

		take_output(m, step[0], f.step);
		assert_int_equal(give_input(m, step[1], f, &ev), 0);
	}
	assert_int_equal(smtp_machine_is_closing(m), t->closing);
	smtp_machine_free(m);
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
		for (size_t cut = 1; cut < 60; cut++)
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
	const struct smtp_ehlo ehlo = { .size = true, .size_max_bytes = 100 };
	struct smtp_machine *m = smtp_machine_new(&ehlo);
	struct smtp_message msg = message("", "jan@voorbeeld.example");
	struct smtp_result r;

	(void)state;
	msg.size_bytes = 101;
	assert_int_equal(smtp_machine_submit(m, &msg, &r), -1);
	assert_int_equal(r.status.subject, 3);
	assert_int_equal(r.status.detail, 4);
	msg.size_bytes = 100;
	assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
	take_output(m, "MAIL FROM:<> SIZE=100\r\n", LONG);
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
		const struct smtp_message msg = { "", "jan@voorbeeld.example",
			tests[i].iov, 3, 8, NULL };
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

	(void)state;
	for (size_t written = 0; written <= whole; written++) {
		struct smtp_machine *m = machine(PIPELINING);
		struct smtp_result r;
		struct smtp_event ev;

		assert_int_equal(smtp_machine_submit(m, &msg, &r), 1);
		take_output(m, "MAIL FROM:<>\r\n" RCPT "DATA\r\n", LONG);
		assert_int_equal(give_input(m, "250 ok\r\n250 ok\r\n354 go\r\n",
				     (struct feed){ 0, LONG }, &ev),
		    0);
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
		cmocka_unit_test(a_reply_to_nothing_is_an_error_unless_goodbye),
	};

	return cmocka_run_group_tests_name("smtp_machine", all, NULL, NULL);
}
