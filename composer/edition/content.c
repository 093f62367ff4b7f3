#include "composer/edition/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/database.h"
#include "base/err.h"

const char *const content_langs[CONTENT_LANGS] = {
	[CONTENT_NL] = "nl",
	[CONTENT_EN] = "en",
};

static int
lang_of(const struct rows *r, int row)
{
	for (int l = 0; l < CONTENT_LANGS; l++)
		if (strcmp(rows_str(r, row, "lang"), content_langs[l]) == 0)
			return l;
	return -1;
}

/* A copy in which U+E000 to U+F8FF became U+FFFD: as many bytes. */
static const char *
text_of(struct arena *a, const struct rows *r, int row, const char *column)
{
	const char *value = rows_text(r, row, column);
	unsigned char *s;

	if (value == NULL)
		return NULL;
	s = (unsigned char *)arena_strdup(a, value);
	for (unsigned char *p = s; *p != '\0'; p++)
		if ((p[0] == 0xee && p[1] >= 0x80) ||
		    (p[0] == 0xef && p[1] >= 0x80 && p[1] <= 0xa3))
			memcpy(p, "\xef\xbf\xbd", 3);
	return (const char *)s;
}

static const struct content_organisation *
organisation_of(struct arena *a, const struct rows *r, int row)
{
	struct content_organisation *o;

	if (!rows_bool(r, row, "has_organisation"))
		return NULL;
	o = arena_alloc(a, sizeof(*o));
	o->place = text_of(a, r, row, "org_place");
	o->address = text_of(a, r, row, "org_address");
	o->contact = text_of(a, r, row, "org_contact");
	o->phone = text_of(a, r, row, "org_phone");
	o->email = text_of(a, r, row, "org_email");
	o->website = text_of(a, r, row, "org_website");
	o->capacity_date = text_of(a, r, row, "org_capacity_date");
	return o;
}

static void
item_of(struct arena *a, const struct rows *r, int row, struct content_item *i)
{
	i->id = rows_int(r, row, "item_id");
	i->kind = text_of(a, r, row, "kind");
	i->section = text_of(a, r, row, "section");
	i->link = text_of(a, r, row, "link");
	i->link_lang = text_of(a, r, row, "link_lang");
	i->starts = text_of(a, r, row, "starts");
	i->ends = text_of(a, r, row, "ends");
	i->place = text_of(a, r, row, "place");
	i->sign_up = text_of(a, r, row, "sign_up");
	i->online = rows_bool(r, row, "online");
	i->may_forward = rows_bool(r, row, "may_forward");
	i->region = text_of(a, r, row, "region");
	i->answer_by = text_of(a, r, row, "answer_by");
	i->reference = text_of(a, r, row, "reference");
	i->public = rows_bool(r, row, "public");
	i->organisation = organisation_of(a, r, row);
}

static void
side_of(struct arena *a, const struct rows *r, int row, struct content_side *s)
{
	s->topic = text_of(a, r, row, "topic");
	s->title = text_of(a, r, row, "title");
	s->body = text_of(a, r, row, "body");
	s->absence = text_of(a, r, row, "absence");
	s->ready = rows_bool(r, row, "ready");
	s->aim = text_of(a, r, row, "aim");
	s->capacity = text_of(a, r, row, "capacity");
}

/* There is no number while an issue that was skipped is looked at. */
static struct content_name
name_of(struct arena *a, const struct rows *r, const char *series,
    const char *number, const char *year)
{
	return (struct content_name){
		.series = text_of(a, r, 0, series),
		.number =
		    rows_null(r, 0, number) ? 0 : (int)rows_int(r, 0, number),
		.year = (int)rows_int(r, 0, year),
	};
}

static int
load_issue(struct database *d, struct arena *a, int64_t issue,
    struct content *c, struct err *e)
{
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(d, &r, e, "content_issue", param_int(issue)) == -1)
		return -1;
	if (r.n == 1) {
		c->name = name_of(a, &r, "series", "number", "year");
		c->kind = special_of(rows_text(&r, 0, "kind"));
		if (c->kind == SPECIAL_CORRECTION)
			c->wrong = name_of(a, &r, "wrong_series",
			    "wrong_number", "wrong_year");
		c->planned = text_of(a, &r, 0, "planned");
		c->mail_date = text_of(a, &r, 0, "mail_date");
	} else
		rc = err_set(e, ERR_NOT_FOUND, "There is no such issue");
	rows_done(&r);
	return rc;
}

static int
load_texts(struct database *d, struct arena *a, int64_t issue,
    struct content *c, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "content_texts", param_int(issue)) == -1)
		return -1;
	for (int row = 0; row < r.n; row++) {
		int l = lang_of(&r, row);

		if (l == -1)
			continue;
		c->texts[l].headline = text_of(a, &r, row, "headline");
		c->texts[l].preheader = text_of(a, &r, row, "preheader");
		c->texts[l].opening = text_of(a, &r, row, "opening");
	}
	rows_done(&r);
	return 0;
}

static int
load_items(struct database *d, struct arena *a, int64_t issue,
    struct content *c, struct err *e)
{
	struct content_item *i = NULL;
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(d, &r, e, "content_items", param_int(issue)) == -1)
		return -1;
	c->items = arena_alloc(a, ((size_t)r.n + 1) * sizeof(c->items[0]));
	for (int row = 0; row < r.n; row++) {
		int l = lang_of(&r, row);

		if (i == NULL || i->id != rows_int(&r, row, "item_id")) {
			i = &c->items[c->nitems++];
			item_of(a, &r, row, i);
		}
		if (l != -1)
			side_of(a, &r, row, &i->sides[l]);
	}
	if (c->nitems > CONTENT_ITEMS_MAX)
		rc = err_set(e, ERR_LIMIT, "An issue has at most %d items",
		    (int)CONTENT_ITEMS_MAX);
	rows_done(&r);
	return rc;
}

int
content_load(struct database *d, struct arena *a, int64_t issue,
    struct content *ret, struct err *e)
{
	struct content c = { .nitems = 0 };

	if (load_issue(d, a, issue, &c, e) == -1 ||
	    load_texts(d, a, issue, &c, e) == -1 ||
	    load_items(d, a, issue, &c, e) == -1)
		return -1;
	*ret = c;
	return 0;
}
