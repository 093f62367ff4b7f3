#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/item/item_form.h"

static const char *const langs[] = { "nl", "en", NULL };
static const char *const topics[] = { "medical-care", "work", NULL };
static const struct item_form_context context = { .file = "x.item",
	.today = "2026-12-01",
	.langs = langs,
	.topics = topics };

static int
parse(struct arena *a, const char *text, size_t n, struct item_form *f,
    struct err *e)
{
	/* A copy of the exact size, so that a sanitiser sees one byte more. */
	char *copy = malloc(n > 0 ? n : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, text, n);
	rc = item_form_parse(a, &context, copy, n, f, e);
	free(copy);
	return rc;
}

static const struct {
	const char *text;
	const char *error; /* with its place */
} refused[] = {
	{ "Topic: medical",
	    "x.item, line 1, Topic: there is no topic 'medical'" },
	{ "# c\n\nTopick: work",
	    "x.item, line 3: there is no key 'Topick' here" },
	{ "Kind: news\nkind: event",
	    "x.item, line 2, Kind: this is here a second time" },
	{ "Kind: gossip",
	    "x.item, line 1, Kind: 'gossip' is not one of: news, event, "
	    "organisation, question, announcement" },
	{ "Just a line",
	    "x.item, line 1: here 'Key: value' is expected, or a section like "
	    "'--- nl'" },
	{ "Not-after: 2027-02-30",
	    "x.item, line 1, Not-after: '2027-02-30' is no date: write "
	    "2027-03-01 or +30d" },
	{ "Kind: event\nStart: 2027-02-03",
	    "x.item, line 2, Start: '2027-02-03' is no date with a time: write "
	    "2027-01-14T10:00 or +30d 10:00" },
	{ "Kind: event\nStart: +1d 10:00\nEnd: +1d 09:59",
	    "x.item, line 3, End: this is before the start" },
	{ "Link: http://a.example",
	    "x.item, line 1, Link: this link does not start with https:// or "
	    "mailto:" },
	{ "Link: https://a.example/a b",
	    "x.item, line 1, Link: this link is not complete, or has a blank "
	    "or quote in it" },
	{ "Link: mailto:",
	    "x.item, line 1, Link: this link is not complete, or has a blank "
	    "or quote in it" },
	{ "Issue: 0",
	    "x.item, line 1, Issue: '0' is no number of an issue and not "
	    "'next'" },
	{ "Start: +1d 10:00",
	    "x.item, line 1, Start: this is for the kind 'event', not for "
	    "'news'" },
	{ "Kind: question\nVisibility: public",
	    "x.item, line 2, Visibility: a question for help is never public: "
	    "choose mail or office" },
	{ "Place: a\tb", "x.item, line 1, Place: there is a tab in it" },
	{ "--- de\n", "x.item, line 1: there is no language 'de'" },
	{ "--- nl\n--- nl\n",
	    "x.item, line 2: the section 'nl' is here a second time" },
	{ "--- nl\nTitle: a\nTitle: b\n",
	    "x.item, line 3, Title: this is here a second time" },
	{ "--- nl\nState: done\n",
	    "x.item, line 2, State: 'done' is not one of: draft, ready" },
	{ "--- nl\nTopic: work\n",
	    "x.item, line 2: there is no key 'Topic' here" },
	{ "Note: a\nNote: \xff",
	    "x.item, line 2: byte 15 of the file is not UTF-8" },
	{ "--- nl\nTitle: a\x01",
	    "x.item, line 2: byte 16 of the file is a control character" },
	{ "--- nl\rTitle: a",
	    "x.item, line 1: byte 7 of the file is a control character" },
	{ "Note: \xee\x80\x80",
	    "x.item, line 1: byte 7 of the file begins a private-use "
	    "character, which cannot be sent" },
};

static void
refuses_with_file_line_and_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct item_form f;
		struct arena a;
		struct err e;

		arena_init(&a, 1 << 20);
		assert_int_equal(parse(&a, refused[i].text,
				     strlen(refused[i].text), &f, &e),
		    -1);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_string_equal(e.text, refused[i].error);
		arena_done(&a);
	}
}

static const char full[] = "# first\n"
			   "Kind: event\n"
			   "Visibility:  mail \n"
			   "Issue: next\n"
			   "Link:\n"
			   "Start: +44d 10:00\n"
			   "End: 2027-01-14 16:30\n"
			   "Online: yes\n"
			   "\n"
			   "--- en\n"
			   "Title: A day\n"
			   "State: ready\n"
			   "\n"
			   "\n"
			   "One.\n"
			   "  \n"
			   "- two  \n"
			   "---\n"
			   "# three\n"
			   "\n"
			   "--- nl\n"
			   "Title: \xc3\x89\xc3\xa9n dag\n"
			   "Only: follows\n";

static void
check_full(const struct item_form *f)
{
	assert_string_equal(f->value[ITEM_KIND], "event");
	assert_string_equal(f->value[ITEM_VISIBILITY], "mail");
	assert_string_equal(f->value[ITEM_LINK], "");
	assert_null(f->value[ITEM_TOPIC]);
	assert_string_equal(f->value[ITEM_START], "2027-01-14T10:00");
	assert_string_equal(f->value[ITEM_END], "2027-01-14T16:30");
	assert_int_equal(f->nsides, 2);
	assert_string_equal(f->side[0].lang, "en");
	assert_string_equal(f->side[0].title, "A day");
	assert_string_equal(f->side[0].state, "ready");
	assert_null(f->side[0].absence);
	assert_string_equal(f->side[0].body, "One.\n\n- two  \n---\n# three");
	assert_string_equal(f->side[1].title, "\xc3\x89\xc3\xa9n dag");
	assert_null(f->side[1].state);
	assert_string_equal(f->side[1].absence, "follows");
	assert_string_equal(f->side[1].body, "");
}

static void
reads_and_writes(void **state)
{
	struct item_form f, again;
	struct arena a;
	struct buf b;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(parse(&a, full, sizeof(full) - 1, &f, &e), 0);
	check_full(&f);
	buf_init(&b, 1 << 20);
	assert_int_equal(item_form_write(&b, &f), 0);
	assert_int_equal(parse(&a, b.data, b.len, &again, &e), 0);
	check_full(&again);
	buf_done(&b);
	arena_done(&a);
}

static void
accepts_crlf_and_byte_order_mark(void **state)
{
	char text[2 * sizeof(full) + 3] = "\xef\xbb\xbf";
	size_t n = 3;
	struct item_form f;
	struct arena a;
	struct err e;

	(void)state;
	for (const char *s = full; *s != '\0'; s++) {
		if (*s == '\n')
			text[n++] = '\r';
		text[n++] = *s;
	}
	arena_init(&a, 1 << 20);
	assert_int_equal(parse(&a, text, n, &f, &e), 0);
	check_full(&f);
	arena_done(&a);
}

/* Cut off anywhere, and with any byte anywhere: an answer, never more. */
static void
survives_every_cut_and_byte(void **state)
{
	char text[sizeof(full)];
	struct item_form f;
	struct arena a;
	struct err e;
	int refusals = 0;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t n = 0; n < sizeof(full); n++) {
		(void)parse(&a, full, n, &f, &e);
		arena_reset(&a);
	}
	for (size_t i = 0; i + 1 < sizeof(full); i++) {
		memcpy(text, full, sizeof(full));
		for (int c = 0; c < 256; c += 3) {
			text[i] = (char)c;
			refusals +=
			    parse(&a, text, sizeof(full) - 1, &f, &e) == -1;
			arena_reset(&a);
		}
	}
	assert_true(refusals > 1000);
	arena_done(&a);
}

static int
parse_long(const char *head, size_t n, size_t most, struct err *e)
{
	char *text = calloc(1, most + 100);
	struct item_form f;
	struct arena a;
	int rc;

	assert_non_null(text);
	(void)strcpy(text, head);
	memset(text + strlen(head), 'x', n);
	arena_init(&a, (size_t)8 << 20);
	rc = parse(&a, text, strlen(text), &f, e);
	arena_done(&a);
	free(text);
	return rc;
}

static void
knows_its_limits(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(parse_long("--- nl\nTitle: ", ITEM_TITLE_MAX, 1000,
			     &e),
	    0);
	assert_int_equal(parse_long("--- nl\nTitle: ", ITEM_TITLE_MAX + 1, 1000,
			     &e),
	    -1);
	assert_string_equal(e.text,
	    "x.item, line 2, Title: this is 301 bytes, at most 300 are "
	    "accepted");
	assert_int_equal(parse_long("Note: ", ITEM_VALUE_MAX, 4000, &e), 0);
	assert_int_equal(parse_long("Note: ", ITEM_VALUE_MAX + 1, 4000, &e),
	    -1);
	assert_int_equal(parse_long("--- nl\n\n", ITEM_BODY_MAX, ITEM_BODY_MAX,
			     &e),
	    0);
	assert_int_equal(parse_long("--- nl\n\n", ITEM_BODY_MAX + 1,
			     ITEM_BODY_MAX, &e),
	    -1);
	assert_string_equal(e.text,
	    "x.item, line 1: the text is longer than the 65536 bytes that are "
	    "accepted");
	assert_int_equal(parse_long("# ", ITEM_FILE_MAX - 2, ITEM_FILE_MAX, &e),
	    0);
	assert_int_equal(parse_long("# ", ITEM_FILE_MAX - 1, ITEM_FILE_MAX, &e),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_with_file_line_and_key),
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(accepts_crlf_and_byte_order_mark),
		cmocka_unit_test(survives_every_cut_and_byte),
		cmocka_unit_test(knows_its_limits),
	};

	return cmocka_run_group_tests_name("item_form", tests, NULL, NULL);
}
