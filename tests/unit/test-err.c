#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

static void
kind_gives_exit_code(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, ERR_REFUSED, "no %d", 1), -1);
	assert_int_equal(err_exit_code(&e), 4);
	assert_string_equal(err_word(&e), "refused");
	(void)err_slug(&e, "not-approved");
	assert_string_equal(err_word(&e), "not-approved");
	assert_string_equal(e.text, "no 1");
	(void)err_prefix(&e, "file %s", "a");
	assert_string_equal(e.text, "file a: no 1");
	(void)err_sys(&e, ENOENT, "open");
	assert_non_null(strstr(e.text, "No such file"));
}

static void
text_is_cut_between_characters(void **state)
{
	struct err e;
	char s[2 * ERR_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(s) - 1; i += 2)
		memcpy(s + i, "\xc3\xa9", 2);
	s[sizeof(s) - 1] = '\0';
	(void)err_set(&e, ERR_SYS, "%s", s);
	assert_int_equal(strlen(e.text) % 2, 0);
	(void)err_set(&e, ERR_SYS, "x%s", s);
	assert_int_equal(strlen(e.text) % 2, 1);
}

static void
buf_stops_at_its_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_string_equal(b.data, "");
	assert_int_equal(buf_adds(&b, "abc"), 0);
	assert_int_equal(buf_adds(&b, "def"), -1);
	assert_true(buf_full(&b));
	assert_int_equal(buf_adds(&b, "d"), -1);
	assert_string_equal(b.data, "abc");
	buf_clear(&b);
	assert_int_equal(buf_addf(&b, "%d", 12345), 0);
	assert_string_equal(b.data, "12345");
	buf_done(&b);
}

static void
arena_gives_aligned_zeroed_memory(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t n = 0; n < 1000; n++) {
		char *p = arena_alloc(&a, n % 97 + 1);

		assert_int_equal((size_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i <= n % 97; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n % 97 + 1);
	}
	char *big = arena_alloc(&a, 100000);
	assert_int_equal(big[99999], 0);
	assert_string_equal(arena_printf(&a, "%s-%d", "a", 7), "a-7");
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_gives_exit_code),
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(buf_stops_at_its_maximum),
		cmocka_unit_test(arena_gives_aligned_zeroed_memory),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
