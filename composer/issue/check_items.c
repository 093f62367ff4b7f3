#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "base/text.h"
#include "composer/edition/markdown.h"
#include "composer/issue/check_add.h"
#include "composer/issue/issue.h"
#include "composer/item/privacy.h"

#define FINDS_MAX 8

/* How the contents look to a reader of one language. */
struct side_count {
	const char *lang;
	int items, other; /* other: in the other language */
};

static const char *
edit(struct check *ck, int64_t item)
{
	return arena_printf(ck->arena, "tweeluik item edit %lld",
	    (long long)item);
}

static const char *
translate(struct check *ck, int64_t item, const char *lang)
{
	return arena_printf(ck->arena, "tweeluik item translate %lld --to %s",
	    (long long)item, lang);
}

/* Each kind of find once an item, without repeating it here. */
static void
personal_data(struct check *ck, int64_t item, const char *text, unsigned *seen)
{
	struct privacy_find finds[FINDS_MAX];
	size_t n = privacy_scan(text, finds, FINDS_MAX);

	for (size_t i = 0; i < n && i < FINDS_MAX; i++) {
		unsigned bit = 1u << finds[i].kind;

		if ((*seen & bit) == 0)
			check_add(ck, CHECK_WARNING, "personal-data", item,
			    edit(ck, item),
			    N_("There is %s in the text; may it be mailed?"),
			    catalogue_text(ck->lang,
				privacy_kind_text(finds[i].kind)));
		*seen |= bit;
	}
}

static void
leftover(struct check *ck, int64_t item, const char *fix, const char *text)
{
	const char *word = check_leftover(text);

	if (word != NULL)
		check_add(ck, CHECK_BLOCKING, "leftover", item, fix,
		    N_("The text still has '%s' in it"), word);
}

/* What concerns one side of an item. */
static void
side(struct check *ck, const struct rows *r, int row, struct side_count *count)
{
	int64_t item = rows_int(r, row, "item_id");
	const char *lang = rows_str(r, row, "lang");
	const char *status = rows_str(r, row, "status");
	bool missing =
	    strcmp(status, "empty") == 0 || strcmp(status, "draft") == 0;
	bool left_out =
	    missing && strcmp(rows_str(r, row, "absence"), "speakers") == 0;

	count->lang = lang;
	count->items += !left_out;
	count->other += missing && !left_out;
	/* What is urgent does not wait for a translation. */
	if (rows_str(r, row, "title")[0] == '\0')
		check_add(ck,
		    ck->issue->kind == SPECIAL_URGENT ? CHECK_WARNING
						      : CHECK_BLOCKING,
		    "title-missing", item, translate(ck, item, lang),
		    N_("The title in %s is missing"), check_language(ck, lang));
	if (strcmp(status, "outdated") == 0)
		check_add(ck, CHECK_WARNING, "translation-outdated", item,
		    translate(ck, item, lang),
		    N_("The text in %s is older than what it translates"),
		    check_language(ck, lang));
	leftover(ck, item, edit(ck, item), rows_str(r, row, "title"));
	leftover(ck, item, edit(ck, item), rows_str(r, row, "body"));
}

struct body {
	struct check *ck;
	int64_t item;
};

/* A link of another kind loses its address when the text is rendered, so
 * nothing later would show that it was there. */
static void
body_link(void *arg, const char *url)
{
	const struct body *b = arg;

	if (!markdown_url_fits(url))
		check_add(b->ck, CHECK_BLOCKING, "link-scheme", b->item,
		    edit(b->ck, b->item),
		    N_("The link '%s' does not start with https:// or "
		       "mailto:"),
		    url);
}

/* Rows first to last are the sides of one item. */
static void
item(struct check *ck, const struct rows *r, int first, int last,
    struct side_count *counts)
{
	int64_t id = rows_int(r, first, "item_id");
	const char *kind = rows_str(r, first, "kind");
	bool text =
	    strcmp(kind, "event") == 0 || strcmp(kind, "organisation") == 0;
	struct body body = { ck, id };
	bool title = false;
	unsigned seen = 0;

	for (int row = first; row <= last; row++) {
		side(ck, r, row, &counts[row - first]);
		personal_data(ck, id, rows_str(r, row, "title"), &seen);
		personal_data(ck, id, rows_str(r, row, "body"), &seen);
		markdown_each_link(rows_str(r, row, "body"), body_link, &body);
		text |= rows_str(r, row, "body")[0] != '\0';
		title |= rows_str(r, row, "title")[0] != '\0';
	}
	if (ck->issue->kind == SPECIAL_URGENT && !title)
		check_add(ck, CHECK_BLOCKING, "title-missing", id, edit(ck, id),
		    N_("There is no title in any language"));
	if (!text)
		check_add(ck, CHECK_BLOCKING, "text-missing", id, edit(ck, id),
		    N_("There is no text in any language"));
	if (rows_bool(r, first, "office"))
		check_add(ck, CHECK_BLOCKING, "visibility", id, edit(ck, id),
		    N_("This item is for the office only"));
	if (rows_bool(r, first, "past"))
		check_add(ck, CHECK_WARNING, "event-past", id, edit(ck, id),
		    N_("This event is over on the day of sending"));
	if (!rows_null(r, first, "link"))
		check_link(ck, rows_str(r, first, "link"), id);
	if (!rows_null(r, first, "sign_up"))
		check_link(ck, rows_str(r, first, "sign_up"), id);
}

static void
other_language(struct check *ck, const struct side_count *c)
{
	if (c->items > 0 && c->other == c->items)
		check_add(ck, CHECK_WARNING, "language-missing", 0, NULL,
		    N_("The whole issue is missing in %s"),
		    check_language(ck, c->lang));
	else if (c->other * 4 > c->items)
		check_add(ck, CHECK_WARNING, "other-language", 0, NULL,
		    strcmp(c->lang, "nl") == 0
			? N_("The Dutch edition is in English for %d of %d "
			     "items")
			: N_("The English edition is in Dutch for %d of %d "
			     "items"),
		    c->other, c->items);
	else
		check_add(ck, CHECK_OK, "language", 0, NULL,
		    N_("Items in %s: %d of %d"), check_language(ck, c->lang),
		    c->items - c->other, c->items);
}

static int
items(struct check *ck, struct database *d, int *ret_n, struct err *e)
{
	struct side_count counts[8] = { 0 };
	struct rows r;
	int nlangs = 0;

	if (DATABASE_RUN(d, &r, e, "check_items", param_int(ck->issue->id)) ==
	    -1)
		return -1;
	*ret_n = 0;
	for (int row = 0, last; row < r.n; row = last + 1) {
		int64_t n = rows_int(&r, row, "n");

		last = row;
		while (last + 1 < r.n && rows_int(&r, last + 1, "n") == n &&
		    last - row < 7)
			last++;
		nlangs = last - row + 1;
		item(ck, &r, row, last, counts);
		(*ret_n)++;
	}
	for (int i = 0; i < nlangs; i++)
		other_language(ck, &counts[i]);
	rows_done(&r);
	return 0;
}

/* A correction has its headline from what it corrects; what is urgent can do
 * with one. */
static void
headline_missing(struct check *ck, const char *lang, const char *fix, bool any)
{
	if (ck->issue->kind == SPECIAL_CORRECTION)
		return;
	check_add(ck,
	    ck->issue->kind == SPECIAL_URGENT && any ? CHECK_WARNING
						     : CHECK_BLOCKING,
	    "headline-missing", 0, fix, N_("The headline in %s is missing"),
	    check_language(ck, lang));
}

static void
opening_missing(struct check *ck, const char *lang)
{
	if (ck->issue->kind == SPECIAL_CORRECTION)
		check_add(ck, CHECK_BLOCKING, "opening-missing", 0,
		    arena_printf(ck->arena,
			"tweeluik issue plan %s --opening-%s TEXT",
			ck->issue->name, lang),
		    N_("The opening words in %s are missing: what was wrong, "
		       "and what is right"),
		    check_language(ck, lang));
}

static int
texts(struct check *ck, struct database *d, struct err *e)
{
	struct rows r;
	bool any = false;

	if (DATABASE_RUN(d, &r, e, "check_texts", param_int(ck->issue->id)) ==
	    -1)
		return -1;
	for (int i = 0; i < r.n; i++)
		any |= rows_str(&r, i, "headline")[0] != '\0';
	for (int i = 0; i < r.n; i++) {
		const char *lang = rows_str(&r, i, "lang");
		const char *headline = rows_str(&r, i, "headline");
		size_t length = text_length(headline);
		const char *fix = arena_printf(ck->arena,
		    "tweeluik issue plan %s --headline-%s TEXT",
		    ck->issue->name, lang);

		if (length == 0)
			headline_missing(ck, lang, fix, any);
		if (rows_str(&r, i, "opening")[0] == '\0')
			opening_missing(ck, lang);
		if (length > CHECK_HEADLINE_WARN)
			check_add(ck, CHECK_WARNING, "headline-long", 0, fix,
			    N_("The headline in %s has %zu characters; more "
			       "than %d are cut off in many mail programs"),
			    check_language(ck, lang), length,
			    CHECK_HEADLINE_WARN);
		leftover(ck, 0, fix, headline);
		leftover(ck, 0, fix, rows_str(&r, i, "preheader"));
		leftover(ck, 0, fix, rows_str(&r, i, "opening"));
	}
	rows_done(&r);
	return 0;
}

static int
duplicates(struct check *ck, struct database *d, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "check_duplicates",
		param_int(ck->issue->id)) == -1)
		return -1;
	for (int i = 0; i < r.n; i++) {
		int64_t id = rows_int(&r, i, "item_id");

		check_add(ck, CHECK_WARNING, "duplicate", id, edit(ck, id),
		    N_("Number %s had an item with this title or link"),
		    rows_str(&r, i, "name"));
	}
	rows_done(&r);
	return 0;
}

static int
facts(struct check *ck, struct database *d, int n, struct err *e)
{
	struct rows r;
	int minimum;

	if (DATABASE_RUN(d, &r, e, "check_facts", param_int(ck->issue->id)) ==
	    -1)
		return -1;
	minimum = (int)rows_int(&r, 0, "minimum");
	if (n == 0 && minimum > 0)
		check_add(ck, CHECK_BLOCKING, "no-items", 0,
		    ck->issue->extra
			? arena_printf(ck->arena,
			      "tweeluik item add --issue %s", ck->issue->name)
			: "tweeluik item add",
		    N_("There are no items yet"));
	else if (n < minimum)
		check_add(ck, CHECK_WARNING, "few-items", 0,
		    "tweeluik item add",
		    N_("There are %d items, fewer than %d; send it all the "
		       "same?"),
		    n, minimum);
	if (!rows_bool(&r, 0, "tested"))
		check_add(ck, CHECK_WARNING, "not-tested", 0,
		    arena_printf(ck->arena,
			"tweeluik issue test %s --to ADDRESS", ck->issue->name),
		    N_("No test was sent since the last change"));
	rows_done(&r);
	return 0;
}

int
check_contents(struct check *ck, struct database *d, struct err *e)
{
	int n;

	if (items(ck, d, &n, e) == -1 || texts(ck, d, e) == -1 ||
	    duplicates(ck, d, e) == -1)
		return -1;
	return facts(ck, d, n, e);
}
