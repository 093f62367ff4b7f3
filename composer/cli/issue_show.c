#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/item.h"
#include "composer/cli/words.h"
#include "composer/issue/issue.h"
#include "composer/item/item_key.h"

/*
 * list
 */
int
cli_issue_list(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const char *const states[] = { "open", "approved", "sending",
		"sent", "skipped", "stopped", NULL };
	static const struct column columns[] = { { "name", N_("Number") },
		{ "kind", N_("Kind") }, { "state", N_("State") },
		{ "goes_at", N_("Sending") }, { "items", N_("Items") },
		{ "revision", N_("Revision") }, { "headline", N_("Headline") },
		{ 0 } };
	const char *state = args_value(a, "state");
	int64_t year = 0;
	json_t *list, *row;
	struct rows r;
	size_t i;

	if (state != NULL && item_key_choose(states, state, e) == -1)
		return err_prefix(e, "--state");
	if (args_int(a, "year", 2000, 2999, &year, e) == -1 ||
	    cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "issue_list", param_text(state),
		year == 0 ? param_null() : param_int(year)) == -1)
		return -1;
	list = json_of_rows(&r);
	rows_done(&r);
	if (c->output == CLI_TEXT && json_array_size(list) == 0)
		say(c,
		    N_("There are no issues; make the next one with: "
		       "tweeluik issue plan next"));
	json_array_foreach(list, i, row)
	{
		const char *at = json_str(row, "goes_at");

		if (c->output != CLI_TEXT)
			continue;
		(void)json_object_set_new(row, "goes_at",
		    json_sprintf("%.10s %.5s", at, at + 11));
		(void)json_object_set_new(row, "kind",
		    json_string(issue_kind_word(json_str(row, "kind"))));
		(void)json_object_set_new(row, "state",
		    json_string(issue_state_word(
			json_is_true(json_object_get(row, "held"))
			    ? "held"
			    : json_str(row, "state"))));
	}
	out_list(c, "tweeluik.issues/1", list, columns);
	return 0;
}

/*
 * show
 */
static void
show_held(struct cli *c, const json_t *issue)
{
	const json_t *held = json_object_get(issue, "held");

	if (!json_is_object(held))
		return;
	if (json_is_false(json_object_get(held, "automatic"))) {
		out(tr("HELD by %s, %s: '%s'. Nothing has been sent. Release "
		       "it: tweeluik issue release %s\n"),
		    json_str(held, "by"),
		    cli_day(c, DATEFMT_MOMENT, json_str(held, "at")),
		    json_str(held, "reason"), json_str(issue, "name"));
	} else if (strcmp(json_str(issue, "state"), "open") == 0) {
		out(tr("HELD: not approved in time. Nothing has been sent. You "
		       "can still approve it until %s\n"),
		    cli_day(c, DATEFMT_MOMENT, json_str(held, "until")));
	} else {
		out(tr("HELD: the sending of %s did not begin. Send it after "
		       "all: tweeluik issue release %s\n"),
		    cli_day(c, DATEFMT_MOMENT, json_str(issue, "planned_at")),
		    json_str(issue, "name"));
	}
}

/* In the order of the newsletter, which objects of the database have not. */
static const char *const langs[] = { "nl", "en" };
#define NLANGS (sizeof(langs) / sizeof(langs[0]))

static void
show_texts(const json_t *issue)
{
	const json_t *texts = json_object_get(issue, "texts");

	for (size_t k = 0; k < NLANGS; k++) {
		const char *headline =
		    json_str(json_object_get(texts, langs[k]), "headline");

		/* A correction has its headline from what it corrects. */
		if (headline[0] == '\0' &&
		    strcmp(json_str(issue, "kind"), "correction") == 0)
			continue;
		out(tr("Headline   %s  %s\n"), langs[k],
		    headline[0] != '\0' ? headline : tr("(missing)"));
	}
}

static void
show_contents(struct cli *c, const json_t *issue)
{
	const json_t *contents = json_object_get(issue, "contents"), *row;
	size_t n = json_array_size(contents), i;

	if (n == 0 && json_is_object(json_object_get(issue, "meant"))) {
		out("%s", tr("Contents   no items\n"));
		return;
	}
	if (n == 0) {
		out("%s",
		    tr("Contents   no items yet; if none are added, this date "
		       "is skipped\n"));
		return;
	}
	out(tr_n("Contents   %s item\n", "Contents   %s items\n", n),
	    cli_number(c, (int64_t)n));
	json_array_foreach(contents, i, row)
	{
		const json_t *status = json_object_get(row, "status");

		out("%4lld ", (long long)json_num(row, "n"));
		for (size_t k = 0; k < NLANGS; k++)
			out(" %s %-10s", langs[k],
			    item_word(json_str(status, langs[k])));
		out(" %s (%lld)\n", json_str(row, "title"),
		    (long long)json_num(row, "item"));
	}
}

/* "netwerk, bestuur" */
static const char *
tags_of(struct cli *c, const json_t *meant)
{
	const json_t *tag;
	const char *all = "";
	size_t i;

	json_array_foreach(json_object_get(meant, "tags"), i, tag) all =
	    arena_printf(&c->arena, "%s%s%s", all, i > 0 ? ", " : "",
		json_string_value(tag));
	return all;
}

static void
show_special(struct cli *c, const json_t *issue)
{
	const json_t *meant = json_object_get(issue, "meant");

	if (!json_is_object(meant))
		return;
	out(tr("Kind       %s\n"), issue_kind_word(json_str(issue, "kind")));
	out(tr("Meant for  %s\n"),
	    issue_meant(c, json_str(meant, "for"), tags_of(c, meant),
		json_str(meant, "corrects")));
}

static void
show_audience(struct cli *c, const json_t *issue)
{
	const json_t *audience = json_object_get(issue, "audience");
	int64_t nl = json_num(audience, "nl"), en = json_num(audience, "en"),
		both = json_num(audience, "both");

	out(tr("Readers    Dutch %s, English %s, both %s, together %s\n"),
	    cli_number(c, nl), cli_number(c, en), cli_number(c, both),
	    cli_number(c, nl + en + both));
}

static void
show_mailing(struct cli *c, const json_t *issue)
{
	const json_t *m = json_object_get(issue, "mailing");
	const char *state = json_str(m, "state"),
		   *name = json_str(issue, "name");

	out(tr("Sending    %s of %s done: %s accepted, %s deferred, %s "
	       "refused\n"),
	    cli_number(c, json_num(m, "planned") - json_num(m, "waiting")),
	    cli_number(c, json_num(m, "planned")),
	    cli_number(c, json_num(m, "accepted")),
	    cli_number(c, json_num(m, "deferred")),
	    cli_number(c, json_num(m, "refused")));
	if (strcmp(state, "paused") == 0) {
		out(tr("PAUSED by %s, %s: %s\n"), json_str(m, "by"),
		    cli_day(c, DATEFMT_MOMENT, json_str(m, "at")),
		    json_str(m, "reason"));
		out(tr("           go on: tweeluik issue resume %s     end "
		       "it: tweeluik issue stop %s\n"),
		    name, name);
	} else if (json_num(m, "deferred") > 0) {
		out(tr("           deferred ones are tried again until %s\n"),
		    cli_day(c, DATEFMT_MOMENT, json_str(m, "expires_at")));
	}
}

static void
show_next(struct cli *c, const json_t *issue)
{
	const char *state = json_str(issue, "state"),
		   *name = json_str(issue, "name");

	if (strcmp(state, "open") == 0)
		say(c, N_("Next: tweeluik issue check %s"), name);
	else if (strcmp(state, "sending") == 0 &&
	    strcmp(json_str(json_object_get(issue, "mailing"), "state"),
		"sending") == 0)
		say(c, N_("Follow it: tweeluik issue show %s --watch"), name);
	else if (strcmp(state, "sent") == 0 || strcmp(state, "stopped") == 0)
		say(c, N_("Report: tweeluik issue report %s"), name);
}

static void
show(struct cli *c, const json_t *issue)
{
	const json_t *approved = json_object_get(issue, "approved");

	out(tr("Number %s   %s, revision %lld\n"), json_str(issue, "name"),
	    issue_state_word(json_str(issue, "state")),
	    (long long)json_num(issue, "revision"));
	show_special(c, issue);
	if (json_is_true(json_object_get(issue, "at_once")) &&
	    strcmp(json_str(issue, "state"), "open") == 0)
		out("%s", tr("Sending    10 minutes after its approval\n"));
	else if (!json_is_object(json_object_get(issue, "mailing")))
		out(tr("Sending    %s\n"),
		    cli_day(c, DATEFMT_MOMENT, json_str(issue, "goes_at")));
	show_held(c, issue);
	if (json_is_object(approved))
		out(tr("Approved   by %s, %s\n"), json_str(approved, "by"),
		    cli_day(c, DATEFMT_MOMENT, json_str(approved, "at")));
	if (json_is_true(json_object_get(issue, "copy_closed")))
		out(tr("Copy       closed since %s; new items go to the next "
		       "issue\n"),
		    cli_day(c, DATEFMT_MOMENT,
			json_str(issue, "copy_deadline")));
	show_texts(issue);
	show_contents(c, issue);
	if (json_is_object(json_object_get(issue, "mailing")))
		show_mailing(c, issue);
	else
		show_audience(c, issue);
	show_next(c, issue);
}

int
cli_issue_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct issue i;
	json_t *o;
	int rc = 0;

	if (issue_word(c, a, &i, e) == -1)
		return -1;
	if (args_flag(a, "watch")) {
		rc = issue_watch(c, &i, e);
		if (rc != 0 || c->output != CLI_PLAIN)
			return rc;
	}
	if (issue_json(c, i.id, &o, e) == -1)
		return -1;
	if (c->output == CLI_TEXT) {
		show(c, o);
		json_decref(o);
	} else {
		(void)out_object(c, ISSUE_SCHEMA, o);
	}
	return 0;
}
