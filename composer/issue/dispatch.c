#include "composer/issue/dispatch.h"

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/issue/issue.h"
#include "composer/message/vet.h"

static int
note(struct database *d, const struct issue *i, const char *actor,
    const char *action, const char *detail, struct err *e)
{
	return DATABASE_DO(d, e, "activity_add", param_text(actor),
	    param_text("issue"), param_int(i->id), param_text(action),
	    param_text(detail));
}

/* Hold and release are for what has not begun. */
static int
refuse_begun(struct database *d, const struct issue *i, struct err *e)
{
	return i->state == ISSUE_OPEN || i->state == ISSUE_APPROVED
	    ? 0
	    : issue_refuse(d, i, e);
}

int
dispatch_hold(struct database *d, const struct issue *i, const char *actor,
    const char *reason, bool *ret_changed, struct err *e)
{
	struct rows r;

	if (refuse_begun(d, i, e) == -1 || vet_line("reason", reason, e) == -1)
		return -1;
	if (DATABASE_RUN(d, &r, e, "issue_hold", param_int(i->id),
		param_text(actor), param_text(reason)) == -1)
		return -1;
	*ret_changed = rows_bool(&r, 0, "changed");
	rows_done(&r);
	return 0;
}

int
dispatch_release(struct database *d, const struct issue *i, const char *actor,
    bool *ret_changed, struct err *e)
{
	struct rows r;

	if (refuse_begun(d, i, e) == -1)
		return -1;
	if (DATABASE_RUN(d, &r, e, "issue_release", param_int(i->id),
		param_text(actor)) == -1)
		return -1;
	*ret_changed = rows_bool(&r, 0, "changed");
	rows_done(&r);
	return 0;
}

static int
schedule_state(struct database *d, bool *ret_alive, struct err *e)
{
	struct rows r;
	bool paused;

	if (database_run(d, &r, e, "issue_sending_possible", NULL, 0) == -1)
		return -1;
	paused = rows_bool(&r, 0, "paused");
	*ret_alive = rows_bool(&r, 0, "alive");
	rows_done(&r);
	if (!paused)
		return 0;
	(void)err_set(e, ERR_REFUSED, "The calendar is paused");
	(void)err_hint(e, N_("Go on with: tweeluik schedule resume"));
	return err_slug(e, "schedule-paused");
}

int
dispatch_may_send(struct database *d, const struct issue *i, struct err *e)
{
	bool alive;

	if (i->state != ISSUE_APPROVED)
		return issue_refuse(d, i, e);
	if (i->held_at != NULL) {
		(void)err_set(e, ERR_REFUSED, "Number %s is held by %s: %s",
		    i->name, i->held_by, i->held_reason);
		(void)err_hint(e,
		    N_("First: tweeluik issue release %s     Then: tweeluik "
		       "issue send %s --now"),
		    i->name, i->name);
		return err_slug(e, "held");
	}
	return schedule_state(d, &alive, e);
}

int
dispatch_send(struct database *d, struct arena *a, const struct issue *i,
    const char *actor, int64_t grace_seconds, const char **ret_begins_at,
    bool *ret_alive, struct err *e)
{
	struct rows r;
	bool begins;

	if (dispatch_may_send(d, i, e) == -1 ||
	    schedule_state(d, ret_alive, e) == -1)
		return -1;
	if (DATABASE_RUN(d, &r, e, "issue_send_now", param_int(i->id),
		param_int(grace_seconds)) == -1)
		return -1;
	begins = r.n == 1;
	if (begins)
		*ret_begins_at = arena_strdup(a, rows_str(&r, 0, "begins_at"));
	rows_done(&r);
	if (!begins) {
		(void)err_set(e, ERR_CONFLICT,
		    "Number %s was changed a moment ago", i->name);
		return err_hint(e, N_("Look: tweeluik issue show %s"), i->name);
	}
	return note(d, i, actor, "send-now", *ret_begins_at, e);
}

static int
refuse_not_sending(struct database *d, const struct issue *i, struct err *e)
{
	if (i->state != ISSUE_OPEN && i->state != ISSUE_APPROVED)
		return issue_refuse(d, i, e);
	(void)err_set(e, ERR_REFUSED, "Number %s is not being sent", i->name);
	(void)err_hint(e,
	    N_("To keep it from leaving: tweeluik issue hold %s --reason TEXT"),
	    i->name);
	return err_slug(e, "not-sending");
}

/* Change the mailing by a query that returns it when there was something to
 * change. */
static int
change_mailing(struct database *d, const char *query, const struct param *p,
    size_t n, bool *ret_changed, struct err *e)
{
	struct rows r;

	if (database_run(d, &r, e, query, p, n) == -1)
		return -1;
	*ret_changed = r.n == 1;
	rows_done(&r);
	return 0;
}

int
dispatch_pause(struct database *d, const struct issue *i, const char *actor,
    const char *reason, bool *ret_changed, struct err *e)
{
	const struct param p[] = { param_int(i->id), param_text(actor),
		param_text(reason) };

	if (i->state != ISSUE_SENDING)
		return refuse_not_sending(d, i, e);
	if ((reason[0] != '\0' && vet_line("reason", reason, e) == -1) ||
	    change_mailing(d, "mailing_pause", p, 3, ret_changed, e) == -1)
		return -1;
	return *ret_changed ? note(d, i, actor, "paused", reason, e) : 0;
}

int
dispatch_resume(struct database *d, const struct issue *i, const char *actor,
    bool *ret_changed, struct err *e)
{
	const struct param p[] = { param_int(i->id), param_text(actor) };

	if (i->state != ISSUE_SENDING)
		return refuse_not_sending(d, i, e);
	if (change_mailing(d, "mailing_resume", p, 2, ret_changed, e) == -1)
		return -1;
	if (!*ret_changed)
		return 0;
	if (database_run(d, NULL, e, "mailing_wake", NULL, 0) == -1)
		return -1;
	return note(d, i, actor, "resumed", "", e);
}

int
dispatch_may_stop(struct database *d, const struct issue *i, struct err *e)
{
	return i->state == ISSUE_SENDING ? 0 : refuse_not_sending(d, i, e);
}

int
dispatch_stop(struct database *d, const struct issue *i, const char *actor,
    struct err *e)
{
	const struct param p[] = { param_int(i->id), param_text(actor),
		param_text("") };
	bool changed;

	if (dispatch_may_stop(d, i, e) == -1 ||
	    change_mailing(d, "mailing_stop", p, 3, &changed, e) == -1)
		return -1;
	if (!changed)
		return err_set(e, ERR_CONFLICT,
		    "The sending of number %s ended a moment ago", i->name);
	return note(d, i, actor, "stopped", "", e);
}
