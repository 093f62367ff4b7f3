#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/schedule.h"
#include "composer/cli/words.h"

/* After every change: issues follow, and a person sees the dates to come. */
static int
finish(struct cli *c, const char *action, const char *detail, struct err *e)
{
	const char *dates = "";
	struct rows r;

	if (database_run(c->db, NULL, e, "schedule_follow", NULL, 0) == -1 ||
	    DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("schedule"), param_null(), param_text(action),
		param_text(detail)) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "schedule_moments", param_null(),
		param_int(3), param_text(c->lang)) == -1)
		return -1;
	for (int i = 0; i < r.n; i++) {
		const char *note = rows_str(&r, i, "note");

		dates = arena_printf(&c->arena, "%s\n  %s%s%s%s", dates,
		    cli_day(c, DATEFMT_MOMENT, rows_str(&r, i, "send_at")),
		    rows_bool(&r, i, "skipped") ? tr(" - skipped") : "",
		    note[0] != '\0' ? ", " : "", note);
	}
	if (c->output != CLI_TEXT)
		schedule_out(c, &r);
	say(c,
	    c->dry_run ? N_("The coming dates would be:%s")
		       : N_("The coming dates are now:%s"),
	    dates);
	rows_done(&r);
	return 0;
}

/* Runs change() and finish() as one transaction; --dry-run takes it back. */
int
schedule_change(struct cli *c, const char *action, const char *detail,
    int (*make)(struct cli *c, const void *arg, struct err *e), const void *arg,
    struct err *e)
{
	int rc;

	if (database_begin(c->db, e) == -1)
		return -1;
	rc = database_run(c->db, NULL, e, "schedule_lock", NULL, 0);
	if (rc == 0)
		rc = make(c, arg, e);
	if (rc == 0)
		rc = finish(c, action, detail, e);
	if (rc == 0 && !c->dry_run)
		rc = database_commit(c->db, e);
	if (rc == -1 || c->dry_run)
		database_rollback(c->db);
	return rc;
}

/* The date of the series that a person means, still to come. */
static int
find_occurrence(struct cli *c, const char *word, const char **ret,
    struct err *e)
{
	struct rows r;
	const char *day, *near;
	bool found, ahead;

	if (schedule_require(c, &r, e) == -1)
		return -1;
	rows_done(&r);
	if (cli_read_day(c, word, false, &day, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "schedule_occurrence",
		param_text(day)) == -1)
		return -1;
	near = arena_strdup(&c->arena, rows_str(&r, 0, "occurrence"));
	found = strcmp(near, day) == 0;
	ahead = rows_bool(&r, 0, "ahead") || rows_bool(&r, 0, "skipped");
	rows_done(&r);
	if (!found) {
		(void)err_set(e, ERR_NOT_FOUND, "No issue is due on %s",
		    cli_day(c, DATEFMT_DAY, day));
		return err_hint(e, N_("The next date is %s"), near);
	}
	if (!ahead)
		return err_set(e, ERR_REFUSED, "%s is past",
		    cli_day(c, DATEFMT_DAY, day));
	*ret = day;
	return 0;
}

static int
make_skip(struct cli *c, const void *arg, struct err *e)
{
	return DATABASE_DO(c->db, e, "schedule_skip", param_text(arg));
}

int
cli_schedule_skip(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *day;

	if (find_occurrence(c, a->words[0], &day, e) == -1 ||
	    cli_ask(c, tr("Skip this date? Its items move to the next issue."),
		e) == -1)
		return -1;
	return schedule_change(c, "skip", day, make_skip, day, e);
}

static int
make_restore(struct cli *c, const void *arg, struct err *e)
{
	return DATABASE_DO(c->db, e, "schedule_restore", param_text(arg));
}

int
cli_schedule_restore(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *day;

	if (find_occurrence(c, a->words[0], &day, e) == -1)
		return -1;
	return schedule_change(c, "restore", day, make_restore, day, e);
}

struct move {
	const char *day, *to;
};

static int
make_move(struct cli *c, const void *arg, struct err *e)
{
	const struct move *m = arg;

	return DATABASE_DO(c->db, e, "schedule_move", param_text(m->day),
	    param_text(m->to));
}

int
cli_schedule_move(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *to = args_value(a, "to");
	struct move m;
	struct rows r;
	bool ahead;

	if (to == NULL) {
		(void)err_set(e, ERR_USAGE, "Move it to when?");
		return err_hint(e, N_("Add --to 2027-01-14T10:00"));
	}
	if (find_occurrence(c, a->words[0], &m.day, e) == -1 ||
	    cli_read_day(c, to, true, &m.to, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "schedule_moment_ahead",
		param_text(m.to)) == -1)
		return -1;
	ahead = rows_bool(&r, 0, "ahead");
	rows_done(&r);
	if (!ahead)
		return err_set(e, ERR_REFUSED, "%s is past",
		    cli_day(c, DATEFMT_MOMENT, m.to));
	return schedule_change(c, "move",
	    arena_printf(&c->arena, "%s to %s", m.day, m.to), make_move, &m, e);
}

struct pause {
	const char *from, *to, *name;
};

static int
make_break(struct cli *c, const void *arg, struct err *e)
{
	const struct pause *p = arg;

	return DATABASE_DO(c->db, e, "schedule_break_add", param_text(p->from),
	    param_text(p->to), param_text(p->name));
}

static int
remove_break(struct cli *c, const void *arg, struct err *e)
{
	struct rows r;
	int n;

	if (DATABASE_RUN(c->db, &r, e, "schedule_break_remove",
		param_text(arg)) == -1)
		return -1;
	n = r.n;
	rows_done(&r);
	if (n > 0)
		return 0;
	return err_set(e, ERR_NOT_FOUND, "There is no break named '%s'",
	    (const char *)arg);
}

int
cli_schedule_break(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *from = args_value(a, "from"), *to = args_value(a, "to");
	struct pause p = { .name = a->words[0] };
	struct rows r;

	if (schedule_require(c, &r, e) == -1)
		return -1;
	rows_done(&r);
	if (args_flag(a, "remove"))
		return schedule_change(c, "break-removed", p.name, remove_break,
		    p.name, e);
	if (from == NULL || to == NULL)
		return err_set(e, ERR_USAGE,
		    "A break needs --from DATE and --to DATE");
	if (cli_read_day(c, from, false, &p.from, e) == -1 ||
	    cli_read_day(c, to, false, &p.to, e) == -1)
		return -1;
	if (strcmp(p.to, p.from) < 0)
		return err_set(e, ERR_USAGE, "%s is before %s", p.to, p.from);
	return schedule_change(c, "break", p.name, make_break, &p, e);
}

static int
make_pause(struct cli *c, const void *arg, struct err *e)
{
	return DATABASE_DO(c->db, e, "schedule_pause", param_text(arg),
	    param_text(c->actor));
}

int
cli_schedule_pause(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *until = NULL, *today;
	struct rows r;

	if (schedule_require(c, &r, e) == -1)
		return -1;
	rows_done(&r);
	if (args_flag(a, "until") &&
	    (cli_read_day(c, args_value(a, "until"), false, &until, e) == -1 ||
		cli_today(c, &today, e) == -1))
		return -1;
	if (until != NULL && strcmp(until, today) <= 0)
		return err_set(e, ERR_USAGE, "%s is not in the future", until);
	if (schedule_change(c, "pause", until != NULL ? until : "", make_pause,
		until, e) == -1)
		return -1;
	say(c,
	    "Paused: until tweeluik schedule resume nothing is opened or "
	    "sent");
	return 0;
}

static int
make_resume(struct cli *c, const void *arg, struct err *e)
{
	(void)arg;
	return DATABASE_DO(c->db, e, "sending_release", param_text(c->actor)) ==
		-1
	    ? -1
	    : DATABASE_DO(c->db, e, "schedule_resume", param_text(c->actor));
}

int
cli_schedule_resume(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct rows r;

	(void)a;
	if (schedule_require(c, &r, e) == -1)
		return -1;
	rows_done(&r);
	return schedule_change(c, "resume", "", make_resume, NULL, e);
}
