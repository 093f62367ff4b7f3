#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "daemon/mailbox/verdict.h"

static const char report[] =
    "Return-Path: <>\r\n"
    "From: MAILER-DAEMON@mx.example\r\n"
    "To: abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
    "@terug.example\r\n"
    "Subject: =?utf-8?q?Onbestelbaar_=E2=9C=89?=\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/report; report-type=delivery-status; "
    "boundary=b\r\n"
    "\r\n"
    "--b\r\n\r\nIt did not work.\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    "Reporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; iemand@ver.example\r\n"
    "Action: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    "Message-ID: <abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
    "@nieuws.voorbeeld.example>\r\n"
    "Subject: Nieuws\r\n\r\nx\r\n--b--\r\n";

static json_t *
work(const char *mail)
{
	json_t *said = NULL;
	struct err e;

	assert_int_equal(verdict_work(mail, strlen(mail), &said, &e), 0);
	return said;
}

static void
there_and_back(void **state)
{
	struct arena here, there;
	struct bounce direct, back;
	json_t *said = work(report);
	char *text = json_dumps(said, 0);
	struct err e;

	(void)state;
	json_decref(said);
	said = json_loads(text, 0, NULL);
	free(text);
	arena_init(&here, (size_t)16 * 1024 * 1024);
	arena_init(&there, (size_t)16 * 1024 * 1024);
	assert_int_equal(bounce_read(report, sizeof(report) - 1, &here, &direct,
			     &e),
	    0);
	assert_int_equal(verdict_take(said, &there, &back, &e), 0);
	assert_int_equal(back.kind, direct.kind);
	assert_int_equal(back.kind, BOUNCE_REPORT);
	assert_int_equal(back.is_automatic, direct.is_automatic);
	assert_string_equal(back.rule, direct.rule);
	assert_string_equal(back.subject, direct.subject);
	assert_string_equal(back.from, direct.from);
	assert_string_equal(back.from_address, direct.from_address);
	assert_string_equal(back.message_id, direct.message_id);
	assert_string_equal(back.text, direct.text);
	assert_int_equal(back.nrecipients, 1);
	assert_string_equal(back.recipients[0].address,
	    direct.recipients[0].address);
	assert_string_equal(back.recipients[0].status, "5.1.1");
	assert_int_equal(back.recipients[0].class, BOUNCE_HARD);
	assert_int_equal(back.recipients[0].reason,
	    direct.recipients[0].reason);
	assert_int_equal(back.recipients[0].final, direct.recipients[0].final);
	assert_string_equal(back.recipients[0].diagnostic,
	    direct.recipients[0].diagnostic);
	assert_int_equal(back.ntraces, direct.ntraces);
	assert_true(back.ntraces > 0);
	for (size_t i = 0; i < back.ntraces; i++) {
		assert_int_equal(back.traces[i].place, direct.traces[i].place);
		assert_string_equal(back.traces[i].text, direct.traces[i].text);
	}
	json_decref(said);
	arena_done(&here);
	arena_done(&there);
}

/* Sets what a path of names and numbers leads to. */
static void
put(json_t *o, const char *path, json_t *value)
{
	char word[32];
	size_t n = strcspn(path, "/");

	memcpy(word, path, n);
	word[n] = '\0';
	if (path[n] == '/')
		put(json_is_array(o)
			? json_array_get(o, (size_t)strtol(word, NULL, 10))
			: json_object_get(o, word),
		    path + n + 1, value);
	else if (json_is_array(o))
		assert_int_equal(json_array_set_new(o,
				     (size_t)strtol(word, NULL, 10), value),
		    0);
	else
		assert_int_equal(json_object_set_new(o, word, value), 0);
}

static json_t *
long_text(size_t n)
{
	char *s = malloc(n + 1);
	json_t *j;

	memset(s, 'x', n);
	s[n] = '\0';
	j = json_string(s);
	free(s);
	return j;
}

static json_t *
many(size_t n, const json_t *one)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_deep_copy(one));
	return list;
}

static void
refuses(const char *path, json_t *value)
{
	json_t *said = work(report);
	struct bounce b = { .rule = "as before" };
	struct arena arena;
	struct err e = { .kind = ERR_NONE };

	put(said, path, value);
	arena_init(&arena, (size_t)16 * 1024 * 1024);
	if (verdict_take(said, &arena, &b, &e) == 0)
		fail_msg("%s is believed", path);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.slug, "unreadable");
	assert_string_equal(b.rule, "as before");
	arena_done(&arena);
	json_decref(said);
}

static void
nothing_is_believed(void **state)
{
	static const char *const texts[] = { "rule", "from", "subject",
		"message_id", "from_address", "text", "recipients/0/address",
		"recipients/0/status", "recipients/0/diagnostic",
		"recipients/0/rule", "traces/0/1" };
	static const char *const numbers[] = { "kind", "recipients/0/class",
		"recipients/0/reason", "traces/0/0" };
	static const char *const flags[] = { "automatic",
		"recipients/0/final" };
	json_t *said = work(report);
	const json_t *recipient =
	    json_array_get(json_object_get(said, "recipients"), 0);
	const json_t *trace =
	    json_array_get(json_object_get(said, "traces"), 0);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		refuses(texts[i], json_integer(1));
		refuses(texts[i], json_stringn("a\0b", 3));
		refuses(texts[i], long_text((size_t)2 * 1024 * 1024));
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		refuses(numbers[i], json_integer(-1));
		refuses(numbers[i], json_integer(99));
		refuses(numbers[i], json_integer(INT64_C(1) << 32));
		refuses(numbers[i], json_real(0.0));
		refuses(numbers[i], json_string("0"));
		refuses(numbers[i], json_null());
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		refuses(flags[i], json_integer(1));
	refuses("recipients", json_object());
	refuses("traces", json_null());
	refuses("traces/0", json_array());
	refuses("recipients", many(BOUNCE_RECIPIENTS_MAX + 1, recipient));
	refuses("traces", many(BOUNCE_TRACES_MAX + 1, trace));
	json_decref(said);
}

static void
an_address_may_be_missing(void **state)
{
	json_t *said = work(report);
	struct bounce b;
	struct arena arena;
	struct err e;

	(void)state;
	put(said, "recipients/0/address", json_null());
	arena_init(&arena, (size_t)16 * 1024 * 1024);
	assert_int_equal(verdict_take(said, &arena, &b, &e), 0);
	assert_null(b.recipients[0].address);
	arena_done(&arena);
	json_decref(said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(nothing_is_believed),
		cmocka_unit_test(an_address_may_be_missing),
	};

	bounce_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
