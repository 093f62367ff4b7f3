#include "tests/unit/mail_items.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "composer/item/item_form.h"

static char *
repeated(const char *head, const char *piece, size_t n, size_t *ret_len)
{
	size_t h = strlen(head), k = strlen(piece);
	char *mail = malloc(h + n * k + 1);

	assert_non_null(mail);
	memcpy(mail, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(mail + h + i * k, piece, k);
	*ret_len = h + n * k;
	mail[*ret_len] = '\0';
	return mail;
}

static void
too_much_is_said_so(void **state)
{
	static const struct {
		const char *head, *piece;
		size_t times;
	} mails[] = {
		{ HEAD "x\n\n", "woord ", 11000 },
		{ HEAD "x\n\n", "woord ", 200000 },
		{ HEAD "x\n" HTML, "<p>woord</p>", 20000 },
		{ HEAD "x\n" HTML, "<p>woord</p>", 400000 },
	};
	struct mail_item m;

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		size_t n;
		char *mail =
		    repeated(mails[i].head, mails[i].piece, mails[i].times, &n);

		m = read_mail(mail, n);
		assert_int_equal(m.fault, MAIL_ITEM_TOO_LONG);
		assert_string_equal(m.body, "");
		free(mail);
	}
	m = read_mail("From: a@b.example\n\n", 19);
	assert_int_equal(m.fault, MAIL_ITEM_EMPTY);
	m = read_mail("From: a@b.example\n\n* * *", 24);
	assert_int_equal(m.fault, MAIL_ITEM_EMPTY);
	assert_string_equal(m.body, "");
}

static void
hostile_mails_are_refused(void **state)
{
	static const struct {
		const char *head, *piece;
		size_t times;
	} mails[] = {
		{ "", "x", (size_t)11 * 1024 * 1024 },
		{ "To: ", "a:", 500000 },
		{ "Content-Type: message/rfc822\n\nTo: ", "a:\n ", 100000 },
		{ "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\nx\n",
		    100000 },
		{ HEAD "x\n", "A: b\n", 200000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		struct mail_item m;
		struct err e;
		size_t n;
		char *mail =
		    repeated(mails[i].head, mails[i].piece, mails[i].times, &n);

		assert_int_equal(mail_item_read(&arena, mail, n, &m, &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
		free(mail);
	}
}

static void
hostile_mails_are_read(void **state)
{
	static const struct {
		const char *head, *piece;
		size_t times;
	} mails[] = {
		{ HEAD "x\n" HTML, "<div>", 200000 },
		{ HEAD "x\n" HTML, "<a href=https://a.example><div>", 20000 },
		{ HEAD "x\n" HTML, "<table><tr><td>", 20000 },
		{ HEAD "x\n" HTML, "<ul><li>x", 20000 },
		{ HEAD "x\n" HTML, "<b>x<i>", 20000 },
		{ HEAD "x\n\n", ">", 200000 },
		{ HEAD "x\n\n", "\n", 900000 },
		{ HEAD "x\n\n", "Van: x\n", 100000 },
		{ HEAD "x\n\n", "Op x schreef:\n> y\n", 20000 },
		{ HEAD "x\nContent-Type: multipart/alternative; boundary=b\n\n",
		    "--b\nContent-Type: multipart/alternative; boundary=b\n\n",
		    1000 },
		{ HEAD "x\n\n", "https://a.example/((((", 40000 },
		{ HEAD "x\n" HTML, "https://a.example/((((", 40000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		size_t n, at;
		char *mail =
		    repeated(mails[i].head, mails[i].piece, mails[i].times, &n);
		struct mail_item m = read_mail(mail, n);

		assert_true(strlen(m.body) <= ITEM_BODY_MAX);
		assert_int_equal(text_check(m.body, strlen(m.body), true, &at),
		    TEXT_OK);
		free(mail);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_much_is_said_so),
		cmocka_unit_test(hostile_mails_are_refused),
		cmocka_unit_test(hostile_mails_are_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
