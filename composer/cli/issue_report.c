#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/issue.h"
#include "composer/cli/status_returns.h"
#include "composer/cli/words.h"
#include "composer/issue/issue.h"

#define EDITIONS_MAX 3

static const char meaning[] = N_("Accepted means: the mail server has taken "
				 "the mail. Whether somebody reads it, we do "
				 "not measure.");

static int
get(struct cli *c, const char *query, int64_t id, json_t **ret, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, query, param_int(id)) == -1)
		return -1;
	*ret = json_of_rows(&r);
	rows_done(&r);
	return 0;
}

/* {"number": ..., "planned": ..., "editions": [...], "reasons": [...]} */
static int
report_json(struct cli *c, const struct issue *i, json_t **ret, struct err *e)
{
	json_t *mailing = NULL, *editions = NULL, *reasons = NULL,
	       *readers = NULL, *returned = NULL, *answers = NULL, *o;
	int rc = -1;

	if (get(c, "report_mailing", i->id, &mailing, e) == -1 ||
	    get(c, "report_editions", i->id, &editions, e) == -1 ||
	    get(c, "report_reasons", i->id, &reasons, e) == -1 ||
	    get(c, "report_readers", i->id, &readers, e) == -1 ||
	    get(c, "report_returned", i->id, &returned, e) == -1 ||
	    get(c, "report_answers", i->id, &answers, e) == -1)
		goto out;
	o = json_pack("{s:s,s:i,s:i}", "name", i->name, "number", i->number,
	    "year", i->year);
	(void)json_object_update(o, json_array_get(mailing, 0));
	(void)json_object_update(o, json_array_get(readers, 0));
	(void)json_object_set(o, "editions", editions);
	(void)json_object_set(o, "reasons", reasons);
	(void)json_object_set(o, "returned", returned);
	(void)json_object_set(o, "answers", json_array_get(answers, 0));
	(void)json_object_set_new(o, "meaning", json_string(tr(meaning)));
	*ret = o;
	rc = 0;
out:
	json_decref(mailing);
	json_decref(editions);
	json_decref(reasons);
	json_decref(readers);
	json_decref(returned);
	json_decref(answers);
	return rc;
}

static void
pad(const char *text, int width)
{
	int n = 0;

	for (const char *p = text; *p != '\0'; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	out("%*s%s", width > n ? width - n : 0, "", text);
}

static void
print_row(struct cli *c, const json_t *report, const char *key,
    const char *heading)
{
	const json_t *editions = json_object_get(report, "editions"), *edition;
	size_t i;
	int n = 0;

	for (const char *p = heading; *p != '\0'; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	out("  %s%*s", heading, n < 20 ? 20 - n : 0, "");
	json_array_foreach(editions, i, edition)
	    pad(cli_number(c, json_num(edition, key)), 12);
	pad(cli_number(c, json_num(report, key)), 12);
	out("\n");
}

static void
print_table(struct cli *c, const json_t *report)
{
	static const struct {
		const char *key, *heading;
	} lines[] = {
		{ "planned", N_("Planned") },
		{ "accepted", N_("Accepted") },
		{ "deferred", N_("Deferred") },
		{ "refused", N_("Refused") },
		{ "expired", N_("Expired") },
		{ "suppressed", N_("Left meanwhile") },
		{ "uncertain", N_("Uncertain") },
		{ "waiting", N_("To do") },
	};
	bool stopped = strcmp(json_str(report, "state"), "stopped") == 0;
	const json_t *editions = json_object_get(report, "editions"), *edition;
	size_t i;

	out("%22s", "");
	json_array_foreach(editions, i, edition)
	    pad(issue_edition_word(json_str(edition, "edition")), 12);
	pad(tr("Together"), 12);
	out("\n");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		print_row(c, report, lines[i].key,
		    stopped && strcmp(lines[i].key, "waiting") == 0
			? tr("Not sent")
			: tr(lines[i].heading));
}

static void
print_reasons(struct cli *c, const json_t *report)
{
	const json_t *reasons = json_object_get(report, "reasons"), *row;
	size_t i;

	if (json_array_size(reasons) == 0)
		return;
	out("\n%s\n", tr("What mail servers said most"));
	json_array_foreach(reasons, i, row)
	{
		out("%8s  %s  ", cli_number(c, json_num(row, "n")),
		    strcmp(json_str(row, "result"), "refused") == 0
			? tr("refused")
			: tr("deferred"));
		out("%lld %s %s\n", (long long)json_num(row, "code"),
		    json_str(row, "status"), json_str(row, "reply"));
	}
}

/* What came by mail about it afterwards. */
static void
print_returned(struct cli *c, const json_t *report)
{
	static const struct {
		const char *key, *heading;
	} lines[] = {
		{ "complaints", N_("complaint of spam: unsubscribed") },
		{ "unsubscribed", N_("wish to leave: unsubscribed") },
		{ "absent", N_("automatic answer, of absence or the like") },
		{ "people", N_("mail of a person") },
	};
	const json_t *answers = json_object_get(report, "answers"), *row;
	const json_t *returned = json_object_get(report, "returned");
	int64_t n = 0;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		n += json_num(answers, lines[i].key);
	if (n == 0 && json_array_size(returned) == 0)
		return;
	out("\n%s\n", tr("What came back afterwards"));
	json_array_foreach(returned, i, row)
	    out("%8s  %s\n", cli_number(c, json_num(row, "n")),
		tr(bounce_meaning(json_str(row, "reason"), "")));
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (json_num(answers, lines[i].key) > 0)
			out("%8s  %s\n",
			    cli_number(c, json_num(answers, lines[i].key)),
			    tr(lines[i].heading));
}

static void
print_report(struct cli *c, const json_t *report)
{
	out(tr("Report of number %s   %s\n"), json_str(report, "name"),
	    issue_state_word(json_str(report, "state")));
	out(tr("Begun %s\n"),
	    cli_day(c, DATEFMT_MOMENT, json_str(report, "began_at")));
	if (json_str(report, "finished_at")[0] != '\0')
		out(tr("Ended %s\n"),
		    cli_day(c, DATEFMT_MOMENT,
			json_str(report, "finished_at")));
	out("\n");
	print_table(c, report);
	print_reasons(c, report);
	print_returned(c, report);
	out(tr("\nUnsubscribed through this issue %s, language changed %s\n"),
	    cli_number(c, json_num(report, "unsubscribed")),
	    cli_number(c, json_num(report, "language_changes")));
	out("%s\n", tr(meaning));
}

/* More may have come back than is known. */
static int
print_unread(struct cli *c, struct err *e)
{
	struct status_returns s = { 0 };
	int rc = status_returns_look(c, &s, e);

	if (rc == 0)
		status_print_mailboxes(c, &s, true);
	status_returns_done(&s);
	return rc;
}

int
cli_issue_report(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct issue i;
	json_t *o = NULL;

	if (issue_word(c, a, &i, e) == -1)
		return -1;
	if (i.state != ISSUE_SENDING && i.state != ISSUE_SENT &&
	    i.state != ISSUE_STOPPED) {
		(void)err_set(e, ERR_REFUSED, "Number %s has not been sent yet",
		    i.name);
		(void)err_hint(e, N_("Look: tweeluik issue show %s"), i.name);
		return err_slug(e, "not-sent");
	}
	if (report_json(c, &i, &o, e) == -1)
		return -1;
	if (c->output == CLI_TEXT) {
		print_report(c, o);
		json_decref(o);
		return print_unread(c, e);
	}
	(void)out_object(c, "tweeluik.report/1", o);
	return 0;
}
