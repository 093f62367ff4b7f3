#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/item.h"
#include "composer/item/diff.h"
#include "composer/item/item.h"
#include "composer/item/privacy.h"

#define CHANGES_MAX ((size_t)1024 * 1024)
#define FINDS_MAX 8

const char *
item_word(const char *code)
{
	static const char *const words[] = { N_("empty"), N_("draft"),
		N_("ready"), N_("outdated"), N_("queued"), N_("parked"),
		N_("dropped"), N_("sent"), N_("expired"), N_("news"),
		N_("event"), N_("organisation"), N_("question"),
		N_("announcement") };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], code) == 0)
			return tr(words[i]);
	return code;
}

static int
row_of(const struct rows *sides, const char *lang)
{
	for (int i = 0; i < sides->n; i++)
		if (strcmp(rows_str(sides, i, "lang"), lang) == 0)
			return i;
	return 0;
}

const char *
item_changes(struct cli *c, const struct rows *sides, int row)
{
	struct diff title, body;
	const char *text;
	struct buf b;
	int source;

	if (rows_null(sides, row, "was_title"))
		return NULL;
	source = row_of(sides, rows_str(sides, row, "source_lang"));
	diff_words(&c->arena, rows_str(sides, row, "was_title"),
	    rows_str(sides, source, "title"), &title);
	diff_words(&c->arena, rows_str(sides, row, "was_body"),
	    rows_str(sides, source, "body"), &body);
	buf_init(&b, CHANGES_MAX);
	(void)diff_write(&b, &title);
	(void)buf_adds(&b, "\n\n");
	(void)diff_write(&b, &body);
	text = arena_memdup(&c->arena, b.data, b.len);
	buf_done(&b);
	return text;
}

static json_t *
sides_json(struct cli *c, const struct rows *sides)
{
	json_t *all = json_array();

	for (int i = 0; i < sides->n; i++) {
		const char *changes = item_changes(c, sides, i);
		json_t *o = json_of_row(sides, i);

		(void)json_object_del(o, "source_lang");
		(void)json_object_del(o, "was_title");
		(void)json_object_del(o, "was_body");
		(void)json_object_set_new(o, "changes",
		    changes != NULL ? json_string(changes) : json_null());
		(void)json_array_append_new(all, o);
	}
	return all;
}

/* One find a line: {"kind": "phone", "lang": "nl", "text": "099 ..."} */
static void
add_finds(json_t *notices, const struct rows *sides)
{
	static const char *const codes[] = {
		[PRIVACY_PHONE] = "phone",
		[PRIVACY_EMAIL] = "email",
		[PRIVACY_NINE_DIGITS] = "nine-digits",
		[PRIVACY_V_NUMBER] = "v-number",
	};
	static const char *const columns[] = { "title", "body" };

	for (int i = 0; i < sides->n; i++)
		for (int k = 0; k < 2; k++) {
			struct privacy_find f[FINDS_MAX];
			size_t n = privacy_scan(rows_str(sides, i, columns[k]),
			    f, FINDS_MAX);

			for (size_t j = 0; j < n; j++)
				(void)json_array_append_new(notices,
				    json_pack("{s:s,s:s,s:s#}", "kind",
					codes[f[j].kind], "lang",
					rows_str(sides, i, "lang"), "text",
					f[j].text, (int)f[j].n));
		}
}

static int
notices_json(struct cli *c, int64_t id, const char *kind,
    const struct rows *sides, json_t **ret, struct err *e)
{
	json_t *notices;
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "item_duplicates", param_int(id)) == -1)
		return -1;
	notices = json_array();
	for (int i = 0; i < r.n; i++)
		(void)json_array_append_new(notices,
		    json_pack("{s:s,s:I,s:s}", "kind", "duplicate", "item",
			(json_int_t)rows_int(&r, i, "id"), "text",
			rows_str(&r, i, "title")));
	rows_done(&r);
	if (strcmp(kind, "news") == 0 || strcmp(kind, "question") == 0)
		add_finds(notices, sides);
	*ret = notices;
	return 0;
}

int
item_json(struct cli *c, int64_t id, json_t **ret, struct err *e)
{
	json_t *item, *head, *notices, *status, *mail;
	struct rows r, sides;

	if (DATABASE_RUN(c->db, &r, e, "item_get", param_int(id)) == -1)
		return -1;
	if (r.n == 0) {
		rows_done(&r);
		return err_set(e, ERR_NOT_FOUND, "There is no item %lld",
		    (long long)id);
	}
	item = json_of_row(&r, 0);
	rows_done(&r);
	if (DATABASE_RUN(c->db, &r, e, "item_list", param_int(id),
		param_text("all"), param_null(), param_null(),
		param_null()) == -1)
		goto fail;
	head = json_of_row(&r, 0);
	rows_done(&r);
	status = json_object_get(head, "status");
	(void)json_object_update(item, head);
	(void)json_object_update(item, status);
	(void)json_object_del(item, "status");
	json_decref(head);
	if (item_mail_json(c, id, &mail, e) == -1)
		goto fail;
	(void)json_object_set_new(item, "mail", mail);
	if (DATABASE_RUN(c->db, &sides, e, "item_sides", param_int(id)) == -1)
		goto fail;
	(void)json_object_set_new(item, "sides", sides_json(c, &sides));
	if (notices_json(c, id,
		json_string_value(json_object_get(item, "kind")), &sides,
		&notices, e) == -1) {
		rows_done(&sides);
		goto fail;
	}
	rows_done(&sides);
	(void)json_object_set_new(item, "notices", notices);
	*ret = item;
	return 0;
fail:
	json_decref(item);
	return -1;
}

/* "nl ready, en empty" */
static const char *
status_line(struct cli *c, const json_t *item)
{
	const json_t *sides = json_object_get(item, "sides");
	const char *line = "";

	for (size_t i = 0; i < json_array_size(sides); i++) {
		const json_t *s = json_array_get(sides, i);

		line = arena_printf(&c->arena, "%s%s%s %s", line,
		    i > 0 ? ", " : "", json_str(s, "lang"),
		    item_word(json_str(s, "status")));
	}
	return line;
}

static void
say_notices(struct cli *c, const json_t *item)
{
	const json_t *notices = json_object_get(item, "notices");

	for (size_t i = 0; i < json_array_size(notices); i++) {
		const json_t *n = json_array_get(notices, i);
		const char *kind = json_str(n, "kind"),
			   *text = json_str(n, "text");

		if (strcmp(kind, "duplicate") == 0)
			say(c,
			    N_("Note: item %lld has the same title or link: %s"),
			    (long long)json_integer_value(
				json_object_get(n, "item")),
			    text);
		else
			say(c,
			    N_("Note: '%s' in the text '%s' looks like %s; may "
			       "everybody know it?"),
			    text, json_str(n, "lang"),
			    tr(privacy_kind_text(strcmp(kind, "phone") == 0
				    ? PRIVACY_PHONE
				    : strcmp(kind, "email") == 0 ? PRIVACY_EMAIL
				    : strcmp(kind, "v-number") == 0
				    ? PRIVACY_V_NUMBER
				    : PRIVACY_NINE_DIGITS)));
	}
}

static void
say_next(struct cli *c, int64_t id, const json_t *item)
{
	const json_t *sides = json_object_get(item, "sides");
	const char *state = json_str(item, "state"), *to = NULL;
	bool ready = false;

	for (size_t i = 0; i < json_array_size(sides); i++) {
		const json_t *s = json_array_get(sides, i);

		if (strcmp(json_str(s, "status"), "ready") == 0)
			ready = true;
		else if (to == NULL &&
		    strcmp(json_str(s, "absence"), "speakers") != 0)
			to = json_str(s, "lang");
	}
	if (strcmp(state, "parked") == 0 || strcmp(state, "dropped") == 0)
		say(c, N_("To bring it back: tweeluik item ready %lld"),
		    (long long)id);
	else if (!ready)
		say(c, N_("Next: tweeluik item ready %lld"), (long long)id);
	else if (to != NULL)
		say(c, N_("Next: tweeluik item translate %lld --to %s"),
		    (long long)id, to);
	else
		say(c, N_("Next: tweeluik issue check next"));
}

int
item_finish(struct cli *c, int64_t id, const char *done, bool changed,
    struct err *e)
{
	json_t *item;

	if (item_json(c, id, &item, e) == -1)
		return -1;
	if (c->dry_run)
		database_rollback(c->db);
	else if (database_commit(c->db, e) == -1) {
		json_decref(item);
		return -1;
	}
	/* TRANSLATORS: "Item 214 is changed: nl ready, en outdated" */
	say(c, N_("Item %lld is %s: %s"), (long long)id,
	    changed ? tr(done) : tr("unchanged"), status_line(c, item));
	say_notices(c, item);
	if (c->dry_run)
		say(c, N_("This was a dry run, so nothing was changed"));
	else
		say_next(c, id, item);
	(void)out_object(c, ITEM_SCHEMA, item);
	return 0;
}
