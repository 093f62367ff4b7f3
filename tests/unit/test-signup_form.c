#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "daemon/web/form.h"
#include "daemon/web/signup_form.h"

static char dir[] = "/tmp/tweeluik-signup-XXXXXX";
static char path[64];

static struct keys *
some_keys(void)
{
	struct keys *k;
	struct err e;

	(void)unlink(path);
	assert_int_equal(keys_create(path, &e), 0);
	assert_int_equal(keys_load(&k, path, &e), 0);
	return k;
}

static void
stamp_is_good_for_its_words_and_for_hours(void **state)
{
	static const struct {
		int64_t age;
		enum signup_stamp is;
	} cases[] = {
		{ -1, SIGNUP_STAMP_BAD },
		{ 0, SIGNUP_STAMP_BAD },
		{ 1, SIGNUP_STAMP_BAD },
		{ 2, SIGNUP_STAMP_GOOD },
		{ 12 * 3600, SIGNUP_STAMP_GOOD },
		{ 12 * 3600 + 1, SIGNUP_STAMP_EXPIRED },
	};
	const int64_t now = 1800000000;
	char stamp[TOKEN_LINK_CHARS + 1];
	struct keys *k = some_keys(), *other = some_keys();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		signup_stamp_make(k, "words", now - cases[i].age, stamp);
		assert_int_equal(signup_stamp_check(k, "words", stamp, now),
		    cases[i].is);
	}
	signup_stamp_make(k, "words", now - 60, stamp);
	assert_int_equal(signup_stamp_check(k, "word", stamp, now),
	    SIGNUP_STAMP_EXPIRED);
	assert_int_equal(signup_stamp_check(other, "words", stamp, now),
	    SIGNUP_STAMP_BAD);
	stamp[5] = stamp[5] == 'A' ? 'B' : 'A';
	assert_int_equal(signup_stamp_check(k, "words", stamp, now),
	    SIGNUP_STAMP_BAD);
	assert_int_equal(signup_stamp_check(k, "words", "", now),
	    SIGNUP_STAMP_BAD);
	assert_int_equal(signup_stamp_check(k, "words", NULL, now),
	    SIGNUP_STAMP_BAD);
	keys_free(other);
	keys_free(k);
}

static void
put(struct form *f, const char *name, const char *value)
{
	struct err e;

	assert_int_equal(form_feed(f, name, value, 0, strlen(value), &e), 0);
}

static void
nothing_typed_is_lost_and_nothing_is_taken_for_granted(void **state)
{
	struct signup_form s;
	struct arena a;
	struct form f;

	(void)state;
	arena_init(&a, 1 << 20);
	form_init(&f, &a);
	signup_form_read(&s, &f, &a, "en");
	assert_false(signup_form_ok(&s));
	assert_non_null(s.email_error);
	assert_non_null(s.language_error);
	assert_null(s.organisation_error);
	assert_string_equal(s.email, "");
	assert_null(s.stamp);

	put(&f, "email", " J.Jansen+nieuws@Organisatie.example ");
	put(&f, "language", "both");
	put(&f, "website", "");
	signup_form_read(&s, &f, &a, "en");
	assert_true(signup_form_ok(&s));
	assert_false(s.trapped);
	assert_string_equal(s.email, " J.Jansen+nieuws@Organisatie.example ");
	assert_string_equal(s.address.text,
	    "J.Jansen+nieuws@organisatie.example");
	arena_done(&a);
}

static void
slip_is_pointed_out_until_somebody_is_sure(void **state)
{
	struct signup_form s;
	struct arena a;
	struct form f;

	(void)state;
	arena_init(&a, 1 << 20);
	form_init(&f, &a);
	put(&f, "email", "jan@gmial.com");
	put(&f, "language", "nl");
	signup_form_read(&s, &f, &a, "en");
	assert_non_null(strstr(s.email_error, "jan@gmail.com"));
	assert_string_equal(s.address.text, "jan@gmial.com");
	put(&f, "sure", s.address.text);
	signup_form_read(&s, &f, &a, "en");
	assert_true(signup_form_ok(&s));
	assert_string_equal(s.address.text, "jan@gmial.com");
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamp_is_good_for_its_words_and_for_hours),
		cmocka_unit_test(
		    nothing_typed_is_lost_and_nothing_is_taken_for_granted),
		cmocka_unit_test(slip_is_pointed_out_until_somebody_is_sure),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	failed = cmocka_run_group_tests_name("signup_form", tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return failed;
}
