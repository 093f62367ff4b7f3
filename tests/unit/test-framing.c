#include "tests/unit/unit.h"

#include <string.h>

#include "daemon/web/framing.h"

struct field {
	const char *name, *value;
};

static void
fields_are_read_one_way(void **state)
{
	static const struct {
		struct field fields[4];
		bool ok;
	} cases[] = {
		{ { { "Host", "a" } }, true },
		{ { { "Host", "a" }, { "Content-Length", "26" } }, true },
		{ { { "Transfer-Encoding", "Chunked" } }, true },
		{ { { "host", "a" }, { "HOST", "a" } }, false },
		{ { { "Content-Length", "3" }, { "content-length", "3" } },
		    false },
		{ { { "Content-Length", "3" },
		      { "Transfer-Encoding", "chunked" } },
		    false },
		{ { { "Transfer-Encoding", "chunked" },
		      { "Transfer-Encoding", "chunked" } },
		    false },
		{ { { "Transfer-Encoding", "gzip, chunked" } }, false },
		{ { { "Transfer-Encoding", "xchunked" } }, false },
		{ { { "Content-Length", "+3" } }, false },
		{ { { "Content-Length", "-1" } }, false },
		{ { { "Content-Length", "3, 3" } }, false },
		{ { { "Content-Length", "" } }, false },
		{ { { "Foo ", "b" } }, false },
		{ { { "", "b" } }, false },
		{ { { "Foo(", "b" } }, false },
		{ { { "Foo", "a\tb \303\251" } }, true },
		{ { { "Foo", "a\001b" } }, false },
		{ { { "Foo", "a\177" } }, false },
		{ { { "Foo", "b\r\n c" } }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct framing f = { 0 };

		for (size_t k = 0; k < 4 && cases[i].fields[k].name != NULL;
		     k++)
			framing_field(&f, cases[i].fields[k].name,
			    cases[i].fields[k].value);
		if (framing_fields_ok(&f) != cases[i].ok)
			fail_msg("case %zu", i);
	}
}

static void
fields_are_counted(void **state)
{
	struct framing f = { 0 };

	(void)state;
	for (int i = 0; i < FRAMING_FIELDS_MAX; i++)
		framing_field(&f, "X", NULL);
	assert_true(framing_fields_ok(&f));
	framing_field(&f, "X", NULL);
	assert_false(framing_fields_ok(&f));
}

static void
target_is_a_plain_path(void **state)
{
	static const char *const good[] = { "/", "/u/Ab-_9", "/a%20b",
		"/a?b=%C3%A9", "/%7e" };
	static const char *const bad[] = { "", "*", "u", "http://a/", "/a%00b",
		"/a%0d%0aX", "/a%1f", "/a%7F", "/a%7f", "/a%", "/a%4", "/a%zz",
		"/a b", "/a\tb", "/a\001", "/a\177", "/caf\303\251", "/a\\b",
		"/a#b" };
	char longest[FRAMING_TARGET_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!framing_target_ok(good[i]))
			fail_msg("good %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (framing_target_ok(bad[i]))
			fail_msg("bad %s", bad[i]);
	memset(longest, '/', sizeof(longest));
	longest[FRAMING_TARGET_MAX] = '\0';
	assert_true(framing_target_ok(longest));
	longest[FRAMING_TARGET_MAX] = '/';
	longest[FRAMING_TARGET_MAX + 1] = '\0';
	assert_false(framing_target_ok(longest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_read_one_way),
		cmocka_unit_test(fields_are_counted),
		cmocka_unit_test(target_is_a_plain_path),
	};

	return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
