#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libxml/parser.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "composer/edition/content.h"
#include "composer/edition/markdown.h"
#include "composer/template/xpath.h"

static const struct config cfg = {
	.name_nl = "Nieuwsbrief",
	.name_en = "Newsletter",
	.sender = "Stichting Voorbeeld",
	.reply_to = "loket+hulp&co@voorbeeld.example",
	.postal_address = "Postbus 1, Voorbeeldstad",
	.base_url = "https://nieuws.example",
	.first_language = "nl",
};

#define SIDE(t, b) \
	{ \
		.topic = "Zorg", .title = (t), .body = (b), .ready = true \
	}
#define NONE(t, why) \
	{ \
		.topic = "Care", .title = (t), .absence = (why) \
	}
#define DRAFT(t, b) \
	{ \
		.topic = "Care", .title = (t), .body = (b) \
	}

static const struct content_organisation linde = {
	.phone = "099 000 31 00",
	.website = "http://www.linde.example/x",
	.capacity_date = "2026-12-01",
};

/* One of each kind of lack, and how each language numbers it. */
static struct content_item items[] = {
	/* nl 1, en 1 */
	{ .id = 1,
	    .kind = "news",
	    .section = "care",
	    .link_lang = "nl",
	    .link = "https://user@www.zorg.example/a?b",
	    .sides = { SIDE("een", "**tekst**"), SIDE("one", "text") } },
	/* nl 2: of use to Dutch speakers only */
	{ .id = 2,
	    .kind = "news",
	    .section = "care",
	    .sides = { SIDE("twee", "tekst"), NONE("two", "speakers") } },
	/* nl 3, en 2: a translation follows */
	{ .id = 3,
	    .kind = "news",
	    .section = "shelter",
	    .sides = { SIDE("drie", "tekst"), NONE("three", "follows") } },
	/* nl 4, en 3: an English draft that nobody called ready */
	{ .id = 4,
	    .kind = "news",
	    .section = "shelter",
	    .sides = { SIDE("vier", "tekst"), DRAFT("four", "secret") } },
	/* nl 5, en 4: from English, without a Dutch title */
	{ .id = 5,
	    .kind = "news",
	    .section = "shelter",
	    .sides = { DRAFT("", ""), SIDE("five", "text") } },
	/* nl 6, en 5 */
	{ .id = 6,
	    .kind = "event",
	    .section = "event",
	    .starts = "2027-01-14T10:00:00",
	    .place = "De Brug",
	    .sign_up = "mailto:cursus@b.example?subject=x",
	    .sides = { SIDE("zes", ""), SIDE("six", "") } },
	/* nl 7, en 6: an aim in Dutch only */
	{ .id = 7,
	    .kind = "organisation",
	    .section = "organisation",
	    .organisation = &linde,
	    .sides = { { .title = "Linde", .aim = "Opvang", .ready = true },
		{ .title = "Linde", .capacity = "6", .ready = true } } },
	/* nl 8, en 7 */
	{ .id = 8,
	    .kind = "question",
	    .section = "question",
	    .reference = "101",
	    .sides = { SIDE("acht", "?"), SIDE("eight", "?") } },
};

static const struct content issue = {
	.name = { .series = "regular", .year = 2026, .number = 12 },
	.planned = "2026-12-10T10:00:00",
	.texts = { { .headline = "kop", .opening = "Beste *lezer*" },
	    { .headline = "head", .preheader = "Written" } },
	.items = items,
	.nitems = sizeof(items) / sizeof(items[0]),
};

struct example {
	const char *edition;
	const char *expression;
	const char *value;
};

static void
check(const struct content *c, const struct config *config,
    const struct example *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct xpath xpath;
		struct err e;
		xmlDocPtr doc;
		xmlChar *value;

		assert_int_equal(content_document(c, config, x[i].edition,
				     "subject", &doc, &e),
		    0);
		xpath_init(&xpath, doc, "en");
		assert_int_equal(xpath_string(&xpath, x[i].expression, &value,
				     &e),
		    0);
		if (strcmp((char *)value, x[i].value) != 0)
			print_message("%s: %s\n", x[i].edition,
			    x[i].expression);
		assert_string_equal((char *)value, x[i].value);
		xmlFree(value);
		xpath_done(&xpath);
		xmlFreeDoc(doc);
	}
}
#define CHECK(c, cfg, x) check(c, cfg, x, sizeof(x) / sizeof((x)[0]))

#define ITEM(lang, n) "//side[@lang='" lang "']//item[@n=" n "]"

static void
what_is_there_is_shown(void **state)
{
	static const struct example examples[] = {
		{ "nl", "count(//side)", "1" },
		{ "nl", "/edition/@lang", "nl" },
		{ "nl", "//side/@label", "Nieuwsbrief 12, 2026" },
		{ "en", "//side/@short", "Newsletter 12" },
		{ "nl", "//opening/p/em", "lezer" },
		{ "en", "count(//opening)", "0" },
		{ "en", "//side/@preheader", "Written" },
		{ "nl", "count(//side/@preheader)", "0" },
		{ "nl", ITEM("nl", "1") "/title", "een" },
		{ "nl", ITEM("nl", "1") "/body/p/strong", "tekst" },
		{ "nl", ITEM("nl", "1") "/@anchor", "nl1" },
		{ "nl", ITEM("nl", "1") "/../@title", "Zorg" },
		{ "nl", "count(//section)", "5" },
		{ "nl", "count(" ITEM("nl", "1") "/link/@lang)", "0" },
		{ "nl", ITEM("nl", "1") "/link/@site", "zorg.example" },
		{ "en", ITEM("en", "1") "/link/@lang", "nl" },
	};

	(void)state;
	CHECK(&issue, &cfg, examples);
}

static void
a_missing_text_falls_back(void **state)
{
	static const struct example examples[] = {
		{ "en", ITEM("en", "2") "/title", "three" },
		{ "en", ITEM("en", "2") "/missing/@only", "nl" },
		{ "en", ITEM("en", "2") "/missing/@follows", "yes" },
		{ "en", ITEM("en", "2") "/body[@lang='nl']/p", "tekst" },
		{ "en", ITEM("en", "3") "/body[@lang='nl']/p", "tekst" },
		{ "en", "count(" ITEM("en", "3") "/missing/@follows)", "0" },
		{ "en", "contains(/, 'secret')", "false" },
		{ "nl", ITEM("nl", "5") "/title[@lang='en']", "five" },
		{ "nl", ITEM("nl", "5") "/body[@lang='en']/p", "text" },
		{ "nl", "count(//missing)", "1" },
		{ "en", "count(//missing)", "2" },
		{ "en", "count(" ITEM("en", "5") "/body)", "0" },
	};

	(void)state;
	CHECK(&issue, &cfg, examples);
}

static void
what_is_for_others_is_left_out(void **state)
{
	static const struct example examples[] = {
		{ "en", "count(//title[.='two'])", "0" },
		{ "en", "//side/@left-out", "1" },
		{ "en", "//side/@items", "7" },
		{ "nl", "//side/@left-out", "0" },
		{ "nl", ITEM("nl", "2") "/title", "twee" },
		{ "both", "count(//title[.='two'])", "0" },
	};
	struct content_counts n;

	(void)state;
	CHECK(&issue, &cfg, examples);
	content_count(&issue, CONTENT_EN, &n);
	assert_int_equal(n.items, 7);
	assert_int_equal(n.texts, 5);
	assert_int_equal(n.fallbacks, 2);
	assert_int_equal(n.left_out, 1);
}

static void
both_says_it_once(void **state)
{
	static const struct example examples[] = {
		{ "both", "count(//side)", "2" },
		{ "both", "//side[1]/@lang", "nl" },
		{ "both", "count(" ITEM("en", "2") "/body)", "0" },
		{ "both", ITEM("en", "2") "/missing/@where", "above" },
		{ "both", ITEM("en", "2") "/missing/@n", "3" },
		{ "both", ITEM("en", "2") "/missing/@anchor", "nl3" },
		{ "both", ITEM("nl", "5") "/missing/@where", "below" },
		{ "both", ITEM("nl", "5") "/missing/@anchor", "en4" },
		{ "both", "//side[2]/@web",
		    "https://nieuws.example/m/\ue005/en" },
		{ "both", "//side[2]/@choose",
		    "https://nieuws.example/t/\ue004/en" },
	};
	static const struct example turned[] = {
		{ "both", "//side[1]/@lang", "en" },
		{ "both", "/edition/@lang", "en" },
		{ "both", ITEM("en", "2") "/missing/@where", "below" },
	};
	struct config english = cfg;

	(void)state;
	english.first_language = "en";
	CHECK(&issue, &cfg, examples);
	CHECK(&issue, &english, turned);
}

static void
kinds_have_their_own(void **state)
{
	static const struct example examples[] = {
		{ "nl", ITEM("nl", "6") "/event/@start",
		    "2027-01-14T10:00:00" },
		{ "nl", ITEM("nl", "6") "/event/sign-up/@address",
		    "cursus@b.example" },
		{ "nl", ITEM("nl", "7") "/organisation/@aim", "Opvang" },
		{ "en", ITEM("en", "6") "/organisation/@aim-only", "nl" },
		{ "en", ITEM("en", "6") "/organisation/@capacity-date",
		    "2026-12-01" },
		{ "nl", "count(//organisation/@capacity-date)", "0" },
		{ "nl", "//organisation/website/@site", "linde.example" },
		{ "nl", "count(//organisation/website/@href)", "0" },
		{ "nl", "//question/@reference", "V-101" },
		{ "nl", "//question/@reply",
		    "mailto:loket+hulp%26co@voorbeeld.example?subject=V-101" },
	};

	(void)state;
	CHECK(&issue, &cfg, examples);
}

static void
an_issue_in_one_language_says_so(void **state)
{
	static struct content_item dutch[] = {
		{ .id = 1,
		    .kind = "news",
		    .section = "care",
		    .sides = { SIDE("een", "tekst"), NONE("one", "follows") } },
	};
	static const struct example examples[] = {
		{ "both", "//side[1]/@untranslated", "" },
		{ "both", "//side[2]/@untranslated", "yes" },
		{ "nl", "//side/@label", "Extra 2026" },
		{ "nl", "//side/@short", "Extra" },
	};
	struct content c = issue;

	(void)state;
	c.items = dutch;
	c.nitems = 1;
	c.name.series = "extra";
	c.name.number = 0; /* not approved, and not the next one */
	CHECK(&c, &cfg, examples);
}

static void
an_invitation_belongs_to_nobody(void **state)
{
	static const struct example examples[] = {
		{ "both", "/edition/@kind", "invitation" },
		{ "both", "//side[1]/@web",
		    "https://nieuws.example/uitnodiging/3-2026" },
		{ "both", "//side[2]/@web",
		    "https://nieuws.example/invitation/3-2026" },
		{ "both",
		    "count(//@choose | //@choose-other | "
		    "//@preferences)",
		    "0" },
		{ "both", "count(//@unsubscribe)", "1" },
		{ "both", "//side[1]/@number", "Extra 3, 2026" },
		{ "both", "//side[2]/@label", "Invitation" },
		{ "both", "//side[1]/@invites", "yes" },
		{ "both", "//side[1]//event/@calendar",
		    "https://nieuws.example/agenda/6.ics" },
		{ "both", "//side[2]//event/@calendar",
		    "https://nieuws.example/events/6.ics" },
	};
	struct content_item public[sizeof(items) / sizeof(items[0])];
	struct content c = issue;

	(void)state;
	memcpy(public, items, sizeof(items));
	for (size_t i = 0; i < c.nitems; i++)
	public[i].public = true;
	c.items = public;
	c.kind = SPECIAL_INVITATION;
	c.name = (struct content_name){ "extra", 3, 2026 };
	CHECK(&c, &cfg, examples);
}

static void
what_is_mailed_only_has_no_calendar(void **state)
{
	static const struct example examples[] = {
		{ "nl", "count(//event)", "1" },
		{ "nl", "count(//@calendar)", "0" },
		{ "nl", "count(/edition/@kind)", "0" },
		{ "nl", "count(//@number)", "0" },
	};

	(void)state;
	CHECK(&issue, &cfg, examples);
}

static void
limits_hold(void **state)
{
	char *text = malloc(MARKDOWN_MAX + 2);
	struct content_item item = items[0];
	struct content c = issue;
	struct err e = { .kind = ERR_NONE };
	xmlDocPtr doc;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', MARKDOWN_MAX + 1);
	text[MARKDOWN_MAX + 1] = '\0';
	item.sides[CONTENT_NL].body = text;
	c.items = &item;
	c.nitems = 1;
	assert_int_equal(content_document(&c, &cfg, "nl", "", &doc, &e), -1);
	assert_string_equal(e.text, "item 1: A text has at most 64 kilobytes");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_shown),
		cmocka_unit_test(a_missing_text_falls_back),
		cmocka_unit_test(what_is_for_others_is_left_out),
		cmocka_unit_test(both_says_it_once),
		cmocka_unit_test(kinds_have_their_own),
		cmocka_unit_test(an_issue_in_one_language_says_so),
		cmocka_unit_test(an_invitation_belongs_to_nobody),
		cmocka_unit_test(what_is_mailed_only_has_no_calendar),
		cmocka_unit_test(limits_hold),
	};

	xmlInitParser();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
