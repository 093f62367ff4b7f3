#include "tests/unit/unit.h"

#include <string.h>

#include "base/err.h"
#include "daemon/send/smtp_reply.h"

static const struct test {
	const char *in;
	int want; /* 1 reply, 0 incomplete, -1 error */
	int code;
	const char *text;
} tests[] = {
	{ "250 ok\r\n", 1, 250, "ok" },
	{ "250\r\n", 1, 250, "" },
	{ "250 \r\n", 1, 250, "" },
	{ "250-a\r\n250-b\r\n250 c\r\n", 1, 250, "a\nb\nc" },
	{ "550-5.1.1 no\r\n550 5.1.1 one\r\n", 1, 550, "5.1.1 no\n5.1.1 one" },
	{ "354 go\r", 0, 354, "go" },
	{ "", 0, 0, "" },
	{ "250-a\r\n251 b\r\n", -1, 0, NULL },
	{ "650 x\r\n", -1, 0, NULL },
	{ "150 x\r\n", -1, 0, NULL },
	{ "2x0 x\r\n", -1, 0, NULL },
	{ "250 a\nb\r\n", -1, 0, NULL },
	{ "250 a\rb\r\n", -1, 0, NULL },
	{ "250_a\r\n", -1, 0, NULL },
	{ "HTTP/1.1 400 Bad Request\r\n", -1, 0, NULL },
};

/* Feed t->in in pieces: first cut bytes at once, then step at a time. */
static void
feed(const struct test *t, size_t cut, size_t step)
{
	struct smtp_reply r;
	struct err e;
	size_t n = strlen(t->in), pos = 0;
	int rc = 0;

	smtp_reply_init(&r);
	while (rc == 0 && pos < n) {
		size_t want = pos == 0 && cut > 0 ? cut : step;
		const char *p = t->in + pos;
		const char *end = t->in + (want > n - pos ? n : pos + want);

		rc = smtp_reply_feed(&r, &p, end, &e);
		pos = (size_t)(p - t->in);
	}
	assert_int_equal(rc, t->want);
	if (rc == -1) {
		assert_int_equal(e.kind, ERR_PROTO);
		return;
	}
	assert_int_equal(r.code, t->code);
	assert_string_equal(r.text, t->text);
}

static void
reply_is_read_whole_and_in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		size_t n = strlen(tests[i].in);

		feed(&tests[i], 0, n + 1);
		feed(&tests[i], 0, 1);
		for (size_t cut = 1; cut < n; cut++)
			feed(&tests[i], cut, n);
	}
}

static void
bytes_after_a_reply_are_left(void **state)
{
	static const char in[] = "250 a\r\n354 b\r\n";
	const char *p = in;
	struct smtp_reply r;
	struct err e;

	(void)state;
	smtp_reply_init(&r);
	assert_int_equal(smtp_reply_feed(&r, &p, in + strlen(in), &e), 1);
	assert_string_equal(p, "354 b\r\n");
}

/* Feed s again and again until there is an error; the error's kind. */
static enum err_kind
feed_forever(const char *s)
{
	struct smtp_reply r;
	struct err e;

	smtp_reply_init(&r);
	for (int i = 0; i < 2 * SMTP_REPLY_MAX; i++) {
		const char *p = s;

		if (smtp_reply_feed(&r, &p, s + strlen(s), &e) == -1)
			return e.kind;
	}
	return ERR_NONE;
}

static void
endless_replies_end(void **state)
{
	(void)state;
	assert_int_equal(feed_forever("250-\r\n"), ERR_LIMIT);
	assert_int_equal(feed_forever(
			     "250-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
	    ERR_LIMIT);
	assert_int_equal(feed_forever("222 222 "), ERR_LIMIT);
}

static void
nul_is_refused(void **state)
{
	static const char in[] = "250 a\0b\r\n";
	const char *p = in;
	struct smtp_reply r;
	struct err e;

	(void)state;
	smtp_reply_init(&r);
	assert_int_equal(smtp_reply_feed(&r, &p, in + sizeof(in) - 1, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(reply_is_read_whole_and_in_any_pieces),
		cmocka_unit_test(bytes_after_a_reply_are_left),
		cmocka_unit_test(endless_replies_end),
		cmocka_unit_test(nul_is_refused),
	};

	return cmocka_run_group_tests_name("smtp_reply", all, NULL, NULL);
}
