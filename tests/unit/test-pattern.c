#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bounce/fold.h"
#include "base/bounce/pattern.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void
text_is_folded_so(void **state)
{
	static const struct {
		const char *text, *folded;
	} tests[] = {
		{ "", "" },
		{ "  A  b\r\n\tC ", "a b c " },
		{ "Boîte Pleine ÜBER Łódź", "boite pleine uber lodz" },
		{ "\xe9t\xe9 \x92s", "ete s" }, /* Windows-1252 */
		{ "doesn't doesn’t doesn´t", "doesnt doesnt doesnt" },
		{ "ＵＳＥＲ　x", "user x" },
		{ "ЯЩИК Ёлка", "ящик Ёлка" },
		{ "e-mail E-Mail re-mail", "email email re-mail" },
		{ "<jan@voorbeeld.example>: User_unknown...",
		    "@ user unknown " },
		{ "to=<a.b+c@d.example>... no", "to @ no" },
		{ "jan@voorbeeld.example. Next", "@. next" },
		{ "a @ b", "a @ b" },
		{ "550 5.1.1 User 550-5.1.1 unknown", "user unknown" },
		{ "550-5.1.1 a\r\n550 5.1.1 b", "a b" },
		{ "(#5.1.1)", "" },
		{ "192.0.2.1 2.5.1.7 5.1", "192.0.2.1 2.5.1.7 5.1" },
		{ "1550 x550 550x 550", "1550 x550 550x " },
		{ "zero\xe2\x80\x8bwidth", "zerowidth" },
	};

	for (size_t i = 0; i < COUNT(tests); i++) {
		char out[200];
		size_t n = fold(out, sizeof(out) - 1, tests[i].text,
		    strlen(tests[i].text));

		out[n] = '\0';
		assert_string_equal(out, tests[i].folded);
	}
	(void)state;
}

static void
fold_keeps_to_the_buffer(void **state)
{
	static const char text[] = "Één <jan@voorbeeld.example> ящик 550 5.1.1";
	char out[sizeof(text)];

	for (size_t max = 0; max < sizeof(out); max++)
		for (size_t n = 0; n < sizeof(text); n++) {
			memset(out, '?', sizeof(out));
			assert_true(fold(out, max, text, n) <= max);
			for (size_t i = max; i < sizeof(out); i++)
				assert_int_equal(out[i], '?');
		}
	(void)state;
}

static bool
finds(const char *pattern, const char *text)
{
	struct pattern one = { pattern, 0 };
	struct pattern_set *set = pattern_set_new(&one, 1);
	char folded[400];
	int first[PATTERN_GROUPS];

	pattern_set_find(set, folded,
	    fold(folded, sizeof(folded), text, strlen(text)), first);
	pattern_set_free(set);
	return first[0] == 0;
}

static void
pattern_is_found_so(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool found;
	} tests[] = {
		{ "mailbox full", "Mailbox  FULL", true },
		{ "mailbox full", "the mailbox full of mail", true },
		{ "mailbox full", "mailbox fully", false },
		{ "mailbox full", "xmailbox full", false },
		{ "mailbox full*", "mailbox fully", true },
		{ "*box full", "mailbox full", true },
		{ "reject* spam", "rejected as spam", true },
		{ "reject* spam", "reject spam", true },
		{ "reject* spam", "rejectspam", false },
		{ "reject * spam", "rejected as spam", false },
		{ "user * unknown", "user jan is unknown", true },
		{ "user * unknown", "user unknown", true },
		{ "user * unknown", "unknown user", false },
		{ "user * unknown", "userunknown", false },
		{ "aa * aa", "aa", false },
		{ "aa * aa", "aa aa", true },
		{ "a * b * c", "a b c", true },
		{ "a * b * c", "a c b", false },
		{ "a * b * c", "a x b b x c", true },
		{ "x|y|z", "an y here", true },
		{ "x|y|z", "an xyz here", false },
		{ "(user|mailbox) unknown", "user unknown", true },
		{ "(user|mailbox) unknown", "mailbox unknown", true },
		{ "(user|mailbox) unknown", "host unknown", false },
		{ "(a|b) (c|d)|e", "b d", true },
		{ "(a|b) (c|d)|e", "e", true },
		{ "(a|b) (c|d)|e", "a e", true },
		{ "(a|b) (c|d)|e", "c a", false },
		{ "a( not|) b", "a b", true },
		{ "a( not|) b", "a not b", true },
		{ "^(x z|w)$", "x z", true },
		{ "^(x z|w)$", "w", true },
		{ "^(x z|w)$", "x", false },
		{ "(reject|block)* spam", "blocked as spam", true },
		{ "^stop$", "stop", true },
		{ "^stop$", " Stop! ", true },
		{ "^stop$", "stop it", false },
		{ "^stop$", "please stop", false },
		{ "^re", "re news", true },
		{ "^re", "news re", false },
		{ "user @ unknown", "user <jan@voorbeeld.example> unknown",
		    true },
		{ "pleine", "PLEINE", true },
		{ "boîte", "boite", true },
		{ "переполнен", "ящик переполнена", true },
	};

	for (size_t i = 0; i < COUNT(tests); i++)
		if (finds(tests[i].pattern, tests[i].text) != tests[i].found)
			fail_msg("%s in %s", tests[i].pattern, tests[i].text);
	(void)state;
}

static void
gap_of_a_star_is_limited(void **state)
{
	for (int gap = 2; gap < PATTERN_GAP + 5; gap++) {
		char text[PATTERN_GAP + 20];

		(void)snprintf(text, sizeof(text), "aa %*s bb", gap - 2, "");
		for (char *s = text + 3; *s == ' ' && s[1] == ' '; s++)
			*s = '-';
		assert_int_equal(finds("aa * bb", text), gap <= PATTERN_GAP);
	}
	(void)state;
}

static void
first_of_each_group_is_told(void **state)
{
	static const struct pattern patterns[] = { { "one|eins", 0 },
		{ "two", 1 }, { "three", 0 }, { "two three", 1 },
		{ "t*e", 2 } };
	struct pattern_set *set = pattern_set_new(patterns, COUNT(patterns));
	static const struct {
		const char *text;
		int first[3];
	} tests[] = {
		{ "three two one", { 0, 1, 2 + 2 } },
		{ "three", { 2, -1, 4 } },
		{ "two three", { 2, 1, 4 } },
		{ "eins", { 0, -1, -1 } },
		{ "", { -1, -1, -1 } },
	};

	for (size_t i = 0; i < COUNT(tests); i++) {
		int first[PATTERN_GROUPS];

		pattern_set_find(set, tests[i].text, strlen(tests[i].text),
		    first);
		for (size_t g = 0; g < 3; g++)
			assert_int_equal(first[g], tests[i].first[g]);
	}
	pattern_set_free(set);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_folded_so),
		cmocka_unit_test(fold_keeps_to_the_buffer),
		cmocka_unit_test(pattern_is_found_so),
		cmocka_unit_test(gap_of_a_star_is_limited),
		cmocka_unit_test(first_of_each_group_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
