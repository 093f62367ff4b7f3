#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bounce/bounce.h"
#include "base/bounce/delivery.h"
#include "base/buf.h"
#include "base/err.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define TOKEN "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
#define LINK_TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-abcdefghijkl"

static const char report[] =
    "Return-Path: <>\n"
    "Received: from mx.example by in.example; Thu, 26 Nov 2026 09:00:00 +0100\n"
    "From: MAILER-DAEMON@mx.example (Mail Delivery System)\n"
    "To: b+" TOKEN "@return.example\n"
    "Subject: Undelivered Mail Returned to Sender\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status;\n"
    "\tboundary=\"4Xyz.1764144000/mx.example\"\n"
    "\n"
    "This is a MIME-encapsulated message.\n"
    "\n"
    "--4Xyz.1764144000/mx.example\n"
    "Content-Type: text/plain; charset=us-ascii\n"
    "\n"
    "This is the mail system at host mx.example.\n"
    "\n"
    "--4Xyz.1764144000/mx.example\n"
    "Content-Type: message/delivery-status\n"
    "\n"
    "Reporting-MTA: dns; mx.example\n"
    "Arrival-Date: Thu, 26 Nov 2026 09:00:00 +0100\n"
    "\n"
    "Final-Recipient: rfc822; jan@club.example\n"
    "Original-Recipient: rfc822;jan@club.example\n"
    "Action: failed\n"
    "Status: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <jan@club.example>: Recipient address\n"
    "    rejected: User unknown\n"
    "\n"
    "Final-Recipient: rfc822; piet@club.example\n"
    "Action: delayed\n"
    "Status: 4.2.2\n"
    "\n"
    "Final-Recipient: rfc822; mies@club.example\n"
    "Action: delivered\n"
    "Status: 2.0.0\n"
    "\n"
    "--4Xyz.1764144000/mx.example\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "Return-Path: <b+" TOKEN "@return.example>\n"
    "From: News <news@news.example>\n"
    "To: kees@shop.example\n"
    "Message-ID: <" TOKEN "@news.example>\n"
    "List-Unsubscribe: <https://news.example/u/" LINK_TOKEN ">,\n"
    " <mailto:leave+" TOKEN "@news.example>\n"
    "Subject: Weekly\n"
    "\n"
    "Hello\n"
    "\n"
    "--4Xyz.1764144000/mx.example--\n";

static const char meaning[] = "report jan@club.example=hard ~piet@club.example "
			      "+mies@club.example";

/* What happens to reports on their way; none of it changes the meaning. */
static const struct {
	const char *what, *find, *put;
} mangled[] = {
	{ "as it is", "", "" },
	{ "line of a mailbox", "Return-Path: <>\n",
	    "From MAILER-DAEMON Thu Nov 26 09:00:00 2026\nReturn-Path: <>\n" },
	{ "empty lines first", "Return-Path: <>\n", "\n\nReturn-Path: <>\n" },
	{ "no null sender", "Return-Path: <>\n", "" },
	{ "no report-type", "report-type=delivery-status;", "" },
	{ "multipart/mixed", "multipart/report; report-type=delivery-status",
	    "multipart/mixed" },
	{ "folded type", "multipart/report; report-type",
	    "multipart/report\n ;\n  report-type" },
	{ "capitals", "Content-Type: multipart/report; report-type=delivery-",
	    "CONTENT-TYPE: MULTIPART/REPORT; REPORT-TYPE=DELIVERY-" },
	{ "no quotes", "\"4Xyz.1764144000/mx.example\"\n",
	    "4Xyz.1764144000/mx.example\n" },
	{ "boundary lost", "\tboundary=\"4Xyz.1764144000/mx.example\"\n",
	    "\tcharset=x\n" },
	{ "boundary of another", "boundary=\"4Xyz.1764144000", "boundary=\"7" },
	{ "never closed", "\n--4Xyz.1764144000/mx.example--\n", "" },
	{ "no empty line before the body", "mx.example\"\n\nThis",
	    "mx.example\"\nThis" },
	{ "no preamble", "This is a MIME-encapsulated message.\n\n", "" },
	{ "fields as text", "message/delivery-status\n\nRep",
	    "text/plain\n\nRep" },
	{ "fields without a type", "Content-Type: message/delivery-status\n\n",
	    "\n" },
	{ "fields for UTF-8", "message/delivery-status\n\nRep",
	    "message/global-delivery-status\n\nRep" },
	{ "no empty line before the fields",
	    "Content-Type: message/delivery-status\n\nReporting",
	    "Content-Type: message/delivery-status\nReporting" },
	{ "an empty line in a group", "jan@club.example\nAction: failed\n",
	    "jan@club.example\n\nAction: failed\n" },
	{ "no empty lines between groups", "User unknown\n\nFinal",
	    "User unknown\nFinal" },
	{ "several between groups", "User unknown\n\nFinal",
	    "User unknown\n\n\n\nFinal" },
	{ "folding lost", "address\n    rejected", "address\nrejected" },
	{ "blank before the colon", "Action: failed", "Action : failed" },
	{ "no blank behind it", "Action: failed", "Action:failed" },
	{ "brackets", "rfc822; jan@club.example\nO",
	    "RFC822; <jan@club.example>\nO" },
	{ "no address type", "rfc822;jan@club.example\nA",
	    "jan@club.example\nA" },
	{ "type twice", "rfc822;jan@club.example\nA",
	    "rfc822;rfc822;jan@club.example\nA" },
	{ "an alias", "Final-Recipient: rfc822; jan@",
	    "Final-Recipient: rfc822; j.jansen.7@" },
	{ "X.400", "rfc822; jan@club.example\nO",
	    "x400; /S=jan/O=club/ADMD= /C=NL/\nO" },
	{ "a local name", "rfc822; jan@club.example\nO", "LOCAL; <jan>\nO" },
	{ "xtext", "rfc822;jan@club.example\nA",
	    "rfc822;jan@club.example (by alias)\nA" },
	{ "status with words", "5.1.1\nD", "5.1.1 (no such user)\nD" },
	{ "fields in the words", "at host mx.example.\n",
	    "at host mx.example.\n\n"
	    "Final-Recipient: rfc822; kees@shop.example\n"
	    "Action: failed\nStatus: 5.1.1\n" },
	{ "only headers back", "message/rfc822\n\nRet",
	    "text/rfc822-headers\n\nRet" },
	{ "a report inside what came back", "\nHello\n",
	    "\nHello\n\nFinal-Recipient: rfc822; kees@shop.example\n"
	    "Action: failed\nStatus: 5.1.1\n" },
};

static void
summary(const struct bounce *b, struct buf *ret)
{
	static const char *const
	    marks[] = { [BOUNCE_DELAYED] = "~", [BOUNCE_DELIVERED] = "+" };

	(void)buf_adds(ret, bounce_kind_word(b->kind));
	for (size_t i = 0; i < b->nrecipients; i++) {
		const struct bounce_recipient *r = &b->recipients[i];
		bool fails = r->class == BOUNCE_HARD || r->class == BOUNCE_SOFT;

		(void)buf_addf(ret, " %s%s%s%s", fails ? "" : marks[r->class],
		    r->address != NULL ? r->address : "?", fails ? "=" : "",
		    fails ? bounce_class_word(r->class) : "");
	}
}

static void
expect(const char *what, const char *mail, const char *expected)
{
	struct arena arena;
	struct bounce b;
	struct buf seen;
	struct err e;

	arena_init(&arena, ARENA_BYTES);
	buf_init(&seen, 4096);
	assert_int_equal(bounce_read(mail, strlen(mail), &arena, &b, &e), 0);
	summary(&b, &seen);
	if (strcmp(seen.data, expected) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", what, seen.data,
		    expected);
	buf_done(&seen);
	arena_done(&arena);
}

static void
replace(struct buf *ret, const char *text, const char *find, const char *put)
{
	const char *at = strstr(text, find);

	assert_non_null(at);
	buf_clear(ret);
	(void)buf_add(ret, text, (size_t)(at - text));
	(void)buf_adds(ret, put);
	(void)buf_adds(ret, at + strlen(find));
}

static void
test_mangled(void **state)
{
	struct buf mail;

	(void)state;
	buf_init(&mail, 64 * 1024);
	for (size_t i = 0; i < sizeof(mangled) / sizeof(mangled[0]); i++) {
		replace(&mail, report, mangled[i].find, mangled[i].put);
		expect(mangled[i].what, mail.data, meaning);
	}
	buf_done(&mail);
}

/* By the fields alone. */
static const struct {
	const char *fields, *expect;
} fields[] = {
	{ "Final-Recipient: rfc822; jan@club.example\nAction: failed\n",
	    "jan@club.example" },
	{ "Original-Recipient: rfc822;jan+2Bnews@club.example\n"
	  "Final-Recipient: rfc822; x17@inside.example\nAction: failed\n",
	    "jan+news@club.example" },
	{ "Final-Recipient: utf-8; j\\x{FC}rgen@club.example\nAction: failed\n",
	    "j\xc3\xbcrgen@club.example" },
	{ "Final-Recipient: rfc822; =?utf-8?B?asO8cmdlbg==?=@club.example\n"
	  "Action: failed\n",
	    "j\xc3\xbcrgen@club.example" },
	{ "Final-Recipient: rfc822; \"jan jansen\"@club.example\n"
	  "Action: failed\n",
	    "\"jan jansen\"@club.example" },
	{ "Final-Recipient: rfc822; |/usr/bin/filter\n"
	  "X-Actual-Recipient: rfc822; jan@club.example\nAction: failed\n",
	    "jan@club.example" },
	{ "Final-Recipient: rfc822; @mx.example:jan@club.example\n"
	  "Action: failed\n",
	    "jan@club.example" },
	{ "Action: failed\nFinal-Recipient: rfc822; jan@club.example\n"
	  "Status: 5.0.0\n\n"
	  "Action: failed\nFinal-Recipient: rfc822; piet@club.example\n"
	  "Status: 5.0.0\n",
	    "jan@club.example piet@club.example" },
	{ "Reporting-MTA: dns; mx.example\n\nStatus: 5.0.0\n", "" },
	{ "", "" },
};

static void
test_fields(void **state)
{
	struct arena arena;
	struct buf seen;

	(void)state;
	arena_init(&arena, ARENA_BYTES);
	buf_init(&seen, 4096);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct delivery v[4];
		size_t n = delivery_read(slice_of(fields[i].fields,
					     strlen(fields[i].fields)),
		    &arena, v, 4);

		buf_clear(&seen);
		for (size_t k = 0; k < n; k++)
			(void)buf_addf(&seen, "%s%s", k > 0 ? " " : "",
			    v[k].address != NULL ? v[k].address : "?");
		assert_string_equal(seen.data, fields[i].expect);
	}
	buf_done(&seen);
	arena_done(&arena);
}

/* A person may send all of it on, in any way, and it is no report. */
static void
test_passed_on(void **state)
{
	static const char *const heads[] = {
		"From: Piet <piet@shop.example>\nSubject: Fwd: Undelivered\n"
		"Content-Type: message/rfc822\n\n",
		"From: Piet <piet@shop.example>\nSubject: Undelivered Mail\n"
		"Content-Type: multipart/mixed; boundary=out\n\n"
		"--out\n\nWhat is this?\n\n--out\n"
		"Content-Type: message/rfc822\n\n",
		"From: Piet <piet@shop.example>\nSubject: what is this\n\n"
		"I got this:\n\n",
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, ARENA_BYTES);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		expect(heads[i], arena_printf(&arena, "%s%s", heads[i], report),
		    "person");
	arena_done(&arena);
}

static bool
has_trace(const struct bounce *b, enum bounce_place place, const char *text)
{
	for (size_t i = 0; i < b->ntraces; i++)
		if (b->traces[i].place == place &&
		    strcmp(b->traces[i].text, text) == 0)
			return true;
	return false;
}

/* A filter that wraps what it passes on is no person. */
static void
test_wrapped(void **state)
{
	static const char head[] =
	    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\n"
	    "Subject: [suspicious] a mail\n"
	    "Content-Type: multipart/mixed; boundary=out\n\n"
	    "--out\n\nThe attached mail may be unwanted.\n\n--out\n"
	    "Content-Type: message/rfc822\n\n";
	struct arena arena;
	struct bounce b;
	struct err e;
	const char *mail;

	(void)state;
	arena_init(&arena, ARENA_BYTES);
	mail = arena_printf(&arena, "%s%s\n--out--\n", head, report);
	expect("wrapped", mail, meaning);
	assert_int_equal(bounce_read(mail, strlen(mail), &arena, &b, &e), 0);
	assert_true(has_trace(&b, BOUNCE_MESSAGE_ID, TOKEN));
	arena_done(&arena);
}

/* Said twice of the same reader: that it failed counts. */
static void
test_said_twice(void **state)
{
	struct buf mail;

	(void)state;
	buf_init(&mail, 64 * 1024);
	replace(&mail, report, "Final-Recipient: rfc822; piet@club.example\n",
	    "Final-Recipient: rfc822; JAN@club.example\n");
	expect("failed, then delayed", mail.data,
	    "report jan@club.example=hard +mies@club.example");
	replace(&mail, report, "Final-Recipient: rfc822; mies@club.example\n",
	    "Final-Recipient: rfc822; piet@club.example\n");
	expect("delayed, then delivered", mail.data,
	    "report jan@club.example=hard ~piet@club.example");
	replace(&mail, report,
	    "Final-Recipient: rfc822; mies@club.example\nAction: delivered\n"
	    "Status: 2.0.0\n",
	    "Final-Recipient: rfc822; piet@club.example\nAction: failed\n"
	    "Status: 5.1.1\n");
	expect("delayed, then failed", mail.data,
	    "report jan@club.example=hard piet@club.example=hard");
	buf_done(&mail);
}

static void
test_traces(void **state)
{
	struct arena arena;
	struct bounce b;
	struct err e;

	(void)state;
	arena_init(&arena, ARENA_BYTES);
	assert_int_equal(bounce_read(report, strlen(report), &arena, &b, &e),
	    0);
	assert_true(has_trace(&b, BOUNCE_ENVELOPE, "b+" TOKEN));
	assert_true(has_trace(&b, BOUNCE_MESSAGE_ID, TOKEN));
	assert_true(has_trace(&b, BOUNCE_MAILTO, TOKEN));
	assert_true(has_trace(&b, BOUNCE_LINK, LINK_TOKEN));
	arena_done(&arena);
}

/* Byte by byte: no fault, and never more than the whole says. */
static void
test_truncated(void **state)
{
	(void)state;
	for (size_t n = 1; n < sizeof(report); n++) {
		char *copy = malloc(n); /* its own block: ASan sees the end */
		struct arena arena;
		struct bounce b;
		struct err e;

		assert_non_null(copy);
		memcpy(copy, report, n);
		arena_init(&arena, ARENA_BYTES);
		assert_int_equal(bounce_read(copy, n, &arena, &b, &e), 0);
		assert_true(b.nrecipients <= 3);
		arena_done(&arena);
		free(copy);
	}
}

static void
test_limits(void **state)
{
	char *big = calloc(1, BOUNCE_MESSAGE_MAX + 1);
	struct arena arena;
	struct bounce b;
	struct err e;

	(void)state;
	assert_non_null(big);
	arena_init(&arena, ARENA_BYTES);
	assert_int_equal(bounce_read(big, BOUNCE_MESSAGE_MAX + 1, &arena, &b,
			     &e),
	    -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(bounce_read(big, 0, &arena, &b, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(bounce_read(big, BOUNCE_MESSAGE_MAX, &arena, &b, &e),
	    0);
	arena_done(&arena);
	free(big);
}

static int
setup(void **state)
{
	(void)state;
	bounce_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mangled),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_passed_on),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_said_twice),
		cmocka_unit_test(test_traces),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
