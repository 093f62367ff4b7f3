#include "tests/unit/unit.h"

#include <string.h>

#include "base/datefmt.h"

static void
dates_are_written_in_the_language(void **state)
{
	static const struct {
		const char *lang;
		enum datefmt_style style;
		const char *when;
		const char *text;
	} examples[] = {
		{ "nl", DATEFMT_DAY, "2026-12-10",
		    "donderdag 10 december 2026" },
		{ "en", DATEFMT_DAY, "2026-12-10T23:59:59+01:00",
		    "Thursday 10 December 2026" },
		{ "nl", DATEFMT_MOMENT, "2026-03-29T02:30:00+01:00",
		    "zondag 29 maart 2026, 02.30 uur" },
		{ "en", DATEFMT_MOMENT, "2026-12-10 09:05",
		    "Thursday 10 December 2026, 09:05" },
		{ "nl", DATEFMT_SHORT, "2028-02-29", "29 februari" },
		{ "xx", DATEFMT_SHORT, "2026-01-02", "2 January" },
		{ "nl", DATEFMT_TIME, "2026-01-02T09:05:00", "09.05" },
		{ "en", DATEFMT_TIME, "2026-01-02T16:30:00", "16:30" },
	};
	char text[DATEFMT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		assert_int_equal(datefmt_date(examples[i].lang,
				     examples[i].style, examples[i].when, text),
		    0);
		assert_string_equal(text, examples[i].text);
	}
}

static void
what_is_no_date_is_refused(void **state)
{
	static const char *const wrong[] = { "", "x", "2026-12", "2026-12-1",
		"2026-13-01", "2026-00-10", "2026-02-30", "2027-02-29",
		"2026-12-10T", "2026-12-10T24:00", "2026-12-10T10:60",
		"2026-12-10x10:00", "2026-12-10T1:000", "-026-12-10" };
	char text[DATEFMT_MAX] = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(datefmt_date("nl", DATEFMT_DAY, wrong[i],
				     text),
		    -1);
		assert_string_equal(text, "untouched");
	}
}

static void
numbers_have_groups(void **state)
{
	char text[DATEFMT_MAX];

	(void)state;
	datefmt_number("nl", 1204567, text);
	assert_string_equal(text, "1.204.567");
	datefmt_number("en", -1204, text);
	assert_string_equal(text, "-1,204");
	assert_int_equal(datefmt_style_of("moment"), DATEFMT_MOMENT);
	assert_int_equal(datefmt_style_of("later"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_written_in_the_language),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(numbers_have_groups),
	};

	return cmocka_run_group_tests_name("datefmt", tests, NULL, NULL);
}
