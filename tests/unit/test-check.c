#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "composer/issue/check.h"

static void
leftovers(void **state)
{
	static const struct {
		const char *text, *mark;
	} t[] = {
		{ "Bel TK voor een afspraak", "TK" },
		{ "TK", "TK" },
		{ "(TK)", "TK" },
		{ "nummer: XXX.", "XXX" },
		{ "[vertalen]", "[vertalen]" },
		{ "Dit is [Vertalen] nog", "[vertalen]" },
		{ "TKTK en dan TK.", "TK" },
		{ "", NULL },
		{ "De BTK en de TKS vergaderen", NULL },
		{ "tk", NULL },
		{ "XXXL-maat", NULL },
		{ "\xc3\x89TK", NULL },
		{ "TK\xc3\xa9", NULL },
		{ "vertalen", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *found = check_leftover(t[i].text);

		if (t[i].mark == NULL
			? found != NULL
			: found == NULL || strcmp(found, t[i].mark) != 0)
			fail_msg("%s: %s", t[i].text, found);
	}
}

static void
normal(void **state)
{
	static const struct {
		const char *text, *normal;
	} t[] = {
		{ "", "" },
		{ " \n\t", "" },
		{ "een", "een" },
		{ " een  twee\r\ndrie\t", "een twee drie" },
		{ "Postbus 1234,\n1000 AA", "Postbus 1234, 1000 AA" },
	};
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(check_normal(&a, t[i].text), t[i].normal);
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leftovers),
		cmocka_unit_test(normal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
