#include "composer/item/item.h"

#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"

struct item {
	struct database *db;
	struct arena *arena;
	int64_t id;
	const char *kind, *state;
	const char *source; /* language, NULL before a side was ready */
	const struct item_change *change;
	bool changed;
};

/* The row, locked; what was sent or changed meanwhile is refused. */
static int
item_open(struct item *i, struct err *e)
{
	const long long id = (long long)i->id;
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(i->db, &r, e, "item_lock", param_int(i->id)) == -1)
		return -1;
	if (r.n == 0) {
		rc = err_set(e, ERR_NOT_FOUND, "There is no item %lld", id);
	} else if (strcmp(rows_str(&r, 0, "state"), "sent") == 0) {
		(void)err_set(e, ERR_REFUSED,
		    "Item %lld was sent and can no longer be changed", id);
		rc = err_slug(e, "sent");
	} else if (i->change->revision != 0 &&
	    i->change->revision != rows_int(&r, 0, "revision")) {
		(void)err_set(e, ERR_CONFLICT,
		    "Item %lld was changed meanwhile by %s", id,
		    rows_str(&r, 0, "changed_by"));
		rc = err_hint(e, N_("Look again: tweeluik item show %lld"), id);
	} else {
		i->kind = arena_strdup(i->arena, rows_str(&r, 0, "kind"));
		i->state = arena_strdup(i->arena, rows_str(&r, 0, "state"));
		i->source = rows_null(&r, 0, "source_lang")
		    ? NULL
		    : arena_strdup(i->arena, rows_str(&r, 0, "source_lang"));
	}
	rows_done(&r);
	return rc;
}

static int
log_activity(struct item *i, const char *action, const char *detail,
    struct err *e)
{
	return DATABASE_DO(i->db, e, "activity_add",
	    param_text(i->change->actor), param_text("item"), param_int(i->id),
	    param_text(action), param_text(detail));
}

/*
 * Fields
 */
static int
find_issue(struct item *i, const struct item_form *f, const char **ret,
    struct err *e)
{
	const char *v = f->value[ITEM_ISSUE];
	struct rows r;

	*ret = v;
	if (v == NULL || v[0] == '\0')
		return 0;
	if (strcmp(v, "next") == 0) {
		*ret = "";
		return 0;
	}
	if (DATABASE_RUN(i->db, &r, e, "item_issue_by_name", param_text(v)) ==
	    -1)
		return -1;
	if (r.n > 0)
		*ret = arena_strdup(i->arena, rows_str(&r, 0, "id"));
	rows_done(&r);
	if (*ret != v)
		return 0;
	(void)err_set(e, ERR_NOT_FOUND, "there is no open issue %s", v);
	return item_form_at(f, ITEM_ISSUE, e);
}

static int
find_organisation(struct item *i, const struct item_form *f, const char **ret,
    struct err *e)
{
	const char *v = f->value[ITEM_ORGANISATION];
	struct rows r;
	int n;

	*ret = v;
	if (v == NULL || v[0] == '\0')
		return 0;
	if (DATABASE_RUN(i->db, &r, e, "item_organisation_by_name",
		param_text(v)) == -1)
		return -1;
	n = r.n;
	if (n == 1)
		*ret = arena_strdup(i->arena, rows_str(&r, 0, "id"));
	rows_done(&r);
	if (n == 1)
		return 0;
	(void)err_set(e, n == 0 ? ERR_NOT_FOUND : ERR_INPUT,
	    n == 0 ? N_("there is no organisation '%s'")
		   : N_("there are more organisations '%s': write the name, "
			"a comma and the place"),
	    v);
	return item_form_at(f, ITEM_ORGANISATION, e);
}

static int
save_fields(struct item *i, const struct item_form *f, struct err *e)
{
	struct param p[2 + ITEM_KEYS] = { param_int(i->id),
		param_text(i->change->actor) };
	/* The order of the parameters of item_update behind the first two. */
	static const enum item_key order[ITEM_KEYS] = { ITEM_KIND, ITEM_TOPIC,
		ITEM_VISIBILITY, ITEM_ISSUE, ITEM_LINK, ITEM_LINK_LANG,
		ITEM_NOT_AFTER, ITEM_START, ITEM_END, ITEM_PLACE, ITEM_ONLINE,
		ITEM_SIGN_UP, ITEM_FORWARD, ITEM_ORGANISATION, ITEM_REGION,
		ITEM_ANSWER_BY, ITEM_NOTE };
	const char *issue, *organisation;

	if (find_issue(i, f, &issue, e) == -1 ||
	    find_organisation(i, f, &organisation, e) == -1)
		return -1;
	for (size_t k = 0; k < ITEM_KEYS; k++)
		p[2 + k] = param_text(order[k] == ITEM_ISSUE ? issue
			: order[k] == ITEM_ORGANISATION	     ? organisation
							: f->value[order[k]]);
	return database_run(i->db, NULL, e, "item_update", p, 2 + ITEM_KEYS);
}

/*
 * Sides
 */
struct side {
	const char *title, *body, *state, *absence;
	int64_t revision, meaning, based_on; /* 0: none */
};

static int
side_load(struct item *i, const char *lang, struct side *ret, struct err *e)
{
	struct rows r;

	*ret = (struct side){ .title = "", .body = "", .state = "draft" };
	if (DATABASE_RUN(i->db, &r, e, "item_side_get", param_int(i->id),
		param_text(lang)) == -1)
		return -1;
	if (r.n > 0) {
		ret->title = arena_strdup(i->arena, rows_str(&r, 0, "title"));
		ret->body = arena_strdup(i->arena, rows_str(&r, 0, "body"));
		ret->state = arena_strdup(i->arena, rows_str(&r, 0, "state"));
		if (!rows_null(&r, 0, "absence"))
			ret->absence =
			    arena_strdup(i->arena, rows_str(&r, 0, "absence"));
		ret->revision = rows_int(&r, 0, "revision");
		ret->meaning = rows_int(&r, 0, "meaning");
		ret->based_on = rows_int(&r, 0, "based_on");
	}
	rows_done(&r);
	return 0;
}

static void
side_merge(struct side *s, const struct item_side *f)
{
	if (f->title != NULL)
		s->title = f->title;
	if (f->body != NULL)
		s->body = f->body;
	if (f->state != NULL)
		s->state = f->state[0] != '\0' ? f->state : "draft";
	if (f->absence != NULL)
		s->absence = f->absence[0] != '\0' ? f->absence : NULL;
	/* Once there is a text it is not missing. */
	if (s->body[0] != '\0')
		s->absence = NULL;
}

static bool
same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

/* A side that somebody says is ready: the first one becomes the source, any
 * other translates the source as it now is. */
static int
side_mark(struct item *i, const char *lang, struct side *s, struct err *e)
{
	struct rows r;

	if (i->source == NULL) {
		i->source = lang;
		return DATABASE_DO(i->db, e, "item_set_source",
		    param_int(i->id), param_text(lang),
		    param_text(i->change->actor));
	}
	if (strcmp(i->source, lang) == 0)
		return 0;
	if (DATABASE_RUN(i->db, &r, e, "item_source_meaning",
		param_int(i->id)) == -1)
		return -1;
	s->based_on = rows_int(&r, 0, "meaning");
	rows_done(&r);
	return 0;
}

static int
side_put(struct item *i, const char *lang, const struct side *s, bool text,
    struct err *e)
{
	if (DATABASE_DO(i->db, e, "item_side_put", param_int(i->id),
		param_text(lang), param_text(s->title), param_text(s->body),
		param_text(s->state), param_text(s->absence),
		param_int(s->revision), param_int(s->meaning),
		s->based_on != 0 ? param_int(s->based_on) : param_null(),
		param_text(i->change->actor)) == -1)
		return -1;
	return !text
	    ? 0
	    : DATABASE_DO(i->db, e, "item_side_history", param_int(i->id),
		  param_text(lang), param_int(s->revision),
		  param_text(s->title), param_text(s->body),
		  param_bool(i->change->small), param_text(i->change->actor));
}

/* confirm: State: ready counts although nothing changed. */
static int
save_side(struct item *i, const struct item_side *f, bool confirm,
    struct err *e)
{
	struct side old, s;
	bool text, ready;

	if (side_load(i, f->lang, &old, e) == -1)
		return -1;
	s = old;
	side_merge(&s, f);
	text = old.revision == 0 || !same(old.title, s.title) ||
	    !same(old.body, s.body);
	ready = strcmp(s.state, "ready") == 0 && f->state != NULL &&
	    (text || confirm || strcmp(old.state, "ready") != 0);
	if (text) {
		s.revision++;
		if (!i->change->small || s.meaning == 0)
			s.meaning = s.revision;
	}
	if (ready && side_mark(i, f->lang, &s, e) == -1)
		return -1;
	if (!text && same(old.state, s.state) && same(old.absence, s.absence) &&
	    old.based_on == s.based_on)
		return 0;
	i->changed = true;
	return side_put(i, f->lang, &s, text, e);
}

/* The source comes first: its new meaning is what the others translate. */
static int
save_sides(struct item *i, const struct item_form *f, struct err *e)
{
	const char *first = i->source;

	for (size_t k = 0; k < f->nsides; k++)
		if (first != NULL && strcmp(f->side[k].lang, first) == 0 &&
		    save_side(i, &f->side[k], false, e) == -1)
			return -1;
	for (size_t k = 0; k < f->nsides; k++)
		if ((first == NULL || strcmp(f->side[k].lang, first) != 0) &&
		    save_side(i, &f->side[k], false, e) == -1)
			return -1;
	return 0;
}

/*
 * Rules that look at the whole
 */
static int
defect_err(const char *slug, const char *lang, int length, struct err *e)
{
	if (strcmp(slug, "no-title") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "Enter a title in one of the languages");
	else if (strcmp(slug, "no-topic") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "News needs a topic before it can be ready");
	else if (strcmp(slug, "no-start") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "An event needs a start before it can be ready");
	else if (strcmp(slug, "no-organisation") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "This needs an organisation before it can be ready");
	else if (strcmp(slug, "long-title") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "The title '%s' is %d characters, use at most %d to be "
		    "ready",
		    lang, length, ITEM_TITLE_READY);
	else if (strcmp(slug, "no-text") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "The text '%s' is empty, so it is not ready", lang);
	else
		(void)err_set(e, ERR_REFUSED,
		    "The text '%s' needs a title to be ready", lang);
	return err_slug(e, slug);
}

static int
check_rules(struct item *i, struct err *e)
{
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(i->db, &r, e, "item_defect", param_int(i->id),
		param_int(ITEM_TITLE_READY)) == -1)
		return -1;
	if (r.n > 0)
		rc = defect_err(rows_str(&r, 0, "defect"),
		    rows_str(&r, 0, "lang"), (int)rows_int(&r, 0, "length"), e);
	rows_done(&r);
	return rc;
}

/* "nl en" */
static const char *
langs_of(struct arena *a, const struct item_form *f)
{
	const char *all = "";

	for (size_t k = 0; k < f->nsides; k++)
		all = arena_printf(a, "%s%s%s", all, k > 0 ? " " : "",
		    f->side[k].lang);
	return all;
}

/* A key of the form has another value than the item. */
static bool
fields_differ(const struct item_form *now, const struct item_form *f)
{
	for (enum item_key k = 0; k < ITEM_KEYS; k++) {
		const char *had = now->value[k] != NULL ? now->value[k] : "";
		const char *want = f->value[k];

		if (k == ITEM_ISSUE && want != NULL &&
		    strcmp(want, "next") == 0)
			want = "";
		if (want != NULL && strcmp(had, want) != 0)
			return true;
	}
	return false;
}

/* The sides before the fields: the fields count the revision up, and only
 * when something changed. */
static int
save(struct item *i, const struct item_form *f, const char *action,
    struct err *e)
{
	const char *detail = langs_of(i->arena, f);
	struct item_form now;
	int64_t revision;

	if (i->change->small)
		detail = arena_printf(i->arena, "%s (small)", detail);
	if (item_form_of(i->db, i->arena, i->id, &now, &revision, e) == -1 ||
	    save_sides(i, f, e) == -1)
		return -1;
	i->changed = i->changed || fields_differ(&now, f);
	if (!i->changed)
		return 0;
	if (save_fields(i, f, e) == -1 || check_rules(i, e) == -1)
		return -1;
	return log_activity(i, action, detail, e);
}

int
item_add(struct database *d, struct arena *a, const struct item_form *f,
    const struct item_change *c, int64_t *ret_id, struct err *e)
{
	struct item i = { .db = d, .arena = a, .change = c, .changed = true };
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "item_insert",
		param_text(f->value[ITEM_KIND]),
		param_text(f->value[ITEM_VISIBILITY]),
		param_text(c->actor)) == -1)
		return -1;
	i.id = rows_int(&r, 0, "id");
	rows_done(&r);
	if (save(&i, f, "added", e) == -1)
		return -1;
	*ret_id = i.id;
	return 0;
}

int
item_edit(struct database *d, struct arena *a, int64_t id,
    const struct item_form *f, const struct item_change *c, bool *ret_changed,
    struct err *e)
{
	struct item i = { .db = d, .arena = a, .id = id, .change = c };

	if (item_open(&i, e) == -1)
		return -1;
	if (strcmp(i.state, "dropped") == 0) {
		(void)err_set(e, ERR_REFUSED, "Item %lld was dropped",
		    (long long)id);
		return err_hint(e,
		    N_("Bring it back: tweeluik item ready %lld"),
		    (long long)id);
	}
	if (save(&i, f, c->translation ? "translated" : "edited", e) == -1)
		return -1;
	*ret_changed = i.changed;
	return 0;
}

/* The drafts that are complete; an outdated side waits for somebody to look. */
static int
ready_drafts(struct item *i, const char **ret_langs, struct err *e)
{
	struct rows r;
	int rc = 0;

	*ret_langs = "";
	if (DATABASE_RUN(i->db, &r, e, "item_sides", param_int(i->id)) == -1)
		return -1;
	for (int k = 0; k < r.n && rc == 0; k++) {
		struct item_side f = { .state = "ready" };

		if (strcmp(rows_str(&r, k, "state"), "draft") != 0 ||
		    rows_str(&r, k, "title")[0] == '\0' ||
		    strcmp(rows_str(&r, k, "status"), "empty") == 0)
			continue;
		f.lang = arena_strdup(i->arena, rows_str(&r, k, "lang"));
		*ret_langs = arena_printf(i->arena, "%s%s%s", *ret_langs,
		    **ret_langs != '\0' ? " " : "", f.lang);
		rc = save_side(i, &f, true, e);
	}
	rows_done(&r);
	return rc;
}

int
item_ready(struct database *d, struct arena *a, int64_t id, const char *lang,
    const struct item_change *c, bool *ret_changed, struct err *e)
{
	struct item i = { .db = d, .arena = a, .id = id, .change = c };
	struct item_side f = { .lang = lang, .state = "ready" };
	const char *langs = lang;
	bool back;

	if (item_open(&i, e) == -1)
		return -1;
	back = strcmp(i.state, "queued") != 0;
	if ((lang != NULL ? save_side(&i, &f, true, e)
			  : ready_drafts(&i, &langs, e)) == -1)
		return -1;
	if (c->small &&
	    DATABASE_DO(d, e, "item_translations_valid", param_int(id),
		param_text(c->actor)) == -1)
		return -1;
	*ret_changed = i.changed || back || c->small;
	if (!*ret_changed)
		return 0;
	if (DATABASE_DO(d, e, "item_set_state", param_int(id),
		param_text("queued"), param_text(c->actor)) == -1 ||
	    check_rules(&i, e) == -1)
		return -1;
	if (back && log_activity(&i, "restored", "", e) == -1)
		return -1;
	return !i.changed ? 0 : log_activity(&i, "ready", langs, e);
}

int
item_put_away(struct database *d, int64_t id, const char *state,
    const struct item_change *c, bool *ret_changed, struct err *e)
{
	struct arena a;
	struct item i = { .db = d, .arena = &a, .id = id, .change = c };
	int rc = -1;

	arena_init(&a, 65536);
	if (item_open(&i, e) == -1)
		goto out;
	*ret_changed = strcmp(i.state, state) != 0;
	if (!*ret_changed)
		rc = 0;
	else if (DATABASE_DO(d, e, "item_set_state", param_int(id),
		     param_text(state), param_text(c->actor)) == 0)
		rc = log_activity(&i, state, "", e);
out:
	arena_done(&a);
	return rc;
}
