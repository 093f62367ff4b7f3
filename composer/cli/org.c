#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/editor.h"
#include "composer/item/item.h"
#include "composer/list/org_csv.h"

#define ORG_SCHEMA "tweeluik.organisation/1"

static int
org_list(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const struct column columns[] = { { "id", N_("Number") },
		{ "name", N_("Name") }, { "place", N_("Place") },
		{ "topics", N_("Topics") }, { "languages", N_("Languages") },
		{ "capacity_date", N_("Capacity on") }, { 0 } };
	json_t *list, *row;
	struct rows r;
	size_t i;

	if (cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "org_list",
		param_text(args_value(a, "topic")),
		param_text(args_value(a, "search"))) == -1)
		return -1;
	list = json_of_rows(&r);
	rows_done(&r);
	/* On a screen somebody may look over a shoulder. */
	json_array_foreach(list, i, row)
	{
		if (c->output == CLI_TEXT &&
		    json_is_true(json_object_get(row, "secret")))
			(void)json_object_set_new(row, "place",
			    json_string(tr("(secret)")));
	}
	if (json_array_size(list) == 0)
		say(c, N_("No organisations were found"));
	out_list(c, ORG_SCHEMA, list, columns);
	return 0;
}

/*
 * show
 */
static int
find_org(struct cli *c, const char *word, int64_t *ret, struct err *e)
{
	struct rows r;
	int n;

	if (DATABASE_RUN(c->db, &r, e, "org_find", param_text(word)) == -1)
		return -1;
	n = r.n;
	if (n > 0)
		*ret = rows_int(&r, 0, "id");
	rows_done(&r);
	if (n == 0)
		return err_set(e, ERR_NOT_FOUND,
		    "There is no organisation '%s'", word);
	if (n > 1)
		return err_set(e, ERR_USAGE,
		    "There are %d organisations '%s': write the name, a comma "
		    "and the place",
		    n, word);
	return 0;
}

static json_t *
by_key(const struct rows *r, const char *key)
{
	json_t *all = json_object();

	for (int i = 0; i < r->n; i++) {
		json_t *o = json_of_row(r, i);

		(void)json_object_del(o, key);
		(void)json_object_set_new(all, rows_str(r, i, key), o);
	}
	return all;
}

static int
load_org(struct cli *c, int64_t id, json_t **ret, struct err *e)
{
	static const char *const parts[][3] = { { "org_fields", "fields",
						    "field" },
		{ "org_texts", "texts", "lang" } };
	json_t *org;
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "org_show", param_int(id)) == -1)
		return -1;
	org = json_of_row(&r, 0);
	rows_done(&r);
	for (size_t i = 0; i < 2; i++) {
		if (DATABASE_RUN(c->db, &r, e, parts[i][0], param_int(id)) ==
		    -1) {
			json_decref(org);
			return -1;
		}
		(void)json_object_set_new(org, parts[i][1],
		    by_key(&r, parts[i][2]));
		rows_done(&r);
	}
	*ret = org;
	return 0;
}

static const char *
visibility_word(const char *code)
{
	return strcmp(code, "public") == 0 ? tr("public")
	    : strcmp(code, "mail") == 0	   ? tr("mail only")
					   : tr("office");
}

static void
print_org(const json_t *org)
{
	static const char *const keys[] = { "topics", "languages",
		"capacity_date", "checked_on" };
	json_t *fields = json_object_get(org, "fields"), *o;
	json_t *texts = json_object_get(org, "texts");
	const char *key;

	out("%s%s\n", json_string_value(json_object_get(org, "name")),
	    json_is_true(json_object_get(org, "secret"))
		? tr("  (secret address)")
		: "");
	json_object_foreach(fields, key, o)
	{
		out("%-16s%s  [%s]\n", key,
		    json_string_value(json_object_get(o, "value")),
		    visibility_word(
			json_string_value(json_object_get(o, "visibility"))));
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_is_string(json_object_get(org, keys[i])))
			out("%-16s%s\n", keys[i],
			    json_string_value(json_object_get(org, keys[i])));
	json_object_foreach(texts, key, o)
	{
		const char *aim = json_string_value(json_object_get(o, "aim"));
		const char *capacity =
		    json_string_value(json_object_get(o, "capacity"));

		out("--- %s\n%s\n%s\n", key,
		    aim != NULL ? aim : tr("(the aim is missing)"),
		    capacity != NULL ? capacity : "");
	}
}

static int
org_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	json_t *org;
	int64_t id = 0;

	if (cli_database(c, e) == -1 ||
	    find_org(c, a->words[0], &id, e) == -1 ||
	    load_org(c, id, &org, e) == -1)
		return -1;
	if (!out_object(c, ORG_SCHEMA, json_incref(org)))
		print_org(org);
	json_decref(org);
	return 0;
}

/*
 * import
 */
struct import {
	struct cli *c;
	const char *file;
	int added, changed, same;
};

static void
say_defect(void *arg, int row, const char *column, const struct err *why)
{
	const struct import *im = arg;

	if (column != NULL)
		say(im->c, N_("%s, row %d, %s: %s"), im->file, row, column,
		    why->text);
	else
		say(im->c, N_("%s, row %d: %s"), im->file, row, why->text);
}

static int
put_texts(struct cli *c, int64_t id, const struct org_row *o, bool *ret_changed,
    struct err *e)
{
	const char *const texts[][3] = { { "nl", o->value[ORG_AIM_NL],
					     o->value[ORG_CAPACITY_NL] },
		{ "en", o->value[ORG_AIM_EN], o->value[ORG_CAPACITY_EN] } };
	struct rows r;

	for (size_t i = 0; i < 2; i++) {
		if (DATABASE_RUN(c->db, &r, e, "org_put_text", param_int(id),
			param_text(texts[i][0]), param_text(texts[i][1]),
			param_text(texts[i][2])) == -1)
			return -1;
		*ret_changed = *ret_changed || r.n > 0;
		rows_done(&r);
	}
	if (DATABASE_RUN(c->db, &r, e, "org_put_topics", param_int(id),
		param_text(o->value[ORG_TOPICS])) == -1)
		return -1;
	*ret_changed = *ret_changed || rows_int(&r, 0, "n") > 0;
	rows_done(&r);
	return 0;
}

static int
put_org(struct import *im, const struct org_row *o, struct err *e)
{
	static const enum org_column order[] = { ORG_NAME, ORG_PLACE,
		ORG_POSTAL_ADDRESS, ORG_CONTACT, ORG_PHONE, ORG_EMAIL,
		ORG_WEBSITE, ORG_REGION, ORG_LANGUAGES, ORG_SECRET,
		ORG_ANNOUNCE, ORG_CAPACITY_DATE, ORG_CONTACT_PUBLIC };
	struct param p[sizeof(order) / sizeof(order[0])];
	const size_t n = sizeof(order) / sizeof(order[0]);
	bool added, changed;
	struct rows r;
	int64_t id = 0;

	for (size_t i = 0; i < n; i++)
		p[i] = param_text(o->value[order[i]]);
	if (database_run(im->c->db, &r, e, "org_put", p, n) == -1)
		return -1;
	id = rows_int(&r, 0, "id");
	added = strcmp(rows_str(&r, 0, "outcome"), "new") == 0;
	changed = strcmp(rows_str(&r, 0, "outcome"), "changed") == 0;
	rows_done(&r);
	if (put_texts(im->c, id, o, &changed, e) == -1)
		return -1;
	*(added ? &im->added : changed ? &im->changed : &im->same) += 1;
	return 0;
}

static int
store(struct import *im, const struct org_row *rows, size_t n, bool apply,
    struct err *e)
{
	struct cli *c = im->c;

	if (database_begin(c->db, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_org(im, &rows[i], e) == -1) {
			(void)err_prefix(e, N_("%s, row %zu"), im->file, i + 2);
			goto fail;
		}
	if (!apply) {
		database_rollback(c->db);
		return 0;
	}
	if (DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("organisation"), param_null(),
		param_text("imported"),
		param_text(arena_printf(&c->arena, "%d new, %d changed",
		    im->added, im->changed))) == 0 &&
	    database_commit(c->db, e) == 0)
		return 0;
fail:
	database_rollback(c->db);
	return -1;
}

static int
org_import(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct import im = { .c = c, .file = a->words[0] };
	bool apply = args_flag(a, "apply") && !c->dry_run;
	struct item_form_context x;
	struct org_row *rows;
	struct org_csv csv;
	size_t n, nrows;
	char *text;

	if (cli_database(c, e) == -1 ||
	    item_form_context(c->db, &c->arena, "", &x, e) == -1 ||
	    editor_read_file(c, im.file, &text, &n, e) == -1)
		return -1;
	csv = (struct org_csv){ x.today, x.topics, say_defect, &im };
	if (org_csv_parse(&c->arena, &csv, text, n, &rows, &nrows, e) == -1)
		return err_prefix(e, "%s", im.file);
	if (store(&im, rows, nrows, apply, e) == -1)
		return -1;
	say(c, N_("%zu rows: %d new, %d changed, %d the same"), nrows, im.added,
	    im.changed, im.same);
	if (!apply)
		say(c,
		    N_("Nothing was stored. To store it: the same command with "
		       "--apply"));
	(void)out_object(c, "tweeluik.import/1",
	    json_pack("{s:I,s:i,s:i,s:i,s:b}", "rows", (json_int_t)nrows, "new",
		im.added, "changed", im.changed, "same", im.same, "applied",
		apply));
	return 0;
}

static const struct cli_option list_options[] = {
	{ 0, "topic", "SLUG", N_("of this topic") },
	{ 0, "search", "WORDS", N_("with these words in name or place") },
	{ 0 },
};
static const struct cli_option import_options[] = {
	{ 0, "apply", NULL, N_("store it; without this it is only checked") },
	{ 0 },
};

const struct cli_command cli_org_commands[] = {
	{ "org", "list", N_("List the organisations of the social map"), "", 0,
	    0, list_options,
	    (const struct cli_example[]){
		{ "tweeluik org list --topic shelter", NULL }, { 0 } },
	    NULL, "tweeluik org show", org_list },
	{ "org", "show", N_("Show an organisation and who may see what"),
	    "<name|number>", 1, 1, NULL,
	    (const struct cli_example[]){
		{ "tweeluik org show Wereldvrouwen", NULL }, { 0 } },
	    N_("0 shown, 3 no such organisation"), "tweeluik org list",
	    org_show },
	{ "org", "import", N_("Read organisations from a CSV file"), "<file>",
	    1, 1, import_options,
	    (const struct cli_example[]){
		{ "tweeluik org import organisations.csv", N_("check only") },
		{ "tweeluik org import organisations.csv --apply", NULL },
		{ 0 } },
	    N_("0 done, 2 something is wrong in the file; nothing is stored "
	       "then"),
	    "tweeluik org list", org_import },
	{ 0 },
};
