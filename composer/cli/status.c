#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/issue.h"
#include "composer/cli/status_returns.h"
#include "composer/cli/status_sending.h"
#include "composer/cli/system.h"
#include "composer/cli/words.h"
#include "composer/issue/check.h"
#include "composer/issue/issue.h"
#include "composer/letter/alarm_words.h"

/* Everything that is looked at. */
struct status {
	struct status_sending sending;
	struct status_returns returns;
	struct rows issues, sides, people, roles, calendar, network;
	int making;	    /* the issue that is being made, -1: none */
	struct issue issue; /* checked: the one that is being made, if open */
	struct check check;
	bool checked;
};

static int
check(struct cli *c, struct status *s, struct err *e)
{
	if (s->making == -1 ||
	    rows_str(&s->issues, s->making, "state")[0] != 'o')
		return 0;
	if (issue_find(c->db, &c->arena,
		status_issue_name(c, &s->issues, s->making), &s->issue,
		e) == -1 ||
	    check_issue(&s->check, &c->arena, c->lang, c->db, &c->config,
		&s->issue, e) == -1)
		return -1;
	s->checked = true;
	return 0;
}

static int
look(struct cli *c, struct status *s, struct err *e)
{
	int64_t id = 0;

	if (status_sending_look(c, &s->sending, e) == -1 ||
	    status_returns_look(c, &s->returns, e) == -1)
		return -1;
	if (database_run(c->db, &s->issues, e, "status_issues", NULL, 0) == -1)
		return -1;
	s->making = -1;
	for (int i = s->issues.n - 1; i >= 0; i--)
		if (strcmp(rows_str(&s->issues, i, "state"), "sending") != 0)
			s->making = i;
	if (s->making != -1)
		id = rows_int(&s->issues, s->making, "id");
	if (DATABASE_RUN(c->db, &s->sides, e, "status_sides", param_int(id)) ==
		-1 ||
	    database_run(c->db, &s->people, e, "subscriber_counts", NULL, 0) ==
		-1 ||
	    database_run(c->db, &s->roles, e, "role_states", NULL, 0) == -1 ||
	    database_run(c->db, &s->calendar, e, "status_schedule", NULL, 0) ==
		-1 ||
	    database_run(c->db, &s->network, e, "org_waiting", NULL, 0) == -1)
		return -1;
	return check(c, s, e);
}

static void
status_done(struct status *s)
{
	struct rows *all[] = { &s->issues, &s->sides, &s->people, &s->roles,
		&s->calendar, &s->network };

	status_sending_done(&s->sending);
	status_returns_done(&s->returns);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->result != NULL)
			rows_done(all[i]);
}

static const char *
days_word(struct cli *c, int64_t days)
{
	if (days == 0)
		return tr("today");
	if (days == 1)
		return tr("tomorrow");
	if (days > 1)
		return arena_printf(&c->arena,
		    tr_n("in %lld day", "in %lld days", (unsigned long)days),
		    (long long)days);
	return arena_printf(&c->arena,
	    tr_n("%lld day ago", "%lld days ago", (unsigned long)-days),
	    (long long)-days);
}

static void
print_issue(struct cli *c, const struct rows *r, int i)
{
	const char *state = rows_str(r, i, "state");
	const char *when = arena_printf(&c->arena, "%s (%s)",
	    cli_day(c, DATEFMT_MOMENT, rows_str(r, i, "planned_at")),
	    days_word(c, rows_int(r, i, "days")));
	const char *label = status_issue_label(c, r, i);

	if (strcmp(state, "sending") == 0)
		cli_line(label,
		    arena_printf(&c->arena,
			tr("being sent: %s of %s accepted, %s refused, %s "
			   "waiting"),
			cli_number(c, rows_int(r, i, "accepted")),
			cli_number(c, rows_int(r, i, "planned")),
			cli_number(c, rows_int(r, i, "refused")),
			cli_number(c, rows_int(r, i, "waiting"))));
	else
		cli_line(label,
		    arena_printf(&c->arena,
			state[0] == 'a' ? tr("approved, is sent %s")
					: tr("open, is sent %s"),
			when));
	if (!rows_null(r, i, "readers"))
		cli_line("",
		    arena_printf(&c->arena, tr("%s, for %s: %s readers"),
			issue_kind_word(rows_str(r, i, "kind")),
			issue_meant(c, rows_str(r, i, "audience"),
			    rows_str(r, i, "tags"), rows_str(r, i, "corrects")),
			cli_number(c, rows_int(r, i, "readers"))));
	if (strcmp(rows_str(r, i, "mailing_state"), "paused") == 0)
		cli_line("",
		    arena_printf(&c->arena, tr("paused by %s: %s"),
			rows_str(r, i, "mailing_by"),
			alarm_reason(c->lang,
			    rows_str(r, i, "mailing_reason"))));
	if (rows_bool(r, i, "held"))
		cli_line("",
		    arena_printf(&c->arena, tr("held by %s: %s"),
			rows_str(r, i, "held_by"),
			alarm_reason(c->lang, rows_str(r, i, "held_reason"))));
}

static const char *
capitals(const char *lang)
{
	return strcmp(lang, "nl") == 0 ? "NL" : "EN";
}

static void
print_contents(struct cli *c, const struct rows *r)
{
	const char *text;

	if (r->n == 0) {
		cli_line(tr("Contents"), tr("no items yet"));
		return;
	}
	text = arena_printf(&c->arena,
	    tr_n("%lld item", "%lld items",
		(unsigned long)rows_int(r, 0, "items")),
	    (long long)rows_int(r, 0, "items"));
	for (int i = 0; i < r->n; i++) {
		int64_t n;

		text = arena_printf(&c->arena, tr("%s; %s %lld ready"), text,
		    capitals(rows_str(r, i, "lang")),
		    (long long)rows_int(r, i, "ready"));
		if ((n = rows_int(r, i, "outdated")) > 0)
			text = arena_printf(&c->arena, tr("%s, %lld outdated"),
			    text, (long long)n);
		if ((n = rows_int(r, i, "draft")) > 0)
			text = arena_printf(&c->arena, tr("%s, %lld draft"),
			    text, (long long)n);
		if ((n = rows_int(r, i, "empty")) > 0)
			text = arena_printf(&c->arena, tr("%s, %lld empty"),
			    text, (long long)n);
	}
	cli_line(tr("Contents"), text);
}

#define FINDINGS_SHOWN 4

static void
print_findings(struct cli *c, const struct check *ck)
{
	size_t shown = 0;

	for (const struct check_finding *f = ck->first;
	     f != NULL && shown < FINDINGS_SHOWN; f = f->next) {
		if (f->severity != CHECK_BLOCKING)
			continue;
		cli_line(shown++ == 0 ? tr("To do") : "",
		    f->item == 0
			? f->text
			: arena_printf(&c->arena, "%s%s",
			      arena_printf(&c->arena, tr("item %lld: "),
				  (long long)f->item),
			      f->text));
	}
	if (ck->blocking > shown)
		cli_line("",
		    arena_printf(&c->arena, tr("and %s more"),
			cli_number(c, (long long)(ck->blocking - shown))));
	if (ck->warnings > 0)
		cli_line(tr("To look at"),
		    arena_printf(&c->arena,
			tr_n("%zu warning", "%zu warnings", ck->warnings),
			ck->warnings));
}

static void
print_people(struct cli *c, const struct rows *r)
{
	const char *text =
	    arena_printf(&c->arena, tr("%s active (nl %s, en %s, both %s)"),
		cli_number(c, rows_int(r, 0, "active")),
		cli_number(c, rows_int(r, 0, "nl")),
		cli_number(c, rows_int(r, 0, "en")),
		cli_number(c, rows_int(r, 0, "both")));

	if (rows_int(r, 0, "pending") > 0)
		text = arena_printf(&c->arena,
		    tr("%s, %s waiting for confirmation"), text,
		    cli_number(c, rows_int(r, 0, "pending")));
	cli_line(tr("Subscribers"), text);
	if (rows_int(r, 0, "undeliverable") > 0)
		cli_line(tr("Undeliverable"),
		    cli_number(c, rows_int(r, 0, "undeliverable")));
}

static void
print_network(struct cli *c, const struct rows *r)
{
	int64_t n = rows_int(r, 0, "n");

	if (n > 0)
		cli_line(tr("Social map"),
		    arena_printf(&c->arena,
			tr_n("%lld change waits: tweeluik org changes",
			    "%lld changes wait: tweeluik org changes",
			    (unsigned long)n),
			(long long)n));
}

static bool
role_alive(const struct rows *r, const char *role)
{
	for (int i = 0; i < r->n; i++)
		if (rows_bool(r, i, "alive") &&
		    strcmp(rows_str(r, i, "role"), role) == 0)
			return true;
	return false;
}

static void
print_roles(struct cli *c, const struct rows *r)
{
	if (r->n == 0)
		cli_line(tr("Daemon"), tr("was never started"));
	for (int i = 0; i < r->n; i++) {
		const char *status = rows_str(r, i, "status");
		const char *at = cli_day(c, DATEFMT_MOMENT,
		    rows_str(r, i,
			rows_bool(r, i, "alive") ? "started_at" : "seen_at"));

		cli_line(i == 0 ? tr("Daemon") : "",
		    arena_printf(&c->arena,
			rows_bool(r, i, "alive")
			    ? tr("%s runs since %s%s%s")
			    : tr("%s does not run, last seen %s%s%s"),
			rows_str(r, i, "role"), at,
			status[0] != '\0' ? ": " : "", status));
	}
}

static void
print_calendar(struct cli *c, const struct rows *r)
{
	if (!rows_null(r, 0, "held_since"))
		cli_line(tr("Held"),
		    arena_printf(&c->arena,
			tr("All sending is held after a restore, since %s"),
			cli_day(c, DATEFMT_MOMENT,
			    rows_str(r, 0, "held_since"))));
	if (!rows_bool(r, 0, "known")) {
		cli_line(tr("Calendar"), tr("not set"));
		return;
	}
	if (rows_bool(r, 0, "paused"))
		cli_line(tr("Calendar"),
		    rows_null(r, 0, "paused_until")
			? tr("paused")
			: arena_printf(&c->arena, tr("paused until %s"),
			      cli_day(c, DATEFMT_DAY,
				  rows_str(r, 0, "paused_until"))));
	else if (!rows_null(r, 0, "next_at"))
		cli_line(tr("After that"),
		    arena_printf(&c->arena, "%s (%s)",
			cli_day(c, DATEFMT_MOMENT, rows_str(r, 0, "next_at")),
			days_word(c, rows_int(r, 0, "days"))));
}

/* Something that stands still until a person acts; NULL for nothing. */
static const char *
step_of_trouble(struct cli *c, const struct status *s)
{
	const struct rows *r = &s->issues;

	if (!rows_bool(&s->calendar, 0, "known"))
		return "tweeluik schedule set --first-date DATE";
	if (!rows_null(&s->calendar, 0, "held_since"))
		return "tweeluik schedule resume";
	for (int i = 0; i < r->n; i++)
		if (strcmp(rows_str(r, i, "mailing_state"), "paused") == 0)
			return arena_printf(&c->arena,
			    "tweeluik issue resume %s",
			    status_issue_name(c, r, i));
	for (int i = 0; i < r->n; i++)
		if (rows_bool(r, i, "held"))
			return arena_printf(&c->arena, "tweeluik issue %s %s",
			    rows_str(r, i, "state")[0] == 'a' ? "release"
							      : "check",
			    status_issue_name(c, r, i));
	if (rows_bool(&s->calendar, 0, "paused"))
		return "tweeluik schedule resume";
	if (!role_alive(&s->roles, "schedule") ||
	    !role_alive(&s->roles, "send"))
		return "systemctl start tweeluik.target";
	if (rows_int(&s->people, 0, "active") == 0)
		return "tweeluik subscriber import FILE";
	return NULL;
}

static const char *
next_step(struct cli *c, const struct status *s)
{
	const char *step = step_of_trouble(c, s);

	if (step != NULL || !s->checked)
		return step;
	for (const struct check_finding *f = s->check.first; f != NULL;
	     f = f->next)
		if (f->severity == CHECK_BLOCKING && f->fix[0] != '\0')
			return f->fix;
	return arena_printf(&c->arena, "tweeluik issue %s %s",
	    s->check.blocking + s->check.warnings > 0 ? "check" : "approve",
	    s->issue.name);
}

static void
print_status(struct cli *c, const struct status *s, const char *step)
{
	status_print_alarms(c, &s->sending);
	for (int i = 0; i < s->issues.n; i++) {
		print_issue(c, &s->issues, i);
		if (i == s->making) {
			print_contents(c, &s->sides);
			if (s->checked)
				print_findings(c, &s->check);
		}
	}
	print_calendar(c, &s->calendar);
	print_people(c, &s->people);
	status_print_returns(c, &s->returns);
	print_network(c, &s->network);
	status_print_workers(c, &s->sending);
	status_print_mailboxes(c, &s->returns, false);
	print_roles(c, &s->roles);
	if (step != NULL)
		out(tr("Next step: %s\n"), step);
	else
		out("%s\n", tr("Nothing needs to be done now"));
}

static json_t *
json_of_status(struct cli *c, const struct status *s, const char *step)
{
	json_t *o = json_object(), *issues = json_of_rows(&s->issues), *issue;
	size_t i;

	json_array_foreach(issues, i, issue)(void) json_object_set_new(issue,
	    "name", json_string(status_issue_name(c, &s->issues, (int)i)));
	status_sending_json(c, &s->sending, o);
	status_returns_json(&s->returns, o);
	(void)json_object_set_new(o, "issues", issues);
	(void)json_object_set_new(o, "contents", json_of_rows(&s->sides));
	if (s->checked)
		(void)json_object_set_new(o, "check",
		    json_pack("{s:I,s:I}", "blocking",
			(json_int_t)s->check.blocking, "warnings",
			(json_int_t)s->check.warnings));
	(void)json_object_set_new(o, "calendar", json_of_row(&s->calendar, 0));
	(void)json_object_set_new(o, "subscribers", json_of_row(&s->people, 0));
	(void)json_object_set_new(o, "organisation_changes",
	    json_integer(rows_int(&s->network, 0, "n")));
	(void)json_object_set_new(o, "roles", json_of_rows(&s->roles));
	(void)json_object_set_new(o, "next_step",
	    step != NULL ? json_string(step) : json_null());
	return o;
}

int
cli_status(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct status s = { 0 };
	const char *step;
	int rc = -1;

	(void)a;
	if (cli_database(c, e) == -1)
		return -1;
	if (look(c, &s, e) == 0) {
		step = next_step(c, &s);
		if (!out_object(c, "tweeluik.status/1",
			json_of_status(c, &s, step)))
			print_status(c, &s, step);
		rc = 0;
	}
	status_done(&s);
	return rc;
}
