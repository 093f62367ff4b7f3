#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/bounce/scrub.h"

#define JANSEN "jansen@organisatie.example"

static const struct {
	const char *text, *address, *expected;
} cases[] = {
	{ "", JANSEN, "" },
	{ "mailbox unavailable", JANSEN, "mailbox unavailable" },
	{ "<jansen@organisatie.example>: no", JANSEN, "<...>: no" },
	{ "jansen@organisatie.example", NULL, "<...>" },
	{ "(a+b=c@x.example) (b@y)", NULL, "(<...>) (<...>)" },
	{ "550 \"jansen\" unknown", JANSEN, "550 \"<...>\" unknown" },
	{ "User JANSEN. unknown", JANSEN, "User <...>. unknown" },
	{ "jansens and ojansen", JANSEN, "jansens and ojansen" },
	{ "no mail for Organisatie.Example.", JANSEN, "no mail for <...>." },
	{ "mx.organisatie.example says no", JANSEN, "mx.<...> says no" },
	{ "user=jansen", JANSEN, "user=<...>" },
	{ "unknown user: /jansen/", JANSEN, "unknown user: /<...>/" },
	/* What is too short would hide half of every sentence. */
	{ "550 no such user", "no@x.example", "550 no such user" },
	{ "@ alone stays", JANSEN, "@ alone stays" },
	{ "a@", NULL, "<...>" },
	{ "\xc3\xa9jansen", JANSEN, "\xc3\xa9jansen" },
	{ "nothing to hide", "no address", "nothing to hide" },
};

static void
names_nobody(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(scrub(&a, cases[i].text, cases[i].address),
		    cases[i].expected);
	arena_done(&a);
}

/* A line of nothing but addresses is as long as it gets. */
static void
long_lines(void **state)
{
	static char text[64 * 1024 + 1];
	const char *out;
	struct arena a;

	(void)state;
	for (size_t i = 0; i + 4 <= sizeof(text) - 1; i += 4)
		memcpy(text + i, "a@b ", 4);
	arena_init(&a, 1 << 24);
	out = scrub(&a, text, JANSEN);
	assert_int_equal(strlen(out), (sizeof(text) - 1) / 4 * 6);
	assert_null(strchr(out, '@'));
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_nobody),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
