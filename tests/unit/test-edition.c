#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <libxml/parser.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "composer/edition/edition.h"

static const struct config cfg = {
	.name_nl = "Nieuwsbrief",
	.name_en = "Newsletter",
	.sender = "Stichting Voorbeeld",
	.address = "nieuwsbrief@nieuws.example",
	.reply_to = "loket@voorbeeld.example",
	.postal_address = "Postbus 1, Voorbeeldstad",
	.list_id = "nieuws.example",
	.base_url = "https://nieuws.example",
	.unsubscribe_address = "afmelden@nieuws.example",
	.first_language = "nl",
};

static struct content_item items[] = {
	{ .id = 1,
	    .kind = "news",
	    .section = "care",
	    .sides = { { .topic = "Zorg",
			   .title = "T & <i>",
			   .body = "tekst",
			   .ready = true },
		{ .topic = "Care",
		    .title = "title",
		    .body = "text",
		    .ready = true } } },
};

static const struct content issue = {
	.name = { .series = "regular", .year = 2026, .number = 12 },
	.planned = "2026-12-10T10:00:00",
	.mail_date = "Thu, 10 Dec 2026 09:00:00 +0000",
	.texts = { { .headline = "tandarts vergoed" },
	    { .headline = "dental care covered" } },
	.items = items,
	.nitems = 1,
};

static void
make(const struct content *c, const struct config *config, const char *name,
    struct edition *ed)
{
	struct err e = { .text = "" };

	if (edition_make(c, config, name, ed, &e) == -1)
		fail_msg("%s: %s", name, e.text);
}

static void
subjects_are_recognised(void **state)
{
#define LONG "een kop die wel twee regels lang is, en nog langer dan dat"
	static const struct {
		const char *edition, *nl, *en;
		bool neutral;
		const char *subject;
		bool cut;
	} examples[] = {
		{ "nl", "kop", "head", false, "Nieuwsbrief 12: kop", false },
		{ "en", "kop", "head", false, "Newsletter 12: head", false },
		{ "both", "kop", "head", false, "Nieuwsbrief 12: kop | head",
		    false },
		{ "nl", LONG, "head", false, "Nieuwsbrief 12: " LONG, false },
		{ "both", LONG, "head", false,
		    "Nieuwsbrief 12: een kop die wel twee regels lang is... | "
		    "head",
		    true },
		/* forty characters, more bytes */
		{ "both", "éééééééééé éééééééééé éééééééééé ééééééé", "head",
		    false,
		    "Nieuwsbrief 12: éééééééééé éééééééééé éééééééééé ééééééé "
		    "| head",
		    false },
		{ "both", "éééééééééééééééééééééééééééééééééééééééééé", "head",
		    false,
		    "Nieuwsbrief 12: ééééééééééééééééééééééééééééééééééééé... "
		    "| head",
		    true },
		{ "nl", "kop", "head", true, "Nieuwsbrief 12, 2026", false },
		{ "both", "kop", "head", true, "Nieuwsbrief 12, 2026", false },
		{ "en", "kop", "", false, "Newsletter 12, 2026", false },
		{ "both", "kop", NULL, false, "Nieuwsbrief 12: kop", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct content c = issue;
		struct config config = cfg;
		struct edition ed;

		c.texts[CONTENT_NL].headline = examples[i].nl;
		c.texts[CONTENT_EN].headline = examples[i].en;
		config.neutral_subject = examples[i].neutral;
		make(&c, &config, examples[i].edition, &ed);
		assert_string_equal(ed.subject.data, examples[i].subject);
		assert_int_equal(ed.headline_cut, examples[i].cut);
		edition_done(&ed);
	}
}

static void
same_issue_same_bytes(void **state)
{
	static const char *const names[] = { "nl", "en", "both" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct edition a, b;

		make(&issue, &cfg, names[i], &a);
		make(&issue, &cfg, names[i], &b);
		assert_string_equal(a.name, names[i]);
		assert_string_equal(a.html.data, b.html.data);
		assert_string_equal(a.plain.data, b.plain.data);
		assert_int_equal(a.message.bytes.len, b.message.bytes.len);
		assert_memory_equal(a.message.bytes.data, b.message.bytes.data,
		    a.message.bytes.len);
		edition_done(&a);
		edition_done(&b);
	}
}

static void
preview(const struct edition *ed, enum edition_format format, struct buf *out)
{
	struct err e;

	buf_clear(out);
	assert_int_equal(edition_preview(ed, format, out, &e), 0);
	for (const char *p = out->data; *p != '\0'; p++)
		assert_int_equal(slot_at(p), -1);
}

#define PROOF "proefproefproefproefproefproefproefproef"

static void
a_preview_has_no_holes(void **state)
{
	struct edition ed;
	struct buf out;

	(void)state;
	buf_init(&out, EDITION_MAX);
	make(&issue, &cfg, "both", &ed);
	preview(&ed, EDITION_HTML, &out);
	assert_non_null(strstr(out.data, "1. T &amp; &lt;i&gt;</h4>"));
	assert_non_null(
	    strstr(out.data, "href=\"https://nieuws.example/u/" PROOF "\""));
	preview(&ed, EDITION_TEXT, &out);
	assert_non_null(strstr(out.data, "1. T & <i>\n\ntekst\n"));
	assert_non_null(
	    strstr(out.data, "https://nieuws.example/t/" PROOF "/en\n"));
	preview(&ed, EDITION_EML, &out);
	assert_non_null(
	    strstr(out.data, "Date: Thu, 10 Dec 2026 09:00:00 +0000\r\n"));
	assert_non_null(strstr(out.data, "Content-Language: nl, en\r\n"));
	edition_done(&ed);
	buf_done(&out);
}

static void
a_test_says_so(void **state)
{
	struct edition ed;
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, EDITION_MAX);
	make(&issue, &cfg, "en", &ed);
	assert_int_equal(edition_to_test(&ed, &cfg, "14:32", &e), 0);
	assert_string_equal(ed.kind, "test");
	assert_string_equal(ed.subject.data,
	    "[TEST 14:32] Newsletter 12: dental care covered");
	preview(&ed, EDITION_EML, &out);
	assert_non_null(strstr(out.data, "\r\nSubject: [TEST 14:32] "));
	edition_done(&ed);
	buf_done(&out);
}

static void
an_unknown_edition_is_refused(void **state)
{
	struct edition ed;
	struct err e;

	(void)state;
	assert_int_equal(edition_make(&issue, &cfg, "fr", &ed, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subjects_are_recognised),
		cmocka_unit_test(same_issue_same_bytes),
		cmocka_unit_test(a_preview_has_no_holes),
		cmocka_unit_test(a_test_says_so),
		cmocka_unit_test(an_unknown_edition_is_refused),
	};

	if (sodium_init() == -1)
		return 1;
	xmlInitParser();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
