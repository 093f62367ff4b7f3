#include "tests/unit/unit.h"

#include <string.h>

#include "composer/item/privacy.h"

static const struct {
	const char *text;
	int kind; /* -1: nothing personal */
	const char *found;
} cases[] = {
	{ "bel 099 000 12 34.", PRIVACY_PHONE, "099 000 12 34" },
	{ "0612345678", PRIVACY_PHONE, "0612345678" },
	{ "06-12345678", PRIVACY_PHONE, "06-12345678" },
	{ "06 12 34 56 78", PRIVACY_PHONE, "06 12 34 56 78" },
	{ "(010) 123 45 67", PRIVACY_PHONE, "(010) 123 45 67" },
	{ "+31 (0)6 12345678", PRIVACY_PHONE, "+31 (0)6 12345678" },
	{ "+31612345678", PRIVACY_PHONE, "+31612345678" },
	{ "0031 20 1234567!", PRIVACY_PHONE, "0031 20 1234567" },
	{ "mail aan kim.de-boer@x.example.", PRIVACY_EMAIL,
	    "kim.de-boer@x.example" },
	{ "BSN 123456789", PRIVACY_NINE_DIGITS, "123456789" },
	{ "123 456 789", PRIVACY_NINE_DIGITS, "123 456 789" },
	{ "1234.56.789", PRIVACY_NINE_DIGITS, "1234.56.789" },
	{ "2801234567", PRIVACY_V_NUMBER, "2801234567" },
	{ "V-nummer: 280.123.4567", PRIVACY_V_NUMBER, "280.123.4567" },
	{ "V 2801234567", PRIVACY_V_NUMBER, "2801234567" },
	{ "v-number 123456789", PRIVACY_V_NUMBER, "123456789" },
	{ "", -1, NULL },
	{ "van 9.00 tot 12.00 uur", -1, NULL },
	{ "06-12-2027 10.00 uur", -1, NULL },
	{ "01-02-2027 10.00 uur", -1, NULL },
	{ "2027-01-14T10:00", -1, NULL },
	{ "artikel 10 lid 2, 84 vrouwen in 2026", -1, NULL },
	{ "0800-1234 of 112", -1, NULL },
	{ "\xe2\x82\xac 1.250.000", -1, NULL },
	{ "hulpvraag V-121", -1, NULL },
	{ "@voorbeeld", -1, NULL },
	{ "a@b", -1, NULL },
	{ "12345678", -1, NULL },
	{ "12345678901234567890", -1, NULL },
	{ "abc123456789", -1, NULL },
};

static void
finds_what_points_to_a_person(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct privacy_find f[4];
		size_t n = privacy_scan(cases[i].text, f, 4);

		if (n != (cases[i].kind >= 0))
			print_message("case: %s\n", cases[i].text);
		assert_int_equal(n, cases[i].kind >= 0);
		if (n == 0)
			continue;
		assert_int_equal(f[0].kind, cases[i].kind);
		assert_int_equal(f[0].n, strlen(cases[i].found));
		assert_memory_equal(f[0].text, cases[i].found, f[0].n);
	}
}

static void
finds_several_and_stops_at_max(void **state)
{
	const char *text = "a@b.example 0612345678 c@d.example";
	struct privacy_find f[3];

	(void)state;
	assert_int_equal(privacy_scan(text, f, 3), 3);
	assert_int_equal(f[1].kind, PRIVACY_PHONE);
	assert_int_equal(privacy_scan(text, f, 2), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_points_to_a_person),
		cmocka_unit_test(finds_several_and_stops_at_max),
	};

	return cmocka_run_group_tests_name("privacy", tests, NULL, NULL);
}
