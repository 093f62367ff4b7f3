#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/list/org_csv.h"
#include "composer/list/org_form.h"

#define FORM_MAX ((size_t)64 * 1024)

static const char *const topics[] = { "shelter", "work", NULL };
static const struct org_rules rules = { "2026-12-01", topics };

static int
parse(struct arena *a, const char *text, size_t n, struct org_values *v,
    struct err *e)
{
	/* A copy of the exact size, so that a sanitiser sees one byte more. */
	char *copy = malloc(n > 0 ? n : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, text, n);
	rc = org_form_parse(a, &rules, "x.org", copy, n, v, e);
	free(copy);
	return rc;
}

static const struct {
	const char *text;
	size_t n; /* 0: of a string */
	const char *error;
} refused[] = {
	{ "Name", 0, "x.org, line 1: here 'Key: value' is expected" },
	{ "# c\n\nNaam: A\nName: B", 0,
	    "x.org, line 4, Name: this is here a second time" },
	{ "Name:", 0, "x.org, line 1, Name: a name is missing" },
	{ "Colour: red", 0, "x.org, line 1: there is no key 'Colour' here" },
	{ ": red", 0, "x.org, line 1: there is no key '' here" },
	{ "Contact-public: yes", 0,
	    "x.org, line 1: there is no key 'Contact-public' here" },
	{ "Secret: perhaps", 0,
	    "x.org, line 1, Secret: 'perhaps' is not yes and not no" },
	{ "Website: www.voorbeeld.example", 0,
	    "x.org, line 1, Website: a website starts with https:// or "
	    "http://" },
	{ "Topics: shelter chess", 0,
	    "x.org, line 1, Topics: there is no topic 'chess'" },
	{ "Languages: nl Frans", 0,
	    "x.org, line 1, Languages: 'Frans' is no code of a language" },
	{ "Checked-on: 2026-02-30", 0,
	    "x.org, line 1, Checked-on: '2026-02-30' is no date: write "
	    "2027-03-01 or +30d" },
	{ "Contact-language: fr", 0,
	    "x.org, line 1, Contact-language: 'fr' is no language: choose nl, "
	    "en or both" },
	{ "Visibility: phone", 0,
	    "x.org, line 1, Visibility: 'phone' does not say who may see which "
	    "field: write phone=mail" },
	{ "Visibility: name=office", 0,
	    "x.org, line 1, Visibility: 'name=office' does not say who may see "
	    "which field: write phone=mail" },
	{ "Visibility: phone=all", 0,
	    "x.org, line 1, Visibility: 'all' is not public, mail or office" },
	{ "Place: a\tb", 0,
	    "x.org, line 1, Place: there is a line break or a control "
	    "character in it" },
	{ "Place: a\0b", 10,
	    "x.org, line 1: there is a line break or a control character in "
	    "it" },
	{ "Place: \xff", 0, "x.org, line 1, Place: this is not UTF-8" },
	{ "Place: \xee\x80\x80", 0,
	    "x.org, line 1, Place: there is a private-use character in it, "
	    "which cannot be sent" },
};

static void
what_is_wrong_is_named_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		size_t n =
		    refused[i].n > 0 ? refused[i].n : strlen(refused[i].text);
		struct org_values v;
		struct arena a;
		struct err e;

		arena_init(&a, FORM_MAX);
		assert_int_equal(parse(&a, refused[i].text, n, &v, &e), -1);
		assert_string_equal(e.text, refused[i].error);
		assert_int_equal(e.kind, ERR_INPUT);
		arena_done(&a);
	}
}

static void
values_become_canonical(void **state)
{
	static const char text[] =
	    "\xef\xbb\xbf# who\r\n\r\nnaam:  Voorbeeldhuis \r\nGEHEIM: Ja\n"
	    "checked_on: +1d\nTopics: work   shelter\n"
	    "Visibility: Postadres=kantoor phone=openbaar\nPhone:\n";
	struct org_values v;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a, FORM_MAX);
	assert_int_equal(parse(&a, text, strlen(text), &v, &e), 0);
	assert_string_equal(v.value[ORG_NAME], "Voorbeeldhuis");
	assert_string_equal(v.value[ORG_SECRET], "yes");
	assert_string_equal(v.value[ORG_CHECKED_ON], "2026-12-02");
	assert_string_equal(v.value[ORG_TOPICS], "work shelter");
	assert_string_equal(v.value[ORG_VISIBILITY],
	    "postal_address=office phone=public");
	assert_string_equal(v.value[ORG_PHONE], "");
	assert_null(v.value[ORG_PLACE]);
	assert_string_equal(org_values_json(&a, &v),
	    "{\"name\":\"Voorbeeldhuis\",\"secret\":\"yes\",\"phone\":\"\","
	    "\"topics\":\"work shelter\",\"visibility\":"
	    "\"postal_address=office phone=public\","
	    "\"checked_on\":\"2026-12-02\"}");
	arena_done(&a);
}

/* Values that a spreadsheet would take for something else. */
static const struct org_values odd = {
	.value = { [ORG_NAME] = "=1+1, \"het\" huis",
	    [ORG_PLACE] = "Plaats; noord",
	    [ORG_POSTAL_ADDRESS] = "",
	    [ORG_REGION] = "'s-Gravenland",
	    [ORG_SECRET] = "no",
	    [ORG_CONTACT] = "@bureau",
	    [ORG_CONTACT_AGREED_ON] = "",
	    [ORG_CONTACT_AGREED_BY] = "",
	    [ORG_CONTACT_LANGUAGE] = "both",
	    [ORG_PHONE] = "+31 99 000 1234",
	    [ORG_EMAIL] = "a@b.example",
	    [ORG_WEBSITE] = "https://b.example/#x",
	    [ORG_AIM_NL] = "-",
	    [ORG_AIM_EN] = "",
	    [ORG_CAPACITY_NL] = "",
	    [ORG_CAPACITY_EN] = "",
	    [ORG_CAPACITY_DATE] = "",
	    [ORG_TOPICS] = "",
	    [ORG_LANGUAGES] = "nl en",
	    [ORG_VISIBILITY] = "",
	    [ORG_ANNOUNCE] = "no",
	    [ORG_CHECKED_ON] = "2026-11-30" }
};

static void
assert_same(const struct org_values *a, const struct org_values *b)
{
	for (int f = 0; f < ORG_CONTACT_PUBLIC; f++)
		assert_string_equal(a->value[f], b->value[f]);
}

static void
what_was_written_is_read_again(void **state)
{
	struct org_values v;
	struct arena a;
	struct err e;
	struct buf b;

	(void)state;
	arena_init(&a, FORM_MAX);
	buf_init(&b, FORM_MAX);
	assert_int_equal(org_form_write(&b, &odd), 0);
	assert_int_equal(parse(&a, b.data, b.len, &v, &e), 0);
	assert_same(&v, &odd);
	buf_done(&b);
	arena_done(&a);
}

static void
no_defect(void *arg, int row, const char *column, const struct err *why)
{
	(void)arg;
	fail_msg("row %d, %s: %s", row, column, why->text);
}

static void
a_table_is_read_again(void **state)
{
	const struct org_csv x = { rules, no_defect, NULL };
	struct org_row *rows;
	struct arena a;
	struct err e;
	struct buf b;
	size_t n;

	(void)state;
	arena_init(&a, FORM_MAX);
	buf_init(&b, FORM_MAX);
	org_csv_put_headings(&b);
	org_csv_put_row(&b, &odd);
	assert_int_equal(org_csv_parse(&a, &x, b.data, b.len, &rows, &n, &e),
	    0);
	assert_int_equal(n, 1);
	assert_same(&rows[0].values, &odd);
	assert_int_equal(rows[0].no, 2);
	/* No cell begins with what starts a formula. */
	assert_null(strstr(b.data, ";=") ? b.data : NULL);
	assert_null(strstr(b.data, ";+") ? b.data : NULL);
	assert_null(strstr(b.data, ";@") ? b.data : NULL);
	assert_null(strstr(b.data, ";-") ? b.data : NULL);
	assert_null(strstr(b.data, "\"=") ? b.data : NULL);
	assert_null(strstr(b.data, "\"+") ? b.data : NULL);
	buf_done(&b);
	arena_done(&a);
}

static void
a_secret_address_is_in_no_table(void **state)
{
	const struct org_csv x = { rules, no_defect, NULL };
	struct org_values secret = odd;
	struct org_row *rows;
	struct arena a;
	struct err e;
	struct buf b;
	size_t n;

	(void)state;
	secret.value[ORG_SECRET] = "yes";
	secret.value[ORG_POSTAL_ADDRESS] = "Geheimepad 7";
	arena_init(&a, FORM_MAX);
	buf_init(&b, FORM_MAX);
	org_csv_put_headings(&b);
	org_csv_put_row(&b, &secret);
	assert_null(strstr(b.data, "Geheimepad"));
	assert_null(strstr(b.data, "Plaats;"));
	assert_null(strstr(b.data, "Gravenland"));
	assert_int_equal(org_csv_parse(&a, &x, b.data, b.len, &rows, &n, &e),
	    0);
	/* Nothing is said of it, so what is known stays. */
	assert_null(rows[0].values.value[ORG_PLACE]);
	assert_null(rows[0].values.value[ORG_POSTAL_ADDRESS]);
	assert_null(rows[0].values.value[ORG_REGION]);
	buf_done(&b);
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_named_with_its_place),
		cmocka_unit_test(values_become_canonical),
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(a_table_is_read_again),
		cmocka_unit_test(a_secret_address_is_in_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
