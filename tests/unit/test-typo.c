#include "tests/unit/unit.h"

#include "composer/list/typo.h"

static const struct {
	const char *domain;
	const char *meant; /* NULL: nothing to say */
} cases[] = {
	{ "gmail.com", NULL },
	{ "gmial.com", "gmail.com" },
	{ "gmai.com", "gmail.com" },
	{ "gmaill.com", "gmail.com" },
	{ "gmail.con", "gmail.com" },
	{ "gnail.com", "gmail.com" },
	{ "gmail.co", "gmail.com" },
	{ "hotmial.com", "hotmail.com" },
	{ "hotmal.nl", "hotmail.nl" },
	{ "hotmail.nl", NULL },
	{ "outlok.com", "outlook.com" },
	{ "yaho.com", "yahoo.com" },
	/* Real neighbours of a large provider. */
	{ "ymail.com", NULL },
	{ "mail.com", NULL },
	{ "live.nl", NULL },
	/* Too short to say, or too far. */
	{ "five.nl", NULL },
	{ "gmx.org", NULL },
	{ "gamil.cmo", NULL },
	{ "voorbeeldhuis.example", NULL },
	{ "g", NULL },
	{ "", NULL },
};

static void
suggests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = typo_domain(cases[i].domain);

		if (cases[i].meant == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].meant);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(suggests) };

	return cmocka_run_group_tests_name("typo", tests, NULL, NULL);
}
