#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "composer/message/enclosed.h"
#include "composer/message/wire.h"

static const struct enclosed_spec basic = {
	.from_name = "Stichting Voorbeeld",
	.from_address = "nieuws@voorbeeld.example",
	.reply_to = "anna@zorg.example",
	.subject = "Fwd: Vraag",
	.list_id = "nieuws.voorbeeld.example",
	.content_language = "nl, en",
	.text = "Dit schreef iemand.\n",
};

static struct message
build(const char *other, size_t n)
{
	struct enclosed_spec s = basic;
	struct message m;
	struct err e;

	s.other = other;
	s.other_bytes = n;
	assert_int_equal(enclosed_build(&s, &m, &e), 0);
	return m;
}

/* Whatever is in it, a mail server takes it. */
static void
assert_fits(const struct message *m)
{
	struct wire w;

	wire_init(&w);
	wire_add(&w, m->bytes.data, m->bytes.len);
	assert_int_equal(wire_end(&w), WIRE_OK);
}

static void
as_it_stands(void **state)
{
	static const struct {
		const char *other, *expected;
	} cases[] = {
		{ "A: b\r\n\r\nc\r\n", "\r\n\r\nA: b\r\n\r\nc\r\n\r\n--" },
		{ "A: b\n\nc", "\r\n\r\nA: b\r\n\r\nc\r\n\r\n--" },
		{ "From x Mon\nA: b\n\n", "\r\n\r\nA: b\r\n\r\n\r\n--" },
		{ "From: x\n\n", "\r\n\r\nFrom: x\r\n\r\n\r\n--" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message m =
		    build(cases[i].other, strlen(cases[i].other));

		assert_fits(&m);
		assert_non_null(strstr(m.bytes.data,
		    "\r\nContent-Type: message/rfc822\r\n"));
		assert_non_null(strstr(m.bytes.data, cases[i].expected));
		message_done(&m);
	}
}

static void
in_base64(void **state)
{
	static const struct {
		const char *other;
		size_t n;
	} cases[] = {
		{ "A: b\n\n.\n", 8 },
		{ "A: b\n\n\xc3\xa9\n", 9 },
		{ "A: b\n\nc\0d\n", 10 },
		{ "A: b\n\nc\rd\n", 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message m = build(cases[i].other, cases[i].n);
		char base64[64];

		assert_fits(&m);
		assert_null(strstr(m.bytes.data, "message/rfc822"));
		(void)sodium_bin2base64(base64, sizeof(base64),
		    (const unsigned char *)cases[i].other, cases[i].n,
		    sodium_base64_VARIANT_ORIGINAL);
		assert_non_null(strstr(m.bytes.data, base64));
		message_done(&m);
	}
}

static void
sizes(void **state)
{
	char *other = calloc(1, ENCLOSED_MAX + 1);
	struct enclosed_spec s = basic;
	struct message m;
	struct err e;

	(void)state;
	s.other = other;
	s.other_bytes = ENCLOSED_MAX;
	assert_int_equal(enclosed_build(&s, &m, &e), 0);
	assert_fits(&m);
	assert_true(m.bytes.len > ENCLOSED_MAX / 57 * 78);
	message_done(&m);
	/* As many lines as there can be. */
	memset(other, '\n', ENCLOSED_MAX);
	assert_int_equal(enclosed_build(&s, &m, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	memset(other, '\0', ENCLOSED_MAX);
	s.other_bytes++;
	assert_int_equal(enclosed_build(&s, &m, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	free(other);
}

static void
values_are_vetted(void **state)
{
	struct enclosed_spec s = basic;
	struct message m;
	struct err e;

	(void)state;
	s.other = "";
	s.reply_to = "x@y.example\r\nBcc: z@y.example";
	assert_int_equal(enclosed_build(&s, &m, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	s.reply_to = NULL;
	s.subject = "a\r\nBcc: z@y.example";
	assert_int_equal(enclosed_build(&s, &m, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	s.subject = "a";
	assert_int_equal(enclosed_build(&s, &m, &e), 0);
	assert_null(strstr(m.bytes.data, "Reply-To"));
	message_done(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_stands),
		cmocka_unit_test(in_base64),
		cmocka_unit_test(sizes),
		cmocka_unit_test(values_are_vetted),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
