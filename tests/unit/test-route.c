#include "tests/unit/unit.h"

#include <string.h>

#include "daemon/web/route.h"

static const struct route table[] = {
	{ ROUTE_GET, "/", NULL },
	{ ROUTE_GET, "/u/:", NULL },
	{ ROUTE_POST, "/u/:", NULL },
	{ ROUTE_POST, "/u/:/undo", NULL },
	{ ROUTE_GET, "/t/:/:", NULL },
	{ ROUTE_GET, NULL, NULL },
};

static void
paths_find_their_route(void **state)
{
	static const struct {
		unsigned method;
		const char *path;
		int route; /* index in table, -1 for none */
		unsigned allowed;
		const char *first, *second;
	} cases[] = {
		{ ROUTE_GET, "/", 0, ROUTE_GET | ROUTE_OPTIONS, "", "" },
		{ ROUTE_GET, "/?utm=1", 0, ROUTE_GET | ROUTE_OPTIONS, "", "" },
		{ ROUTE_GET, "/u/Abc", 1,
		    ROUTE_GET | ROUTE_POST | ROUTE_OPTIONS, "Abc", "" },
		{ ROUTE_POST, "/u/Abc?x", 2,
		    ROUTE_GET | ROUTE_POST | ROUTE_OPTIONS, "Abc", "" },
		{ ROUTE_POST, "/u/Abc/undo", 3, ROUTE_POST | ROUTE_OPTIONS,
		    "Abc", "" },
		{ ROUTE_GET, "/u/Abc/undo", -1, ROUTE_POST | ROUTE_OPTIONS, "",
		    "" },
		{ ROUTE_GET, "/t/Abc/en", 4, ROUTE_GET | ROUTE_OPTIONS, "Abc",
		    "en" },
		{ ROUTE_GET, "/u/", -1, 0, "", "" },
		{ ROUTE_GET, "/u", -1, 0, "", "" },
		{ ROUTE_GET, "/u/a/", -1, 0, "", "" },
		{ ROUTE_GET, "/U/a", -1, 0, "", "" },
		{ ROUTE_GET, "//u/a", -1, 0, "", "" },
		{ ROUTE_GET, "/t/a/b/c", -1, 0, "", "" },
		{ ROUTE_GET, "", -1, 0, "", "" },
		{ 0, "/u/a", -1, ROUTE_GET | ROUTE_POST | ROUTE_OPTIONS, "",
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct route_match m =
		    route_find(table, cases[i].method, cases[i].path);

		if (m.route !=
		    (cases[i].route < 0 ? NULL : &table[cases[i].route]))
			fail_msg("%s: another route", cases[i].path);
		assert_int_equal(m.allowed, cases[i].allowed);
		assert_string_equal(m.captures[0], cases[i].first);
		assert_string_equal(m.captures[1], cases[i].second);
	}
}

static void
segments_have_a_limit(void **state)
{
	char path[ROUTE_SEGMENT_MAX + 8] = "/u/";

	(void)state;
	memset(path + 3, 'a', ROUTE_SEGMENT_MAX);
	assert_non_null(route_find(table, ROUTE_GET, path).route);
	path[3 + ROUTE_SEGMENT_MAX] = 'a';
	assert_null(route_find(table, ROUTE_GET, path).route);
}

static void
methods_have_names(void **state)
{
	(void)state;
	assert_int_equal(route_method_of("HEAD"), ROUTE_GET);
	assert_int_equal(route_method_of("get"), 0);
	assert_int_equal(route_method_of("TRACE"), 0);
	assert_string_equal(route_allow(ROUTE_GET | ROUTE_POST),
	    "GET, HEAD, POST, OPTIONS");
	assert_string_equal(route_allow(ROUTE_GET), "GET, HEAD, OPTIONS");
	assert_string_equal(route_allow(ROUTE_POST), "POST, OPTIONS");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_find_their_route),
		cmocka_unit_test(segments_have_a_limit),
		cmocka_unit_test(methods_have_names),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
