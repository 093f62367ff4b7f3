#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/org.h"
#include "composer/cli/words.h"
#include "composer/item/item.h"

int
org_find(struct cli *c, const char *word, int64_t *ret, struct err *e)
{
	struct rows r;
	int n;

	if (cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "org_find", param_text(word)) == -1)
		return -1;
	n = r.n;
	if (n > 0)
		*ret = rows_int(&r, 0, "id");
	rows_done(&r);
	if (n == 0) {
		(void)err_set(e, ERR_NOT_FOUND, "There is no organisation '%s'",
		    word);
		return err_hint(e, N_("Look: tweeluik org list"));
	}
	if (n > 1)
		return err_set(e, ERR_USAGE,
		    "There are %d organisations '%s': write the name, a comma "
		    "and the place",
		    n, word);
	return 0;
}

int
org_rules(struct cli *c, struct org_rules *ret, struct err *e)
{
	struct item_form_context x;

	if (cli_database(c, e) == -1 ||
	    item_form_context(c->db, &c->arena, "", &x, e) == -1)
		return -1;
	*ret = (struct org_rules){ x.today, x.topics };
	return 0;
}

void
org_values_of(struct cli *c, const json_t *fields, struct org_values *ret)
{
	for (int f = 0; f < ORG_FIELDS; f++)
		ret->value[f] = arena_strdup(&c->arena,
		    json_str(fields, org_field_name((enum org_field)f)));
}

int
org_load(struct cli *c, int64_t id, struct org_values *ret,
    int64_t *ret_revision, struct err *e)
{
	struct rows r;
	json_t *o;

	if (DATABASE_RUN(c->db, &r, e, "org_values", param_int(id)) == -1)
		return -1;
	if (r.n == 0) {
		rows_done(&r);
		return org_outcome("missing", ret, e);
	}
	o = json_of_row(&r, 0);
	org_values_of(c, json_object_get(o, "fields"), ret);
	*ret_revision = rows_int(&r, 0, "revision");
	json_decref(o);
	rows_done(&r);
	return 0;
}

int
org_outcome(const char *outcome, const struct org_values *v, struct err *e)
{
	const char *place = v->value[ORG_PLACE];

	if (strcmp(outcome, "missing") == 0)
		return err_set(e, ERR_NOT_FOUND,
		    "This organisation is no longer there");
	if (strcmp(outcome, "stale") == 0) {
		(void)err_set(e, ERR_CONFLICT,
		    "Somebody changed this organisation meanwhile");
		return err_hint(e, N_("Look: tweeluik org show"));
	}
	if (strcmp(outcome, "taken") == 0) {
		if (place != NULL && place[0] != '\0')
			(void)err_set(e, ERR_CONFLICT,
			    "There is already an organisation with this name "
			    "in %s",
			    place);
		else
			(void)err_set(e, ERR_CONFLICT,
			    "There is already an organisation with this name "
			    "and no place");
		(void)err_slug(e, "taken");
		return err_hint(e, N_("Look: tweeluik org show"));
	}
	if (strcmp(outcome, "not-agreed") == 0) {
		(void)err_set(e, ERR_REFUSED,
		    "The contact is for the office only until this person "
		    "agreed to be named");
		(void)err_slug(e, "not-agreed");
		return err_hint(e,
		    N_("Add --contact-agreed-on DATE --contact-agreed-by "
		       "'who, and how'"));
	}
	return 0;
}

int
org_put(struct cli *c, int64_t *id, const struct org_values *v, int64_t seen,
    const char **ret_outcome, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "org_put",
		*id != 0 ? param_int(*id) : param_null(),
		param_text(org_values_json(&c->arena, v)),
		param_int(seen)) == -1)
		return -1;
	*ret_outcome = arena_strdup(&c->arena, rows_str(&r, 0, "outcome"));
	if (!rows_null(&r, 0, "id"))
		*id = rows_int(&r, 0, "id");
	rows_done(&r);
	return org_outcome(*ret_outcome, v, e);
}

/* "1y" to "1 years", at most a century; NULL when it is nothing of the kind. */
static const char *
period(struct cli *c, const char *word)
{
	static const struct {
		const char *unit;
		long most;
	} units[] = { { "days", 36500 }, { "weeks", 5200 }, { "months", 1200 },
		{ "years", 100 } };
	size_t n = strspn(word, "0123456789");
	long count = strtol(word, NULL, 10);

	if (n == 0 || n > 5 || word[n] == '\0' || word[n + 1] != '\0')
		return NULL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit[0] == word[n] && count <= units[i].most)
			return arena_printf(&c->arena, "%ld %s", count,
			    units[i].unit);
	return NULL;
}

int
org_since(struct cli *c, const char *word, const char **ret, struct err *e)
{
	const char *interval = period(c, word);
	struct rows r;

	if (interval == NULL) {
		if (cli_read_day(c, word, false, ret, e) == 0)
			return 0;
		return err_hint(e, N_("Write 1y, 6m, 2w, 30d or 2027-01-14"));
	}
	if (cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "org_day_before",
		param_text(interval)) == -1)
		return -1;
	*ret = arena_strdup(&c->arena, rows_str(&r, 0, "day"));
	rows_done(&r);
	return 0;
}

const char *
org_visibility_word(const char *code)
{
	return strcmp(code, "public") == 0 ? N_("public")
	    : strcmp(code, "mail") == 0	   ? N_("mail only")
					   : N_("office");
}

const char *
org_action_word(const char *action)
{
	static const char *const words[][2] = {
		{ "added", N_("added") },
		{ "changed", N_("changed") },
		{ "asked", N_("asked to check") },
		{ "checked", N_("said that everything is right") },
		{ "change-asked", N_("asked for a change") },
		{ "change-accepted", N_("accepted the change") },
		{ "change-refused", N_("refused the change") },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], action) == 0)
			return words[i][1];
	return action;
}
