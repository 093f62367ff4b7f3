#include <string.h>

#include "base/catalogue.h"
#include "base/datefmt.h"
#include "composer/cli/issue.h"
#include "composer/issue/issue.h"

int
issue_word(struct cli *c, const struct cli_args *a, struct issue *ret,
    struct err *e)
{
	const char *word = a->nwords == 0 ? "next" : a->words[0];

	if (cli_database(c, e) == -1)
		return -1;
	return issue_find(c->db, &c->arena, word, ret, e);
}

int
issue_begin(struct cli *c, const struct cli_args *a, struct issue *ret,
    struct err *e)
{
	if (cli_database(c, e) == -1 || database_begin(c->db, e) == -1)
		return -1;
	if (issue_word(c, a, ret, e) == 0 &&
	    DATABASE_DO(c->db, e, "issue_lock", param_int(ret->id)) == 0 &&
	    /* Once more, now that nobody else changes it. */
	    issue_again(c->db, &c->arena, ret->id, ret, e) == 0)
		return 0;
	database_rollback(c->db);
	return -1;
}

int
issue_end(struct cli *c, const struct issue *i, int result, struct err *e)
{
	json_t *o = NULL;

	if (result == 0 && c->output != CLI_TEXT &&
	    issue_json(c, i->id, &o, e) == -1)
		result = -1;
	if (result != 0 || c->dry_run)
		database_rollback(c->db);
	else if (database_commit(c->db, e) == -1)
		result = -1;
	if (result == 0 && c->dry_run)
		say(c, N_("This was a dry run, so nothing was changed"));
	if (result == 0 && o != NULL)
		(void)out_object(c, ISSUE_SCHEMA, o);
	else
		json_decref(o);
	return result;
}

int
issue_json(struct cli *c, int64_t id, json_t **ret, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "issue_show", param_int(id)) == -1)
		return -1;
	*ret = json_of_row(&r, 0);
	rows_done(&r);
	return 0;
}

const char *
issue_state_word(const char *state)
{
	static const char *const words[] = { N_("open"), N_("approved"),
		N_("sending"), N_("sent"), N_("skipped"), N_("stopped"),
		N_("held"), N_("paused"), N_("done") };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], state) == 0)
			return tr(words[i]);
	return state;
}

const char *
issue_clock(struct cli *c, const char *rfc3339)
{
	/* TRANSLATORS: hours and minutes of a time, "10:05" */
	return arena_printf(&c->arena, tr("%.2s:%.2s"), rfc3339 + 11,
	    rfc3339 + 14);
}

const char *
issue_edition_word(const char *edition)
{
	return strcmp(edition, "nl") == 0 ? tr("Dutch")
	    : strcmp(edition, "en") == 0  ? tr("English")
					  : tr("Both");
}
