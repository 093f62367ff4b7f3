#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "daemon/web/form.h"

#define ARENA_MAX ((size_t)1024 * 1024)

static struct arena arena;
static struct form form;
static struct err err;

static int
fresh(void **state)
{
	(void)state;
	arena_init(&arena, ARENA_MAX);
	form_init(&form, &arena);
	return 0;
}

static int
gone(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static int
feed(const char *name, const char *value)
{
	return form_feed(&form, name, value, 0, strlen(value), &err);
}

static void
values_come_whole_or_in_pieces(void **state)
{
	static const char value[] = "One-Click and some more text, long enough "
				    "to be moved to a larger place once";

	(void)state;
	assert_int_equal(feed("a", "1"), 0);
	for (size_t i = 0; i < sizeof(value) - 1; i++)
		assert_int_equal(form_feed(&form, "b", value + i, i, 1, &err),
		    0);
	assert_int_equal(feed("a", "2"), 0);
	assert_int_equal(form_check(&form, &err), 0);
	assert_int_equal(form.n, 3);
	assert_string_equal(form_get(&form, "a"), "1");
	assert_string_equal(form_get(&form, "b"), value);
	assert_null(form_get(&form, "c"));
}

static void
pieces_must_fit(void **state)
{
	(void)state;
	assert_int_equal(form_feed(&form, "a", "x", 1, 1, &err), -1);
	assert_int_equal(feed("a", "xy"), 0);
	assert_int_equal(form_feed(&form, "a", "z", 3, 1, &err), -1);
	assert_int_equal(form_feed(&form, "b", "z", 2, 1, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void
one_field_alone(void **state)
{
	(void)state;
	assert_false(form_is_only(&form, "List-Unsubscribe", "One-Click"));
	assert_int_equal(feed("List-Unsubscribe", ""), 0);
	assert_int_equal(feed("List-Unsubscribe", "One-Click"), 0);
	assert_true(form_is_only(&form, "List-Unsubscribe", "One-Click"));
	assert_false(form_is_only(&form, "list-unsubscribe", "One-Click"));
	assert_false(form_is_only(&form, "List-Unsubscribe", "one-click"));
	assert_int_equal(feed("x", ""), 0);
	assert_false(form_is_only(&form, "List-Unsubscribe", "One-Click"));
}

static void
fields_have_limits(void **state)
{
	char name[FORM_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[FORM_NAME_MAX + 1] = '\0';
	assert_int_equal(feed(name, "1"), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	name[FORM_NAME_MAX] = '\0';
	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		assert_int_equal(feed(name, "1"), 0);
	assert_int_equal(feed("more", "1"), -1);
}

static void
bytes_have_a_limit(void **state)
{
	static char big[FORM_BYTES_MAX];

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(form_feed(&form, "a", big, 0, sizeof(big), &err), -1);
	assert_int_equal(form_feed(&form, "a", big, 0, sizeof(big) - 1, &err),
	    0);
	assert_int_equal(form_feed(&form, "a", big, sizeof(big) - 1, 1, &err),
	    -1);
}

static void
only_text_is_taken(void **state)
{
	static const struct {
		const char *value;
		size_t n;
	} bad[] = { { "a\0b", 3 }, { "\001", 1 }, { "\177", 1 }, { "\303", 1 },
		{ "\300\200", 2 }, { "\355\240\200", 3 } };

	(void)state;
	assert_int_equal(feed("a", "caf\303\251\r\n\tx"), 0);
	assert_int_equal(form_check(&form, &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		form_init(&form, &arena);
		assert_int_equal(form_feed(&form, "a", bad[i].value, 0,
				     bad[i].n, &err),
		    0);
		if (form_check(&form, &err) != -1)
			fail_msg("case %zu", i);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_come_whole_or_in_pieces,
		    fresh, gone),
		cmocka_unit_test_setup_teardown(pieces_must_fit, fresh, gone),
		cmocka_unit_test_setup_teardown(one_field_alone, fresh, gone),
		cmocka_unit_test_setup_teardown(fields_have_limits, fresh,
		    gone),
		cmocka_unit_test_setup_teardown(bytes_have_a_limit, fresh,
		    gone),
		cmocka_unit_test_setup_teardown(only_text_is_taken, fresh,
		    gone),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
