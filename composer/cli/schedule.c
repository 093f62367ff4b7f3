#include "composer/cli/schedule.h"

#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"

static const struct column list_columns[] = { { "occurrence", N_("Date") },
	{ "send_at", N_("Is sent") }, { "issue", N_("Issue") },
	{ "note", N_("Note") }, { 0 } };

/* Dates in words, and what became of a date. */
static json_t *
in_words(struct cli *c, const struct rows *r)
{
	json_t *items = json_array();

	for (int i = 0; i < r->n; i++) {
		const char *note = rows_str(r, i, "note");
		const char *what = rows_bool(r, i, "skipped") ? tr("skipped")
		    : rows_bool(r, i, "moved")		      ? tr("moved")
							      : "";

		(void)json_array_append_new(items,
		    json_pack("{s:s,s:s,s:s,s:s}", "occurrence",
			cli_day(c, DATEFMT_DAY, rows_str(r, i, "occurrence")),
			"send_at",
			rows_bool(r, i, "skipped")
			    ? "-"
			    : cli_day(c, DATEFMT_MOMENT,
				  rows_str(r, i, "send_at")),
			"issue", rows_str(r, i, "issue"), "note",
			arena_printf(&c->arena, "%s%s%s", what,
			    what[0] != '\0' && note[0] != '\0' ? ": " : "",
			    note)));
	}
	return items;
}

static int
list_moments(struct cli *c, const char *from, int64_t count, struct err *e)
{
	bool words = c->output == CLI_TEXT;
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e,
		words ? "schedule_moments_with_issue" : "schedule_moments",
		param_text(from), param_int(count), param_text(c->lang)) == -1)
		return -1;
	if (words)
		out_list(c, SCHEDULE_SCHEMA, in_words(c, &r), list_columns);
	else
		schedule_out(c, &r);
	rows_done(&r);
	return 0;
}

static int
schedule_list(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *from = NULL;
	int64_t count = 10;
	struct rows r;

	if (args_int(a, "count", 1, 1000, &count, e) == -1 ||
	    schedule_require(c, &r, e) == -1)
		return -1;
	rows_done(&r);
	if (args_flag(a, "from") &&
	    cli_read_day(c, args_value(a, "from"), false, &from, e) == -1)
		return -1;
	return list_moments(c, from, count, e);
}

/* "Every 14 days on Thursday": the weekday is that of the first date. */
static void
print_rule(struct cli *c, const struct rows *r)
{
	out(tr("Every %lld days from %s, at %s (%s)\n"),
	    (long long)rows_int(r, 0, "every_days"),
	    cli_day(c, DATEFMT_DAY, rows_str(r, 0, "first_date")),
	    rows_str(r, 0, "send_time"), rows_str(r, 0, "zone"));
	out(tr("A short issue has fewer than %lld items. Not approved in "
	       "time: held for %lld hours, then skipped.\n"),
	    (long long)rows_int(r, 0, "minimum_items"),
	    (long long)rows_int(r, 0, "grace_hours"));
	if (!rows_bool(r, 0, "paused"))
		return;
	if (rows_null(r, 0, "paused_until"))
		out("%s\n", tr("Paused: nothing is opened or sent"));
	else
		out(tr("Paused until %s: nothing is opened or sent\n"),
		    cli_day(c, DATEFMT_DAY, rows_str(r, 0, "paused_until")));
}

static void
print_breaks(struct cli *c, const struct rows *r)
{
	for (int i = 0; i < r->n; i++)
		out(tr("Break: %s, %s to %s\n"), rows_str(r, i, "name"),
		    cli_day(c, DATEFMT_DAY, rows_str(r, i, "first_day")),
		    cli_day(c, DATEFMT_DAY, rows_str(r, i, "last_day")));
}

static int
schedule_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct rows r, breaks;
	json_t *o;
	int rc = 0;

	(void)a;
	if (schedule_require(c, &r, e) == -1)
		return -1;
	if (database_run(c->db, &breaks, e, "schedule_breaks", NULL, 0) == -1) {
		rows_done(&r);
		return -1;
	}
	o = json_of_row(&r, 0);
	(void)json_object_set_new(o, "breaks", json_of_rows(&breaks));
	if (!out_object(c, "tweeluik.calendar/1", o)) {
		print_rule(c, &r);
		print_breaks(c, &breaks);
		out("\n");
		rc = list_moments(c, NULL, 5, e);
	}
	rows_done(&breaks);
	rows_done(&r);
	return rc;
}

struct rule {
	const char *first_date, *time, *zone;
	int64_t every, minimum, grace, late; /* -1: as it is */
};

static int
make_rule(struct cli *c, const void *arg, struct err *e)
{
	const struct rule *x = arg;
	struct param every =
	    x->every == -1 ? param_null() : param_int(x->every);
	struct param minimum =
	    x->minimum == -1 ? param_null() : param_int(x->minimum);
	struct param grace =
	    x->grace == -1 ? param_null() : param_int(x->grace);
	struct param late = x->late == -1 ? param_null() : param_int(x->late);

	return DATABASE_DO(c->db, e, "schedule_set", param_text(c->actor),
	    param_text(x->first_date), param_text(x->time), param_text(x->zone),
	    every, minimum, grace, late);
}

static bool
is_time(const char *s)
{
	return strlen(s) == 5 && s[2] == ':' && strspn(s, "012") >= 1 &&
	    strspn(s, "0123456789") == 2 && (s[0] < '2' || s[1] <= '3') &&
	    s[3] >= '0' && s[3] <= '5' && s[4] >= '0' && s[4] <= '9';
}

static int
check_zone(struct cli *c, const char *zone, struct err *e)
{
	struct rows r;
	bool known;

	if (DATABASE_RUN(c->db, &r, e, "schedule_zone_known",
		param_text(zone)) == -1)
		return -1;
	known = rows_bool(&r, 0, "known");
	rows_done(&r);
	if (known)
		return 0;
	(void)err_set(e, ERR_USAGE, "There is no time zone '%s'", zone);
	(void)err_slug(e, "unknown-zone");
	return err_hint(e, N_("Write it like Europe/Amsterdam"));
}

/* "72h", "72" */
static int
read_hours(const struct cli_args *a, const char *name, int64_t *ret,
    struct err *e)
{
	const char *v = args_value(a, name);
	size_t digits = v != NULL ? strspn(v, "0123456789") : 0;
	int64_t n = 0;

	if (v == NULL)
		return 0;
	if (digits == 0 || digits > 3 ||
	    (v[digits] != '\0' && strcmp(v + digits, "h") != 0))
		return err_set(e, ERR_USAGE,
		    "--%s takes a number of hours, such as 72h", name);
	for (size_t i = 0; i < digits; i++)
		n = 10 * n + (v[i] - '0');
	*ret = n;
	return 0;
}

static int
schedule_set(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct rule x = { .every = -1, .minimum = -1, .grace = -1, .late = -1 };
	struct rows r;

	x.time = args_value(a, "time");
	x.zone = args_value(a, "zone");
	if (x.time != NULL && !is_time(x.time))
		return err_set(e, ERR_USAGE,
		    "'%s' is no time: write it like 10:00", x.time);
	if (args_int(a, "every", 1, 366, &x.every, e) == -1 ||
	    args_int(a, "minimum", 0, 1000, &x.minimum, e) == -1 ||
	    read_hours(a, "grace", &x.grace, e) == -1 ||
	    read_hours(a, "late", &x.late, e) == -1 || cli_database(c, e) == -1)
		return -1;
	if (x.zone != NULL && check_zone(c, x.zone, e) == -1)
		return -1;
	if (args_flag(a, "first-date")) {
		if (cli_read_day(c, args_value(a, "first-date"), false,
			&x.first_date, e) == -1)
			return -1;
	} else {
		if (schedule_require(c, &r, e) == -1)
			return -1;
		rows_done(&r);
		if (a->nvalues == 0)
			return err_set(e, ERR_USAGE,
			    "There is nothing to change");
	}
	return schedule_change(c, "set", "", make_rule, &x, e);
}

static const struct cli_option set_options[] = {
	{ 0, "first-date", "DATE", N_("the first date of the series") },
	{ 0, "time", "HH:MM", N_("time on the clock there (10:00)") },
	{ 0, "zone", "NAME", N_("time zone (Europe/Amsterdam)") },
	{ 0, "every", "DAYS", N_("days between two issues (14)") },
	{ 0, "minimum", "N", N_("fewer items than this: ask first (3)") },
	{ 0, "grace", "HOURS",
	    N_("not approved in time: how long that may still be done (72h)") },
	{ 0, "late", "HOURS",
	    N_("at most so much late it is still sent by itself (6h)") },
	{ 0 },
};
static const struct cli_option list_options[] = {
	{ 0, "from", "DATE", N_("from this day on (today)") },
	{ 0, "count", "N", N_("how many (10)") },
	{ 0 },
};
static const struct cli_option move_options[] = {
	{ 0, "to", "MOMENT", N_("2027-01-14T10:00, on the clock there") },
	{ 0 },
};
static const struct cli_option break_options[] = {
	{ 0, "from", "DATE", N_("first day") },
	{ 0, "to", "DATE", N_("last day") },
	{ 0, "remove", NULL, N_("take the break of this name away") },
	{ 0 },
};
static const struct cli_option pause_options[] = {
	{ 0, "until", "DATE", N_("resume by itself on this day") },
	{ 0 },
};

#define EXITS N_("0 done, 3 no calendar or no such date, 4 it is past")

const struct cli_command cli_schedule_commands[] = {
	{ "schedule", "show", N_("Show the rhythm and the next dates"), "", 0,
	    0, NULL, CLI_EXAMPLES({ "tweeluik schedule show", NULL }), EXITS,
	    "tweeluik schedule list", schedule_show },
	{ "schedule", "set", N_("Choose or change the rhythm"), "", 0, 0,
	    set_options,
	    CLI_EXAMPLES({ "tweeluik schedule set --first-date 2026-12-10",
			     NULL },
		{ "tweeluik schedule set --time 09:30 --dry-run", NULL }),
	    EXITS, "tweeluik schedule move", schedule_set },
	{ "schedule", "list", N_("List the coming dates"), "", 0, 0,
	    list_options,
	    CLI_EXAMPLES(
		{ "tweeluik schedule list --from 2026-12-01 --count 26 "
		  "--json",
		    NULL }),
	    EXITS, "tweeluik schedule show", schedule_list },
	{ "schedule", "skip", N_("Skip one date; the others stay"), "<date>", 1,
	    1, NULL,
	    CLI_EXAMPLES({ "tweeluik schedule skip 2026-12-24", NULL }), EXITS,
	    "tweeluik schedule restore", cli_schedule_skip },
	{ "schedule", "move", N_("Move one date; the others stay"), "<date>", 1,
	    1, move_options,
	    CLI_EXAMPLES({ "tweeluik schedule move 2026-12-24 --to "
			   "2026-12-23T10:00",
		NULL }),
	    EXITS, "tweeluik schedule restore", cli_schedule_move },
	{ "schedule", "restore", N_("Undo the skipping or moving of one date"),
	    "<date>", 1, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik schedule restore 2026-12-24", NULL }),
	    EXITS, "tweeluik schedule list", cli_schedule_restore },
	{ "schedule", "break", N_("Leave out all dates of a holiday"), "<name>",
	    1, 1, break_options,
	    CLI_EXAMPLES({ "tweeluik schedule break --from 2027-07-15 --to "
			   "2027-08-23 zomerpauze",
			     NULL },
		{ "tweeluik schedule break --remove zomerpauze", NULL }),
	    EXITS, "tweeluik schedule skip", cli_schedule_break },
	{ "schedule", "pause", N_("Open and send nothing for now"), "", 0, 0,
	    pause_options,
	    CLI_EXAMPLES(
		{ "tweeluik schedule pause --until 2027-02-01", NULL }),
	    EXITS, "tweeluik schedule resume, tweeluik issue pause",
	    cli_schedule_pause },
	{ "schedule", "resume", N_("Go on after a pause, or after a restore"),
	    "", 0, 0, NULL, CLI_EXAMPLES({ "tweeluik schedule resume", NULL }),
	    EXITS, "tweeluik schedule pause", cli_schedule_resume },
	{ 0 },
};
