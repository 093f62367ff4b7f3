#include "composer/item/item.h"

#include <string.h>

#include "base/arena.h"
#include "base/database.h"
#include "base/err.h"

/* The one column of a query, NULL-terminated. */
static int
load_list(struct database *d, struct arena *a, const char *query,
    const char *column, const char *const **ret, struct err *e)
{
	const char **list;
	struct rows r;

	if (database_run(d, &r, e, query, NULL, 0) == -1)
		return -1;
	list = arena_alloc(a, ((size_t)r.n + 1) * sizeof(*list));
	for (int i = 0; i < r.n; i++)
		list[i] = arena_strdup(a, rows_str(&r, i, column));
	rows_done(&r);
	*ret = list;
	return 0;
}

int
item_form_context(struct database *d, struct arena *a, const char *file,
    struct item_form_context *ret, struct err *e)
{
	struct item_form_context x = { .file = file };
	struct rows r;

	if (load_list(d, a, "item_langs", "code", &x.langs, e) == -1 ||
	    load_list(d, a, "item_topics", "slug", &x.topics, e) == -1 ||
	    database_run(d, &r, e, "item_today", NULL, 0) == -1)
		return -1;
	x.today = arena_strdup(a, rows_str(&r, 0, "today"));
	rows_done(&r);
	*ret = x;
	return 0;
}

static const char *const columns[ITEM_KEYS] = {
	[ITEM_KIND] = "kind",
	[ITEM_TOPIC] = "topic",
	[ITEM_VISIBILITY] = "visibility",
	[ITEM_ISSUE] = "issue",
	[ITEM_LINK] = "link",
	[ITEM_LINK_LANG] = "link_lang",
	[ITEM_NOT_AFTER] = "not_after",
	[ITEM_START] = "starts_at",
	[ITEM_END] = "ends_at",
	[ITEM_PLACE] = "place",
	[ITEM_ONLINE] = "online",
	[ITEM_SIGN_UP] = "sign_up",
	[ITEM_FORWARD] = "may_forward",
	[ITEM_ORGANISATION] = "organisation",
	[ITEM_REGION] = "region",
	[ITEM_ANSWER_BY] = "answer_by",
	[ITEM_NOTE] = "note",
};

static void
fill_sides(struct arena *a, const struct rows *r, struct item_form *f)
{
	for (int i = 0; i < r->n && f->nsides < ITEM_SIDES_MAX; i++) {
		struct item_side *s = &f->side[f->nsides];

		if (rows_null(r, i, "revision"))
			continue;
		f->nsides++;
		s->lang = arena_strdup(a, rows_str(r, i, "lang"));
		s->title = arena_strdup(a, rows_str(r, i, "title"));
		s->state = arena_strdup(a, rows_str(r, i, "state"));
		s->absence = rows_null(r, i, "absence")
		    ? NULL
		    : arena_strdup(a, rows_str(r, i, "absence"));
		s->body = arena_strdup(a, rows_str(r, i, "body"));
	}
}

int
item_form_of(struct database *d, struct arena *a, int64_t id,
    struct item_form *ret, int64_t *ret_revision, struct err *e)
{
	struct item_form f = { .file = "" };
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "item_get", param_int(id)) == -1)
		return -1;
	if (r.n == 0) {
		rows_done(&r);
		return err_set(e, ERR_NOT_FOUND, "There is no item %lld",
		    (long long)id);
	}
	for (enum item_key k = 0; k < ITEM_KEYS; k++)
		if (item_key_applies(k, rows_str(&r, 0, "kind")))
			f.value[k] =
			    arena_strdup(a, rows_str(&r, 0, columns[k]));
	*ret_revision = rows_int(&r, 0, "revision");
	rows_done(&r);
	if (DATABASE_RUN(d, &r, e, "item_sides", param_int(id)) == -1)
		return -1;
	fill_sides(a, &r, &f);
	rows_done(&r);
	*ret = f;
	return 0;
}
