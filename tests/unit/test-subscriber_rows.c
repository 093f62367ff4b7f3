#include "tests/unit/unit.h"

#include <string.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/err.h"
#include "composer/list/csv.h"
#include "composer/list/subscriber_rows.h"

#define HEADINGS \
	"Naam;E-mailadres;Taal;Organisatie;Kenmerken;Toestand;Gepauzeerd tot\n"

static struct csv
table(struct arena *a, const char *text)
{
	struct csv c;
	struct err e;

	if (csv_read(&c, a, text, strlen(text), &e) == -1)
		fail_msg("%s", e.text);
	return c;
}

static void
columns_by_heading(void **state)
{
	struct subscriber_columns c;
	struct arena a;
	struct csv t;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	t = table(&a, HEADINGS);
	assert_int_equal(subscriber_columns(&c, &t.headings, NULL, &e), 0);
	assert_int_equal(c.email, 1);
	assert_int_equal(c.language, 2);
	assert_int_equal(c.organisation, 3);
	assert_int_equal(c.tags, 4);
	assert_int_equal(c.state, 5);
	assert_int_equal(c.until, 6);
	t = table(&a, "state,tag,email,paused_until,language,organization\n");
	assert_int_equal(subscriber_columns(&c, &t.headings, NULL, &e), 0);
	assert_int_equal(c.email, 2);
	assert_int_equal(c.state, 0);
	assert_int_equal(c.until, 3);
	t = table(&a, "naam,wie\n");
	assert_int_equal(subscriber_columns(&c, &t.headings, NULL, &e), -1);
	assert_string_equal(err_word(&e), "no-email-column");
	arena_done(&a);
}

static void
columns_by_map(void **state)
{
	static const char *const wrong[] = { "email", "email=", "email=8",
		"email=-1", "email=1x", "mail=1", "email=1,,lang=2", "=1",
		"email=99999999999999999999" };
	struct subscriber_columns c;
	struct arena a;
	struct csv t;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	t = table(&a, HEADINGS);
	assert_int_equal(subscriber_columns(&c, &t.headings,
			     "email=1,lang=7,state=0", &e),
	    0);
	assert_int_equal(c.email, 0);
	assert_int_equal(c.language, 6);
	assert_int_equal(c.state, -1);
	assert_int_equal(c.organisation, 3);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (subscriber_columns(&c, &t.headings, wrong[i], &e) == 0)
			fail_msg("'%s' was accepted", wrong[i]);
	assert_int_equal(subscriber_columns(&c, &t.headings, "email=0", &e),
	    -1);
	assert_string_equal(err_word(&e), "no-email-column");
	arena_done(&a);
}

static const struct {
	const char *row;
	const char *said; /* language|organisation|tags|state|until, or slug */
} rows[] = {
	{ "Anna;Anna@A.example;NL;Huis;b, a", "nl|Huis|all,b,a||-" },
	{ ";a@b.example;Engels;;;actief;", "en||all|active|-" },
	{ ";a@b.example;nl+en;;\"x;y|z\";Afgemeld;",
	    "both||all,x,y,z|unsubscribed|-" },
	{ ";a@b.example;;;;gepauzeerd;2027-02-01",
	    "en||all|paused|2027-02-01" },
	{ ";a@b.example;;;;paused;", "en||all|paused|-" },
	/* The end of a pause that there is not. */
	{ ";a@b.example;;;;active;gisteren", "en||all|active|-" },
	{ ";'+a@b.example;;'=Huis;;onbestelbaar;",
	    "en|=Huis|all|undeliverable|-" },
	{ ";;;;;;", "empty" },
	{ ";a@;;;;;", "incomplete" },
	{ ";a@b.example;fr;;;;", "unknown-language" },
	{ ";a@b.example;;;;lid;", "unknown-state" },
	{ ";a@b.example;;;;paused;+30d", "bad-date" },
	{ ";a@b.example;;;;paused;2027-02-30", "bad-date" },
	{ ";a@b.example;;;a\x01z;;", "bad-tag" },
	{ ";a@b.example;;;"
	  "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21;;",
	    "bad-tag" },
};

static void
judges_rows(void **state)
{
	struct subscriber_columns c;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct csv t =
		    table(&a, arena_printf(&a, HEADINGS "%s\n", rows[i].row));
		struct subscriber_row r;
		const char *said;

		assert_int_equal(subscriber_columns(&c, &t.headings, NULL, &e),
		    0);
		subscriber_row_read(&r, &a, &t.rows[0], &c, "all", "en");
		said = r.defect != NULL
		    ? r.defect
		    : arena_printf(&a, "%s|%s|%s|%s|%s", r.language,
			  r.organisation, r.tags, r.state,
			  r.until != NULL ? r.until : "-");
		assert_string_equal(said, rows[i].said);
		assert_int_equal(r.fate == FATE_REJECTED, r.defect != NULL);
		assert_int_equal(r.address == NULL, r.defect != NULL);
		assert_int_equal(r.why == NULL, r.defect == NULL);
	}
	arena_done(&a);
}

static void
notices_typing_errors(void **state)
{
	struct subscriber_columns c;
	struct subscriber_row r;
	struct arena a;
	struct csv t;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	/* A short row has empty fields. */
	t = table(&a, HEADINGS ";anna@gmial.com\n");
	assert_int_equal(subscriber_columns(&c, &t.headings, NULL, &e), 0);
	subscriber_row_read(&r, &a, &t.rows[0], &c, NULL, NULL);
	assert_null(r.defect);
	assert_string_equal(r.suggestion, "gmail.com");
	assert_string_equal(r.language, "");
	assert_string_equal(r.tags, "");
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_by_heading),
		cmocka_unit_test(columns_by_map),
		cmocka_unit_test(judges_rows),
		cmocka_unit_test(notices_typing_errors),
	};

	return cmocka_run_group_tests_name("subscriber_rows", tests, NULL,
	    NULL);
}
