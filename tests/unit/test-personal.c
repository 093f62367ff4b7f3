#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/keys.h"
#include "base/personal.h"

static struct keys *keys;

static void
fill(struct personal *p, uint64_t subscriber, uint32_t mailing, uint32_t seq)
{
	(void)snprintf(p->to, sizeof(p->to), "info@voorbeeld.example");
	personal_fill(p, keys, subscriber, mailing, seq, 1796893200,
	    "terug.voorbeeld.example", NULL);
}

static void
same_again_and_different_for_others(void **state)
{
	struct personal a, b;

	(void)state;
	fill(&a, 7, 3, 1);
	fill(&b, 7, 3, 1);
	assert_string_equal(a.message_id, b.message_id);
	assert_string_equal(a.envelope_sender, b.envelope_sender);
	fill(&b, 8, 3, 2);
	assert_string_not_equal(a.message_id, b.message_id);
	fill(&b, 7, 4, 1);
	assert_string_not_equal(a.message_id, b.message_id);
	/* Tests go to nobody on the list; each is a message of its own. */
	fill(&a, 0, 3, 1);
	fill(&b, 0, 3, 2);
	assert_string_not_equal(a.message_id, b.message_id);
}

static void
values_have_the_width_of_their_slots(void **state)
{
	const char *values[SLOT_KINDS];
	struct personal p;

	(void)state;
	fill(&p, 7, 3, 1);
	personal_values(&p, values);
	for (int k = 0; k < SLOT_KINDS; k++) {
		if (k == SLOT_TO)
			continue;
		assert_int_equal(strlen(values[k]),
		    slot_width((enum slot_kind)k));
	}
	assert_string_equal(values[SLOT_DATE],
	    "Thu, 10 Dec 2026 09:00:00 +0000");
}

static void
return_path_is_a_token(void **state)
{
	struct personal p;
	struct token t;
	struct err e;

	(void)state;
	fill(&p, 7, 3, 1);
	assert_null(strstr(p.envelope_sender, "info"));
	assert_true(strchr(p.envelope_sender, '@') - p.envelope_sender <= 64);
	assert_int_equal(token_open_mail(keys, &t, TOKEN_RETURN_PATH,
			     p.envelope_sender + 2, TOKEN_MAIL_CHARS, &e),
	    0);
	assert_int_equal(t.subscriber, 7);
	assert_int_equal(t.mailing, 3);
}

static void
unwanted_links_are_empty(void **state)
{
	static const bool wanted[SLOT_KINDS] = { [SLOT_LANGUAGE] = true };
	struct personal p;

	(void)state;
	fill(&p, 7, 3, 1);
	personal_fill(&p, keys, 8, 3, 2, 1796893200, "terug.voorbeeld.example",
	    wanted);
	assert_int_equal(strlen(p.link[SLOT_LANGUAGE]), TOKEN_LINK_CHARS);
	/* Above all not those of reader 7. */
	assert_string_equal(p.link[SLOT_UNSUBSCRIBE], "");
	assert_string_equal(p.link[SLOT_UNDO], "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_again_and_different_for_others),
		cmocka_unit_test(values_have_the_width_of_their_slots),
		cmocka_unit_test(return_path_is_a_token),
		cmocka_unit_test(unwanted_links_are_empty),
	};
	char path[] = "/tmp/test-personal-XXXXXX";
	struct err e;
	int failed;

	if (mkdtemp(path) == NULL)
		return 1;
	char file[64];
	(void)snprintf(file, sizeof(file), "%s/keys", path);
	if (keys_create(file, &e) == -1 || keys_load(&keys, file, &e) == -1)
		return 1;
	failed = cmocka_run_group_tests_name("personal", tests, NULL, NULL);
	keys_free(keys);
	(void)unlink(file);
	(void)rmdir(path);
	return failed;
}
