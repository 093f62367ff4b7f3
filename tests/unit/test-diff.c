#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "composer/item/diff.h"

static const struct {
	const char *old_text, *new_text, *shown;
} cases[] = {
	{ "", "", "" },
	{ "a b", "a b", "a b" },
	{ "a b", "a\n\nb", "a\n\nb" },
	{ "", "new words", "[+new words+]" },
	{ "old words", "", "[-old words-]" },
	{ "mag om papieren vragen", "mag alleen om een kaartje vragen",
	    "mag [+alleen+] om [-papieren-] [+een kaartje+] vragen" },
	{ "a b c", "a c", "a [-b-] c" },
	{ "a b", "a", "a [-b-]" },
	{ "one\n\ntwo\n\nthree", "one\n\nthree", "one\n\n[-two-]\n\nthree" },
	{ "a a a", "a a", "a a [-a-]" },
};

static void
shows_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diff d;
		struct arena a;
		struct buf b;

		arena_init(&a, 1 << 20);
		buf_init(&b, 1000);
		diff_words(&a, cases[i].old_text, cases[i].new_text, &d);
		assert_int_equal(diff_write(&b, &d), 0);
		assert_string_equal(b.data, cases[i].shown);
		buf_done(&b);
		arena_done(&a);
	}
}

/* Without the new parts it is the old text, without the old ones the new. */
static void
loses_nothing(void **state)
{
	static char old_text[40000], new_text[40000];
	struct diff d;
	struct arena a;
	size_t n_old = 0, n_new = 0, same = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		(void)sprintf(old_text + strlen(old_text), "w%d ", i % 97);
		if (i % 50 != 7)
			(void)sprintf(new_text + strlen(new_text), "w%d ",
			    i % 101);
	}
	arena_init(&a, (size_t)64 << 20);
	diff_words(&a, old_text, new_text, &d);
	for (size_t i = 0; i < d.nparts; i++) {
		const struct diff_part *p = &d.parts[i];

		if (p->kind != DIFF_NEW) {
			n_old += p->n + p->nblank;
			same += p->kind == DIFF_SAME;
		}
		if (p->kind != DIFF_OLD) {
			assert_memory_equal(p->text, new_text + n_new,
			    p->n + p->nblank);
			n_new += p->n + p->nblank;
		}
	}
	assert_int_equal(n_new, strlen(new_text));
	assert_true(n_old > 0);
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_words),
		cmocka_unit_test(loses_nothing),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
