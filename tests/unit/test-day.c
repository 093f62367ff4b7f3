#include "tests/unit/unit.h"

#include "base/day.h"

static const struct {
	const char *in;
	bool with_time;
	const char *out; /* NULL: refused */
} cases[] = {
	{ "2027-03-01", false, "2027-03-01" },
	{ "2028-02-29", false, "2028-02-29" },
	{ "2027-02-29", false, NULL },
	{ "2027-13-01", false, NULL },
	{ "2027-00-10", false, NULL },
	{ "2027-3-1", false, NULL },
	{ "1969-12-31", false, NULL },
	{ "2027-03-01x", false, NULL },
	{ "2027-03-01T10:00", false, NULL },
	{ "+0d", false, "2026-12-30" },
	{ "+2d", false, "2027-01-01" },
	{ "+3660d", false, "2037-01-06" },
	{ "+3661d", false, NULL },
	{ "+99999999999d", false, NULL },
	{ "+d", false, NULL },
	{ "+2", false, NULL },
	{ "-2d", false, NULL },
	{ "", false, NULL },
	{ "2027-01-14T10:00", true, "2027-01-14T10:00" },
	{ "2027-01-14 09:05", true, "2027-01-14T09:05" },
	{ "+2d 23:59", true, "2027-01-01T23:59" },
	{ "+2d 24:00", true, NULL },
	{ "+2d 9:00", true, NULL },
	{ "+2d", true, NULL },
};

static void
dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[DAY_TEXT_SIZE];
		bool ok = day_parse(out, cases[i].in, "2026-12-30",
		    cases[i].with_time);

		assert_int_equal(ok, cases[i].out != NULL);
		if (ok)
			assert_string_equal(out, cases[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(dates) };

	return cmocka_run_group_tests_name("day", tests, NULL, NULL);
}
