#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/editor.h"
#include "composer/cli/item.h"
#include "composer/item/item.h"

#define FORM_MAX ((size_t)4 * 1024 * 1024)

/* A form on its way from a person to the database. */
struct task {
	struct cli *c;
	const struct cli_args *args;
	struct item_form_context x;
	struct item_form form;
	const char *kept; /* file with what was typed, NULL for --file */
};

/* Each line of text behind "# ". */
static void
add_comment(struct buf *b, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		(void)buf_addf(b, n > 0 ? "# %.*s\n" : "#%.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void
add_help(struct task *t, struct buf *b)
{
	const char *topics = "";

	for (size_t i = 0; t->x.topics[i] != NULL; i++)
		topics = arena_printf(&t->c->arena, "%s%s%s", topics,
		    i > 0 ? ", " : "", t->x.topics[i]);
	add_comment(b,
	    tr("Lines with # are left out. A key with nothing behind it is "
	       "empty.\n"
	       "Kind: news, event, organisation, question, announcement\n"
	       "Visibility: public, mail (not on the web), office (never "
	       "sent)\n"
	       "Issue: a number or next. Dates: 2027-03-01 or +30d\n"
	       "An event has Start: 2027-01-14T10:00, End:, Place:, Online: "
	       "yes, Sign-up:, Forward: yes\n"
	       "A question has Region: and Answer-by:, an organisation "
	       "Organisation:\n"
	       "State: draft or ready. Only: follows (the translation comes "
	       "later)\n"
	       "or speakers (of use to readers of the other language only)\n"
	       "Text: blank line, - list, 1. list, [text](https://...), "
	       "**bold**, > quote"));
	add_comment(b, tr("Topics:"));
	add_comment(b, topics);
}

/* From --file or the editor.  1 parsed, 0 left as it was. */
static int
obtain(struct task *t, const char *form, struct err *e)
{
	const char *file = args_value(t->args, "file");
	char *text;
	size_t n;
	int rc = 1;

	if (file != NULL) {
		if (editor_read_file(t->c, file, &text, &n, e) == -1)
			return -1;
		t->x.file =
		    strcmp(file, "-") == 0 ? tr("standard input") : file;
	} else {
		rc = editor_edit(t->c, form, &text, &n, &t->kept, e);
		if (rc != 1)
			return rc;
		t->x.file = t->kept;
	}
	return item_form_parse(&t->c->arena, &t->x, text, n, &t->form, e) == -1
	    ? -1
	    : 1;
}

/* How every task ends, whatever became of it. */
static int
end(struct task *t, int rc, struct err *e)
{
	if (rc == -1) {
		database_rollback(t->c->db);
		if (t->kept != NULL)
			(void)err_hint(e,
			    N_("Your text is kept in %s; correct it and add "
			       "--file with that name"),
			    t->kept);
	} else if (t->kept != NULL) {
		editor_forget(t->kept);
	}
	return rc;
}

static int
left_as_it_was(struct cli *c)
{
	say(c, N_("The form was left as it was, so nothing was changed"));
	return 0;
}

/* --topic and --issue win over the file. */
static int
option_value(struct task *t, const char *option, enum item_key key,
    struct err *e)
{
	const char *v = args_value(t->args, option);

	if (v == NULL)
		return 0;
	if (item_key_check(key, &t->c->arena, &t->x, &v, e) == -1)
		return err_prefix(e, "--%s", option);
	t->form.value[key] = v;
	t->form.line[key] = 0;
	return 0;
}

/* Every side with a text, or that needs none, when --ready was given. */
static void
mark_ready(struct task *t)
{
	for (size_t i = 0; i < t->form.nsides; i++)
		if (t->form.side[i].absence == NULL ||
		    t->form.side[i].body[0] != '\0')
			t->form.side[i].state = "ready";
}

static int
start(struct task *t, struct cli *c, const struct cli_args *a, struct err *e)
{
	*t = (struct task){ .c = c, .args = a };
	if (cli_database(c, e) == -1)
		return -1;
	return item_form_context(c->db, &c->arena, "", &t->x, e);
}

static const char *
write_form(struct task *t, struct buf *b, const struct item_form *f,
    struct err *e)
{
	const char *text;

	(void)buf_addc(b, '\n');
	(void)item_form_write(b, f);
	text = arena_memdup(&t->c->arena, b->data, b->len);
	if (buf_full(b)) {
		(void)err_set(e, ERR_LIMIT, "The form has become too large");
		text = NULL;
	}
	buf_done(b);
	return text;
}

/*
 * add
 */
static const char *
empty_form(struct task *t, struct err *e)
{
	struct item_form f = { .value = { [ITEM_KIND] = "news",
				   [ITEM_TOPIC] = "",
				   [ITEM_VISIBILITY] = "public",
				   [ITEM_ISSUE] = "",
				   [ITEM_LINK] = "",
				   [ITEM_LINK_LANG] = "",
				   [ITEM_NOT_AFTER] = "",
				   [ITEM_NOTE] = "" },
		.side = { { .title = "",
		    .state = args_flag(t->args, "ready") ? "ready" : "draft",
		    .body = "" } },
		.nsides = 1 };
	const char *topic = args_value(t->args, "topic");
	const char *issue = args_value(t->args, "issue");
	struct buf b;

	f.side[0].lang = t->c->lang;
	if (topic != NULL)
		f.value[ITEM_TOPIC] = topic;
	if (issue != NULL)
		f.value[ITEM_ISSUE] = issue;
	buf_init(&b, FORM_MAX);
	add_help(t, &b);
	return write_form(t, &b, &f, e);
}

/* A rule that looks at the whole says which field it missed; say where that
 * stands in what was read. */
static int
place(struct task *t, struct err *e)
{
	static const struct {
		const char *slug;
		const char *field;
	} fields[] = { { "no-title", "Title" }, { "long-title", "Title" },
		{ "no-topic", "Topic" }, { "no-start", "Start" },
		{ "no-organisation", "Organisation" } };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(err_word(e), fields[i].slug) == 0)
			return err_prefix(e, N_("%s, line %d, %s"), t->x.file,
			    strcmp(fields[i].field, "Title") == 0 &&
				    t->form.nsides > 0
				? t->form.side[0].line
				: 1,
			    fields[i].field);
	return -1;
}

static int
add(struct task *t, struct err *e)
{
	const struct item_change change = { .actor = t->c->actor };
	int64_t id;

	if (option_value(t, "topic", ITEM_TOPIC, e) == -1 ||
	    option_value(t, "issue", ITEM_ISSUE, e) == -1)
		return -1;
	if (args_flag(t->args, "ready"))
		mark_ready(t);
	if (database_begin(t->c->db, e) == -1 ||
	    item_add(t->c->db, &t->c->arena, &t->form, &change, &id, e) == -1)
		return place(t, e);
	return item_finish(t->c, id, N_("added"), true, e);
}

int
cli_item_add(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct task t;
	const char *form;
	int rc;

	if (start(&t, c, a, e) == -1 || (form = empty_form(&t, e)) == NULL)
		return -1;
	rc = obtain(&t, form, e);
	if (rc == 0)
		return left_as_it_was(c);
	if (rc == 1)
		rc = add(&t, e);
	return end(&t, rc, e);
}

/*
 * edit
 */
static int
edit(struct task *t, int64_t id, struct item_change *change, struct err *e)
{
	bool changed = false;

	if (database_begin(t->c->db, e) == -1 ||
	    item_edit(t->c->db, &t->c->arena, id, &t->form, change, &changed,
		e) == -1)
		return place(t, e);
	return item_finish(t->c, id,
	    change->translation ? N_("translated") : N_("changed"), changed, e);
}

int
cli_item_edit(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct item_change change = { .actor = c->actor,
		.small = args_flag(a, "small") };
	struct item_form now;
	struct task t;
	struct buf b;
	const char *form;
	int64_t id, revision;
	int rc;

	if (item_word_id(a, &id, e) == -1 ||
	    args_int(a, "revision", 1, INT32_MAX, &change.revision, e) == -1 ||
	    start(&t, c, a, e) == -1 ||
	    item_form_of(c->db, &c->arena, id, &now, &revision, e) == -1)
		return -1;
	t.x.kind = now.value[ITEM_KIND];
	/* Who edits has seen this revision; a file comes from anywhere. */
	if (change.revision == 0 && args_value(a, "file") == NULL)
		change.revision = revision;
	buf_init(&b, FORM_MAX);
	add_help(&t, &b);
	form = write_form(&t, &b, &now, e);
	rc = form == NULL ? -1 : obtain(&t, form, e);
	if (rc == 0)
		return left_as_it_was(c);
	if (rc == 1)
		rc = edit(&t, id, &change, e);
	return end(&t, rc, e);
}

/*
 * translate
 */

/* The item and language that --next, --to and the number mean.  0: nothing
 * waits. */
static int
choose_side(struct task *t, int64_t *id, const char **to, struct err *e)
{
	struct rows r;
	int found;

	*id = 0;
	*to = args_value(t->args, "to");
	if (*to != NULL && item_key_choose(t->x.langs, *to, e) == -1)
		return err_prefix(e, "--to");
	if (t->args->nwords == 1 && item_word_id(t->args, id, e) == -1)
		return -1;
	if ((*id != 0) == args_flag(t->args, "next"))
		return err_set(e, ERR_USAGE,
		    "Say which item: its number, or --next");
	if (*id != 0 && *to != NULL)
		return 1;
	if (DATABASE_RUN(t->c->db, &r, e, "item_to_translate",
		*id != 0 ? param_int(*id) : param_null(),
		param_text(*to)) == -1)
		return -1;
	found = r.n > 0;
	if (found) {
		*id = rows_int(&r, 0, "item_id");
		*to = arena_strdup(&t->c->arena, rows_str(&r, 0, "lang"));
	}
	rows_done(&r);
	return found;
}

/* The source as comment lines, what changed in it, and the side to write. */
static const char *
translation_form(struct task *t, int64_t id, const char *to, struct err *e)
{
	struct item_form f = { .side = { { .lang = to,
				   .title = "",
				   .body = "",
				   .state = "draft" } },
		.nsides = 1 };
	const char *changes = NULL;
	struct rows r;
	struct buf b;

	if (DATABASE_RUN(t->c->db, &r, e, "item_sides", param_int(id)) == -1)
		return NULL;
	buf_init(&b, FORM_MAX);
	add_comment(&b,
	    tr("Lines with # are left out. Set State: ready when it is done."));
	for (int i = 0; i < r.n; i++) {
		if (strcmp(rows_str(&r, i, "lang"), to) == 0) {
			f.side[0].title = arena_strdup(&t->c->arena,
			    rows_str(&r, i, "title"));
			f.side[0].body =
			    arena_strdup(&t->c->arena, rows_str(&r, i, "body"));
			changes = item_changes(t->c, &r, i);
			continue;
		}
		(void)buf_addf(&b, "#\n# --- %s\n", rows_str(&r, i, "lang"));
		add_comment(&b, rows_str(&r, i, "title"));
		(void)buf_adds(&b, "#\n");
		add_comment(&b, rows_str(&r, i, "body"));
	}
	rows_done(&r);
	if (changes != NULL) {
		(void)buf_adds(&b, "#\n");
		add_comment(&b, tr("Changed since this was translated:"));
		add_comment(&b, changes);
	}
	if (args_flag(t->args, "ready"))
		f.side[0].state = "ready";
	return write_form(t, &b, &f, e);
}

/* A file for translating changes nothing else. */
static int
check_only_side(const struct item_form *f, const char *to, struct err *e)
{
	bool other = f->nsides != 1 || strcmp(f->side[0].lang, to) != 0;

	for (size_t k = 0; k < ITEM_KEYS; k++)
		other = other || f->value[k] != NULL;
	if (!other)
		return 0;
	return err_set(e, ERR_INPUT,
	    "%s: a translation holds the section '--- %s' and nothing else",
	    f->file, to);
}

int
cli_item_translate(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct item_change change = { .actor = c->actor, .translation = true };
	struct item_form now;
	struct task t;
	const char *to, *form;
	int64_t id;
	int rc;

	if (start(&t, c, a, e) == -1)
		return -1;
	rc = choose_side(&t, &id, &to, e);
	if (rc == 0)
		say(c, N_("Everything that is ready is translated"));
	if (rc != 1)
		return rc;
	if (item_form_of(c->db, &c->arena, id, &now, &change.revision, e) ==
		-1 ||
	    (form = translation_form(&t, id, to, e)) == NULL)
		return -1;
	t.x.kind = now.value[ITEM_KIND];
	rc = obtain(&t, form, e);
	if (rc == 0)
		return left_as_it_was(c);
	if (rc == 1)
		rc = check_only_side(&t.form, to, e);
	if (rc == 0 && args_flag(a, "ready"))
		mark_ready(&t);
	if (rc == 0)
		rc = edit(&t, id, &change, e);
	return end(&t, rc, e);
}
