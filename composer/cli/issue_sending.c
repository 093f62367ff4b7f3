#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/operator.h"
#include "composer/issue/dispatch.h"
#include "composer/issue/issue.h"

#define GRACE_MAX (24L * 3600)

/* "10m", "90s", "1h" */
static int
parse_grace(const char *s, int64_t *ret, struct err *e)
{
	char *end;
	long n = strtol(s, &end, 10);
	long unit = strcmp(end, "s") == 0 ? 1
	    : strcmp(end, "m") == 0	  ? 60
	    : strcmp(end, "h") == 0	  ? 3600
					  : 0;

	if (end == s || unit == 0 || n < 0 || n > GRACE_MAX / unit) {
		(void)err_set(e, ERR_USAGE, "'%s' is no time of grace", s);
		return err_hint(e,
		    N_("Write it as 0m, 90s, 10m or 1h, at "
		       "most 24h"));
	}
	*ret = n * unit;
	return 0;
}

static int
ask_send(struct cli *c, const struct cli_args *a, const struct issue *i,
    const char *grace, struct err *e)
{
	json_t *o, *audience;
	const char *question;
	json_int_t n = 0;

	if (issue_json(c, i->id, &o, e) == -1)
		return -1;
	audience = json_object_get(o, "audience");
	n = json_integer_value(json_object_get(audience, "nl")) +
	    json_integer_value(json_object_get(audience, "en")) +
	    json_integer_value(json_object_get(audience, "both"));
	json_decref(o);
	question = arena_printf(&c->arena,
	    tr("Number %s goes to %s subscribers, beginning %s from now."),
	    i->name, cli_number(c, n), grace);
	return cli_ask_name(c, question, i->name, args_value(a, "confirm"), e);
}

int
cli_issue_send(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *grace = args_value(a, "grace"), *begins_at;
	int64_t seconds;
	struct issue i;
	bool alive;
	int rc;

	if (args_flag(a, "missing"))
		return issue_send_missing(c, a, e);
	if (args_flag(a, "uncertain") || args_flag(a, "also-new")) {
		(void)err_set(e, ERR_USAGE,
		    "--uncertain and --also-new belong to --missing");
		return err_hint(e,
		    N_("To those who did not get it: tweeluik issue send %s "
		       "--missing"),
		    a->words[0]);
	}
	if (!args_flag(a, "now")) {
		(void)err_set(e, ERR_USAGE,
		    "An approved issue is sent at its planned time by itself");
		return err_hint(e, N_("To begin at once, add --now"));
	}
	if (grace == NULL)
		grace = "10m";
	if (parse_grace(grace, &seconds, e) == -1 ||
	    issue_word(c, a, &i, e) == -1 ||
	    dispatch_may_send(c->db, &i, e) == -1 ||
	    ask_send(c, a, &i, grace, e) == -1 ||
	    issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = dispatch_send(c->db, &c->arena, &i, c->actor, seconds, &begins_at,
	    &alive, e);
	if (rc == 0) {
		say(c,
		    N_("The sending of number %s begins at %s. To call it off: "
		       "tweeluik issue hold %s --reason TEXT"),
		    i.name, issue_clock(c, begins_at), i.name);
		if (!alive)
			say(c,
			    N_("Note: tweeluikd does not run; nothing is sent "
			       "until it does"));
	}
	return issue_end(c, &i, rc, e);
}

int
cli_issue_pause(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *reason = args_value(a, "reason");
	struct issue i;
	bool changed;
	int rc;

	if (issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = dispatch_pause(c->db, &i, c->actor, reason == NULL ? "" : reason,
	    &changed, e);
	if (rc == 0)
		say(c,
		    changed ? N_("The sending of number %s is paused; what is "
				 "on its way still leaves")
			    : N_("The sending of number %s was paused already"),
		    i.name);
	if (rc == 0)
		say(c,
		    N_("Go on: tweeluik issue resume %s     End it: tweeluik "
		       "issue stop %s"),
		    i.name, i.name);
	return issue_end(c, &i, rc, e);
}

int
cli_issue_resume(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct issue i;
	bool changed;
	int rc;

	if (issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = dispatch_resume(c->db, &i, c->actor, &changed, e);
	if (rc == 0)
		say(c,
		    changed ? N_("The sending of number %s goes on. Follow it: "
				 "tweeluik issue show %s --watch")
			    : N_("The sending of number %s was not paused. "
				 "Look: tweeluik issue show %s"),
		    i.name, i.name);
	return issue_end(c, &i, rc, e);
}

static int
say_stopped(struct cli *c, const struct issue *i, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "mailing_state", param_int(i->id)) == -1)
		return -1;
	say(c,
	    N_("The sending of number %s is stopped: %s of %s were accepted, "
	       "%s are not sent"),
	    i->name, cli_number(c, rows_int(&r, 0, "accepted")),
	    cli_number(c, rows_int(&r, 0, "planned")),
	    cli_number(c, rows_int(&r, 0, "waiting")));
	say(c, N_("Report: tweeluik issue report %s"), i->name);
	rows_done(&r);
	return 0;
}

int
cli_issue_stop(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct issue i;
	int rc;

	if (issue_word(c, a, &i, e) == -1 ||
	    dispatch_may_stop(c->db, &i, e) == -1 ||
	    cli_ask_name(c,
		arena_printf(&c->arena,
		    tr("The sending of number %s ends for good; the rest of "
		       "the readers get nothing."),
		    i.name),
		i.name, args_value(a, "confirm"), e) == -1 ||
	    issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = dispatch_stop(c->db, &i, c->actor, e);
	if (rc == 0)
		rc = say_stopped(c, &i, e);
	return issue_end(c, &i, rc, e);
}
