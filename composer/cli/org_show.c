#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/org.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"

static const struct column list_columns[] = { { "id", N_("Number") },
	{ "name", N_("Name") }, { "place", N_("Place") },
	{ "topics", N_("Topics") }, { "languages", N_("Languages") },
	{ "capacity_date", N_("Capacity on") }, { "checked_on", N_("Checked") },
	{ "issue", N_("In newsletter") }, { "changes", N_("Changes") }, { 0 } };

/* On a screen somebody may look over a shoulder. */
static void
for_people(json_t *row)
{
	if (json_is_true(json_object_get(row, "secret")))
		(void)json_object_set_new(row, "place",
		    json_string(tr("(secret)")));
	if (json_is_true(json_object_get(row, "announce")))
		(void)json_object_set_new(row, "issue",
		    json_string(tr("the next")));
	if (json_num(row, "changes") == 0)
		(void)json_object_set_new(row, "changes", json_null());
}

int
cli_org_list(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *since = args_value(a, "unchecked-since");
	json_t *list, *row;
	struct rows r;
	size_t i;

	if ((since != NULL && org_since(c, since, &since, e) == -1) ||
	    cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "org_list",
		param_text(args_value(a, "topic")),
		param_text(args_value(a, "search")),
		param_text(args_value(a, "region")),
		param_bool(args_flag(a, "announce")), param_text(since),
		param_null()) == -1)
		return -1;
	list = json_of_rows(&r);
	rows_done(&r);
	if (c->output == CLI_TEXT)
		json_array_foreach(list, i, row) for_people(row);
	if (json_array_size(list) == 0)
		say(c, N_("No organisations were found"));
	out_list(c, "tweeluik.organisations/1", list, list_columns);
	return 0;
}

/*
 * show
 */
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
load(struct cli *c, int64_t id, json_t **ret, struct err *e)
{
	static const char *const parts[][3] = { { "org_fields", "fields",
						    "field" },
		{ "org_texts", "texts", "lang" },
		{ "org_history", "history", NULL } };
	json_t *org;
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "org_show", param_int(id)) == -1)
		return -1;
	org = json_of_row(&r, 0);
	rows_done(&r);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (DATABASE_RUN(c->db, &r, e, parts[i][0], param_int(id)) ==
		    -1) {
			json_decref(org);
			return -1;
		}
		(void)json_object_set_new(org, parts[i][1],
		    parts[i][2] != NULL ? by_key(&r, parts[i][2])
					: json_of_rows(&r));
		rows_done(&r);
	}
	*ret = org;
	return 0;
}

static const char *
label(const char *field)
{
	int f = org_field_find(field);

	return f == -1 ? field : tr(org_field_label((enum org_field)f));
}

static bool
is_hidden(const json_t *org, const char *field)
{
	return json_is_true(json_object_get(org, "secret")) &&
	    (strcmp(field, "place") == 0 ||
		strcmp(field, "postal_address") == 0 ||
		strcmp(field, "region") == 0);
}

static const char *
day(struct cli *c, const json_t *org, const char *key)
{
	return cli_day(c, DATEFMT_DAY, json_str(org, key));
}

static void
print_agreement(struct cli *c, const json_t *org)
{
	const char *by = json_str(org, "contact_agreed_by");

	cli_line("",
	    json_str(org, "contact_agreed_on")[0] == '\0'
		? tr("did not agree to be named")
		: arena_printf(&c->arena,
		      by[0] != '\0' ? tr("agreed on %s: %s")
				    : tr("agreed on %s"),
		      day(c, org, "contact_agreed_on"), by));
}

static void
print_fields(struct cli *c, const json_t *org)
{
	json_t *fields = json_object_get(org, "fields"), *o;
	const char *key;

	json_object_foreach(fields, key, o)
	{
		const char *who = is_hidden(org, key)
		    ? arena_printf(&c->arena, "\xf0\x9f\x94\x92 %s",
			  tr("secret"))
		    : tr(org_visibility_word(json_str(o, "visibility")));

		cli_line(label(key),
		    arena_printf(&c->arena, "%s  [%s]", json_str(o, "value"),
			who));
		if (strcmp(key, "contact") == 0)
			print_agreement(c, org);
	}
	cli_line(label("contact_language"),
	    tr(subscriber_language_word(json_str(org, "contact_language"))));
}

static void
print_texts(struct cli *c, const json_t *org)
{
	static const char *const names[] = { "aim", "capacity" };
	json_t *texts = json_object_get(org, "texts"), *o;
	const char *lang;

	for (size_t i = 0; i < 2; i++)
		json_object_foreach(texts, lang, o)
		{
			const char *text = json_str(o, names[i]);

			if (text[0] != '\0' || i == 0)
				cli_line(label(arena_printf(&c->arena, "%s_%s",
					     names[i], lang)),
				    text[0] != '\0'
					? text
					: tr("(the aim is missing)"));
		}
	if (json_is_string(json_object_get(org, "capacity_date")))
		cli_line(label("capacity_date"), day(c, org, "capacity_date"));
}

static void
print_newsletter(struct cli *c, const json_t *org)
{
	const char *issue = json_str(org, "issue");

	if (json_is_true(json_object_get(org, "announce")))
		cli_line(tr("In newsletter"), tr("the next issue"));
	else if (issue[0] != '\0')
		cli_line(tr("In newsletter"),
		    arena_printf(&c->arena, tr("number %s"), issue));
}

static void
print_history(struct cli *c, const json_t *org)
{
	json_t *history = json_object_get(org, "history"), *o;
	size_t i;

	json_array_foreach(history, i, o)
	{
		const char *detail = json_str(o, "detail");

		cli_line(i == 0 ? tr("What happened") : "",
		    arena_printf(&c->arena, "%s, %s: %s%s%s",
			cli_day(c, DATEFMT_MOMENT, json_str(o, "at")),
			json_str(o, "actor"),
			tr(org_action_word(json_str(o, "action"))),
			detail[0] != '\0' ? ", " : "", detail));
	}
}

static void
print(struct cli *c, const json_t *org)
{
	int64_t changes = json_num(org, "changes");

	out("%s%s\n", json_str(org, "name"),
	    json_is_true(json_object_get(org, "secret"))
		? tr("  (secret address)")
		: "");
	print_fields(c, org);
	print_texts(c, org);
	if (json_str(org, "topics")[0] != '\0')
		cli_line(label("topics"), json_str(org, "topics"));
	if (json_str(org, "languages")[0] != '\0')
		cli_line(label("languages"), json_str(org, "languages"));
	cli_line(tr("Checked on"),
	    json_is_string(json_object_get(org, "checked_on"))
		? day(c, org, "checked_on")
		: tr("never"));
	print_newsletter(c, org);
	cli_line(tr("Subscribers"),
	    cli_number(c, json_num(org, "subscribers")));
	if (changes > 0)
		cli_line(tr("Changes"),
		    arena_printf(&c->arena,
			tr_n("%lld waits: tweeluik org changes %lld",
			    "%lld wait: tweeluik org changes %lld",
			    (unsigned long)changes),
			(long long)changes, (long long)json_num(org, "id")));
	print_history(c, org);
}

int
org_show(struct cli *c, int64_t id, struct err *e)
{
	json_t *org;

	if (load(c, id, &org, e) == -1)
		return -1;
	if (!out_object(c, ORG_SCHEMA, json_incref(org)))
		print(c, org);
	json_decref(org);
	return 0;
}

int
cli_org_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	int64_t id = 0;

	if (org_find(c, a->words[0], &id, e) == -1)
		return -1;
	return org_show(c, id, e);
}
