#include "tests/unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/config.h"
#include "composer/edition/subject.h"

/* No catalogue is open, so the words of both languages are the msgids. */
static const struct config cfg = {
	.name_nl = "Nieuwsbrief",
	.name_en = "Newsletter",
	.first_language = "nl",
};

#define LONG "een kop die wel twee regels lang is, en nog langer dan dat"

static void
each_kind_says_what_it_is(void **state)
{
	static const struct {
		enum special kind;
		const char *edition, *nl, *en;
		bool neutral;
		const char *subject;
		bool cut;
	} examples[] = {
		{ SPECIAL_INVITATION, "both", "dag", "day", false,
		    "Invitation: dag | Invitation: day", false },
		{ SPECIAL_INVITATION, "both", LONG, "day", false,
		    "Invitation: een kop die wel twee regels lang is... | "
		    "Invitation: day",
		    true },
		{ SPECIAL_REPORT, "nl", "dag", "day", false, "Report of dag",
		    false },
		{ SPECIAL_REPORT, "en", "dag", "day", false, "Report of day",
		    false },
		{ SPECIAL_REPORT, "en", "dag", "", false, "Extra 3, 2026",
		    false },
		{ SPECIAL_URGENT, "nl", LONG, "checks", false, "Urgent: " LONG,
		    false },
		/* not translated: the one there is */
		{ SPECIAL_URGENT, "en", "bussen", "", false, "Urgent: bussen",
		    false },
		{ SPECIAL_URGENT, "both", NULL, "buses", false,
		    "Urgent: buses | Urgent: buses", false },
		{ SPECIAL_URGENT, "both", "", NULL, false, "Extra 3, 2026",
		    false },
		{ SPECIAL_CORRECTION, "nl", "", "", false,
		    "Correction nieuwsbrief 12", false },
		{ SPECIAL_CORRECTION, "both", NULL, NULL, false,
		    "Correction nieuwsbrief 12 | Correction newsletter 12",
		    false },
		{ SPECIAL_CORRECTION, "both", "telefoon", "", false,
		    "Correction nieuwsbrief 12: telefoon | "
		    "Correction newsletter 12",
		    false },
		/* nothing of what is in it, not even that it is urgent */
		{ SPECIAL_URGENT, "both", "a", "b", true, "Extra 3, 2026",
		    false },
		{ SPECIAL_CORRECTION, "en", "", "", true, "Extra 3, 2026",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct config config = cfg;
		struct content c = {
			.name = { "extra", 3, 2026 },
			.kind = examples[i].kind,
			.wrong = { "regular", 12, 2026 },
			.texts = { { .headline = examples[i].nl },
			    { .headline = examples[i].en } },
		};
		enum content_lang langs[CONTENT_LANGS];
		size_t n =
		    content_edition_langs(examples[i].edition, &cfg, langs);
		struct buf subject;

		config.neutral_subject = examples[i].neutral;
		buf_init(&subject, 1024);
		assert_int_equal(subject_write(&c, &config, langs, n, &subject),
		    examples[i].cut);
		assert_string_equal(subject.data, examples[i].subject);
		buf_done(&subject);
	}
}

static void
kinds_have_their_editions(void **state)
{
	(void)state;
	for (int k = SPECIAL_NONE; k < SPECIAL_KINDS; k++) {
		enum special s = (enum special)k;
		bool both_only = s == SPECIAL_INVITATION;

		assert_int_equal(special_of(special_words[k]), s);
		assert_true(special_has_edition(s, "both"));
		assert_int_equal(special_has_edition(s, "nl"), !both_only);
		assert_int_equal(special_has_edition(s, "en"), !both_only);
		assert_false(special_has_edition(s, "de"));
	}
	assert_int_equal(special_of(NULL), SPECIAL_NONE);
	assert_int_equal(special_of("party"), SPECIAL_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_says_what_it_is),
		cmocka_unit_test(kinds_have_their_editions),
	};

	return cmocka_run_group_tests_name("subject", tests, NULL, NULL);
}
