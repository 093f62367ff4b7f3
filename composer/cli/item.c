#include "composer/cli/item.h"
#include "composer/edition/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "composer/item/item.h"

int
item_word_id(const struct cli_args *a, int64_t *ret, struct err *e)
{
	char *end;
	long long n = strtoll(a->words[0], &end, 10);

	if (end == a->words[0] || *end != '\0' || n < 1)
		return err_set(e, ERR_USAGE, "'%s' is no number of an item",
		    a->words[0]);
	*ret = n;
	return 0;
}

/*
 * list
 */
static void
to_words(json_t *row, const char *key)
{
	const char *code = json_string_value(json_object_get(row, key));

	if (code != NULL)
		(void)json_object_set_new(row, key,
		    json_string(item_word(code)));
}

static void
for_people(json_t *row, const struct column *columns)
{
	const char *at = json_string_value(json_object_get(row, "changed_at"));
	const json_t *issue = json_object_get(row, "issue");

	to_words(row, "kind");
	if (strcmp(json_str(row, "state"), "parked") == 0 &&
	    json_is_false(json_object_get(row, "verified")))
		(void)json_object_set_new(row, "state",
		    json_string(tr("parked, sender not verified")));
	else
		to_words(row, "state");
	/* The columns of two letters are the languages. */
	for (const struct column *col = columns; col->key != NULL; col++)
		if (strlen(col->key) == 2 && strcmp(col->key, "id") != 0)
			to_words(row, col->key);
	if (json_is_integer(issue))
		(void)json_object_set_new(row, "issue",
		    json_sprintf("%s%lld, %lld",
			json_str(row, "issue_series")[0] == 'e' ? "extra " : "",
			(long long)json_integer_value(issue),
			(long long)json_integer_value(
			    json_object_get(row, "issue_year"))));
	(void)json_object_set_new(row, "changed",
	    json_sprintf("%.10s %.5s %s", at, at + 11,
		json_string_value(json_object_get(row, "changed_by"))));
}

/* A column a language, in the order of the newsletter. */
static int
make_columns(struct cli *c, struct column *ret, struct err *e)
{
	static const struct column before[] = { { "id", N_("Item") },
		{ "title", N_("Title") }, { "kind", N_("Kind") },
		{ "topic", N_("Topic") } };
	static const struct column after[] = { { "state", N_("State") },
		{ "issue", N_("Issue") }, { "changed", N_("Changed") }, { 0 } };
	struct rows r;
	size_t n = 4;

	if (database_run(c->db, &r, e, "item_langs", NULL, 0) == -1)
		return -1;
	memcpy(ret, before, sizeof(before));
	for (int i = 0; i < r.n && i < ITEM_SIDES_MAX; i++) {
		ret[n].key = arena_strdup(&c->arena, rows_str(&r, i, "code"));
		ret[n].heading = ret[n].key;
		n++;
	}
	rows_done(&r);
	memcpy(ret + n, after, sizeof(after));
	return 0;
}

static int
item_list(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const char *const states[] = { "open", "queued", "parked",
		"dropped", "sent", "expired", "all", NULL };
	struct column columns[ITEM_SIDES_MAX + 8];
	const char *state = args_value(a, "state");
	json_t *list, *row;
	struct rows r;
	size_t i;

	if (state == NULL)
		state = "open";
	if (item_key_choose(states, state, e) == -1)
		return err_prefix(e, "--state");
	if (cli_database(c, e) == -1 || make_columns(c, columns, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "item_list", param_null(),
		param_text(state), param_text(args_value(a, "topic")),
		param_text(args_value(a, "issue")),
		param_text(args_value(a, "search"))) == -1)
		return -1;
	list = json_of_rows(&r);
	rows_done(&r);
	json_array_foreach(list, i, row)
	{
		(void)json_object_update(row, json_object_get(row, "status"));
		(void)json_object_del(row, "status");
		if (c->output == CLI_TEXT)
			for_people(row, columns);
		else
			(void)json_object_set(row, "changed",
			    json_object_get(row, "changed_at"));
		if (c->output == CLI_JSON)
			(void)json_object_del(row, "changed");
	}
	if (json_array_size(list) == 0)
		say(c, N_("No items were found"));
	out_list(c, ITEM_SCHEMA, list, columns);
	return 0;
}

/*
 * show
 */
static void
print_sides(struct cli *c, const struct rows *sides)
{
	for (int i = 0; i < sides->n; i++) {
		const char *at = rows_str(sides, i, "changed_at");
		const char *changes = item_changes(c, sides, i);

		out("\n--- %s  %s", rows_str(sides, i, "lang"),
		    item_word(rows_str(sides, i, "status")));
		if (at[0] != '\0')
			out("  %.10s %.5s %s", at, at + 11,
			    rows_str(sides, i, "changed_by"));
		out("\n");
		if (!rows_null(sides, i, "absence"))
			out("%s\n",
			    strcmp(rows_str(sides, i, "absence"), "follows") ==
				    0
				? tr("(the translation follows)")
				: tr("(only for readers of the other "
				     "language)"));
		if (rows_str(sides, i, "title")[0] != '\0')
			out("%s\n", rows_str(sides, i, "title"));
		if (rows_str(sides, i, "body")[0] != '\0') {
			size_t n = markdown_words(rows_str(sides, i, "body"));

			out("\n%s\n", rows_str(sides, i, "body"));
			out(tr_n("(%zu word)\n", "(%zu words)\n", n), n);
		}
		if (changes != NULL)
			out("\n%s\n%s\n",
			    tr("Changed since this was translated:"), changes);
	}
}

static void
print_head(int64_t id, const json_t *item, const struct item_form *f)
{
	const json_t *reference = json_object_get(item, "reference");

	out(tr("Item %lld, revision %lld: %s, %s\n"), (long long)id,
	    (long long)json_integer_value(json_object_get(item, "revision")),
	    item_word(json_string_value(json_object_get(item, "kind"))),
	    item_word(json_string_value(json_object_get(item, "state"))));
	if (json_is_integer(reference))
		out("V-%lld\n", (long long)json_integer_value(reference));
	if (json_is_integer(json_object_get(item, "issue")))
		out("%s: %s%lld, %lld\n", tr("Issue"),
		    json_str(item, "issue_series")[0] == 'e' ? "extra " : "",
		    (long long)json_integer_value(
			json_object_get(item, "issue")),
		    (long long)json_integer_value(
			json_object_get(item, "issue_year")));
	for (enum item_key k = ITEM_TOPIC; k < ITEM_KEYS; k++)
		if (k != ITEM_ISSUE && f->value[k] != NULL &&
		    f->value[k][0] != '\0')
			out("%s: %s\n", item_key_name(k), f->value[k]);
	item_mail_print(json_object_get(item, "mail"));
}

static int
item_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct item_form f;
	struct rows sides;
	int64_t id, revision;
	json_t *item;

	if (item_word_id(a, &id, e) == -1 || cli_database(c, e) == -1 ||
	    item_json(c, id, &item, e) == -1)
		return -1;
	if (out_object(c, ITEM_SCHEMA, json_incref(item))) {
		json_decref(item);
		return 0;
	}
	if (item_form_of(c->db, &c->arena, id, &f, &revision, e) == -1 ||
	    DATABASE_RUN(c->db, &sides, e, "item_sides", param_int(id)) == -1) {
		json_decref(item);
		return -1;
	}
	print_head(id, item, &f);
	print_sides(c, &sides);
	rows_done(&sides);
	json_decref(item);
	return 0;
}

/*
 * The table
 */
static const struct cli_option list_options[] = {
	{ 0, "topic", "SLUG", N_("of this topic") },
	{ 0, "state", "STATE",
	    N_("open (the default), queued, parked, dropped, sent, expired or "
	       "all") },
	{ 0, "issue", "NUMBER|next", N_("in this issue") },
	{ 0, "search", "WORDS", N_("with these words in a title or text") },
	{ 0 },
};
static const struct cli_option add_options[] = {
	{ 'f', "file", "FILE",
	    N_("read the form from a file, - for standard input") },
	{ 0, "topic", "SLUG", N_("topic of the news") },
	{ 0, "issue", "NUMBER|next", N_("issue it is for") },
	{ 0, "ready", NULL, N_("mark what is written ready") },
	{ 0 },
};
static const struct cli_option edit_options[] = {
	{ 'f', "file", "FILE",
	    N_("read the form from a file, - for standard input") },
	{ 0, "small", NULL,
	    N_("a small correction: the translation stays valid") },
	{ 0, "revision", "N",
	    N_("refuse (exit 5) if the item is not revision N") },
	{ 0 },
};
static const struct cli_option translate_options[] = {
	{ 0, "to", "LANGUAGE", N_("language to translate into") },
	{ 0, "next", NULL, N_("take the first item that waits for it") },
	{ 'f', "file", "FILE",
	    N_("read the form from a file, - for standard input") },
	{ 0, "ready", NULL, N_("mark the translation ready") },
	{ 0 },
};
static const struct cli_option ready_options[] = {
	{ 0, "side", "LANGUAGE",
	    N_("only this side, also when it is outdated") },
	{ 0, "small", NULL,
	    N_("the changes were small: translations stay valid") },
	{ 0 },
};

#define EXITS \
	N_("0 done, 2 something is wrong in the form, 3 no such item, " \
	   "4 the rules say no, 5 changed meanwhile")

const struct cli_command cli_item_commands[] = {
	{ "item", "list", N_("List the items that wait"), "", 0, 0,
	    list_options,
	    (const struct cli_example[]){ { "tweeluik item list", NULL },
		{ "tweeluik item list --state sent --search tandarts", NULL },
		{ 0 } },
	    NULL, "tweeluik item show", item_list },
	{ "item", "show", N_("Show an item in all its languages"), "<number>",
	    1, 1, NULL,
	    (const struct cli_example[]){ { "tweeluik item show 214", NULL },
		{ 0 } },
	    N_("0 shown, 3 no such item"), "tweeluik item edit", item_show },
	{ "item", "add", N_("Add an item"), "", 0, 0, add_options,
	    (const struct cli_example[]){
		{ "tweeluik item add --topic medical-care",
		    N_("opens your editor") },
		{ "tweeluik item add --file dentist.item --ready", NULL },
		{ 0 } },
	    EXITS, "tweeluik item translate", cli_item_add },
	{ "item", "edit", N_("Change an item"), "<number>", 1, 1, edit_options,
	    (const struct cli_example[]){ { "tweeluik item edit 214", NULL },
		{ "tweeluik item edit 214 --small", NULL }, { 0 } },
	    EXITS, "tweeluik item show", cli_item_edit },
	{ "item", "translate", N_("Write the other side of an item"),
	    "[number]", 0, 1, translate_options,
	    (const struct cli_example[]){
		{ "tweeluik item translate 214 --to en", NULL },
		{ "tweeluik item translate --next --ready",
		    N_("the first that waits") },
		{ 0 } },
	    EXITS, "tweeluik item ready", cli_item_translate },
	{ "item", "ready", N_("Mark an item ready, or bring it back"),
	    "<number>", 1, 1, ready_options,
	    (const struct cli_example[]){ { "tweeluik item ready 214", NULL },
		{ "tweeluik item ready 214 --side en",
		    N_("the translation still holds") },
		{ 0 } },
	    EXITS, "tweeluik issue check", cli_item_ready },
	{ "item", "park", N_("Keep an item out of the issues"), "<number>", 1,
	    1, NULL,
	    (const struct cli_example[]){ { "tweeluik item park 214", NULL },
		{ 0 } },
	    EXITS, "tweeluik item ready", cli_item_park },
	{ "item", "drop", N_("Drop an item"), "<number>", 1, 1, NULL,
	    (const struct cli_example[]){
		{ "tweeluik item drop 214 --yes", NULL }, { 0 } },
	    EXITS, "tweeluik item park", cli_item_drop },
	{ 0 },
};
