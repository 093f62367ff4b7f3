#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/issue.h"
#include "composer/cli/operator.h"
#include "composer/cli/reply.h"
#include "composer/cli/subscriber.h"
#include "composer/issue/issue.h"

static void
verdict(struct why *w, const char *word)
{
	(void)json_object_set_new(w->doc, "verdict", json_string(word));
}

/* The code beside what it means: " (452 4.2.2, rcpt: \"mailbox full\")" */
static const char *
verbatim(struct cli *c, const struct rows *r, int i)
{
	const char *status = rows_str(r, i, "status");
	const char *reply = rows_str(r, i, "reply");
	const char *stage = rows_str(r, i, "stage");

	if (rows_null(r, i, "stage"))
		return "";
	return arena_printf(&c->arena, " (%s%s%s%s%s%s%s)",
	    rows_null(r, i, "code") ? "" : rows_str(r, i, "code"),
	    status[0] != '\0' ? " " : "", status,
	    rows_null(r, i, "code") ? "" : ", ", stage,
	    reply[0] != '\0' ? ": " : "", reply);
}

static void
tell_attempt(struct why *w, const struct rows *r, int i)
{
	const char *result = rows_str(r, i, "result");
	const char *meaning = tr(reply_meaning((int)rows_int(r, i, "code"),
	    rows_str(r, i, "status"), rows_str(r, i, "stage")));
	const char *at = cli_day(w->c, DATEFMT_MOMENT, rows_str(r, i, "at"));
	const char *said = verbatim(w->c, r, i);
	int n = (int)rows_int(r, i, "attempt");

	if (strcmp(result, "accepted") == 0)
		why_tell(w, N_("Attempt %d, %s: accepted%s."), n, at, said);
	else if (strcmp(result, "deferred") == 0)
		why_tell(w, N_("Attempt %d, %s: deferred, because %s%s."), n,
		    at, meaning, said);
	else if (strcmp(result, "refused") == 0)
		why_tell(w, N_("Attempt %d, %s: refused, because %s%s."), n, at,
		    meaning, said);
	else if (strcmp(result, "uncertain") == 0)
		why_tell(w, N_("Attempt %d, %s: uncertain, because %s%s."), n,
		    at, meaning, said);
	else if (strcmp(result, "suppressed") == 0)
		why_tell(w,
		    N_("Attempt %d, %s: not sent, because this reader was not "
		       "active any more."),
		    n, at);
	else
		why_tell(w,
		    N_("Attempt %d, %s: not made any more, because the time "
		       "for it was over."),
		    n, at);
}

/* What can still come of it. */
static void
tell_waiting(struct why *w, const struct issue *i, const struct rows *d,
    const struct rows *tries)
{
	const char *state = rows_str(d, 0, "state");
	bool uncertain = tries->n > 0 &&
	    strcmp(rows_str(tries, tries->n - 1, "result"), "uncertain") == 0;

	if (uncertain)
		why_tell(w,
		    N_("So the mail server may have it or not. It is sent once "
		       "more, the same to the byte, so that mail software can "
		       "tell."));
	if (strcmp(state, "stopped") == 0) {
		verdict(w, "stopped");
		why_tell(w,
		    N_("%s stopped the sending on %s, before this mail was "
		       "taken. After all: tweeluik issue send %s --missing"),
		    rows_str(d, 0, "state_by"),
		    cli_day(w->c, DATEFMT_MOMENT, rows_str(d, 0, "state_at")),
		    i->name);
		return;
	}
	verdict(w, "waiting");
	if (strcmp(state, "paused") == 0)
		why_tell(w,
		    N_("It waits, and so does the whole sending: paused by %s "
		       "on %s%s%s. Go on: tweeluik issue resume %s"),
		    rows_str(d, 0, "state_by"),
		    cli_day(w->c, DATEFMT_MOMENT, rows_str(d, 0, "state_at")),
		    rows_str(d, 0, "state_reason")[0] != '\0' ? ": " : "",
		    rows_str(d, 0, "state_reason"), i->name);
	else if (rows_bool(d, 0, "due"))
		why_tell(w, N_("It waits for its turn, which may come now."));
	else
		why_tell(w,
		    N_("It waits. The next attempt is on %s, the last one "
		       "before %s."),
		    cli_day(w->c, DATEFMT_MOMENT, rows_str(d, 0, "due_at")),
		    cli_day(w->c, DATEFMT_MOMENT,
			rows_str(d, 0, "expires_at")));
}

static void
tell_outcome(struct why *w, const struct issue *i, const char *result)
{
	verdict(w, result);
	if (strcmp(result, "accepted") == 0)
		why_tell(w,
		    N_("So the mail server has taken the mail. Not in the "
		       "mailbox? Then it is in the spam folder, or a filter "
		       "behind the server took it."));
	else if (strcmp(result, "uncertain") == 0)
		why_tell(w,
		    N_("So the mail server may have it or not. Ask the reader, "
		       "or send it again to all uncertain ones, some of whom "
		       "then get it twice: tweeluik issue send %s --missing "
		       "--uncertain"),
		    i->name);
	else if (strcmp(result, "suppressed") == 0)
		why_tell(w,
		    N_("This reader got nothing, and will not, unless they "
		       "are active again: tweeluik issue send %s --missing"),
		    i->name);
	else
		why_tell(w,
		    N_("This reader got nothing. To try again, as long as they "
		       "are active: tweeluik issue send %s --missing"),
		    i->name);
}

static int
tell_attempts(struct why *w, const struct issue *i, const struct rows *d,
    struct err *e)
{
	json_t *attempts, *row;
	struct rows r;
	size_t k;

	if (DATABASE_RUN(w->c->db, &r, e, "why_attempts",
		param_int(rows_int(d, 0, "mailing_id")),
		param_int(rows_int(d, 0, "seq"))) == -1)
		return -1;
	attempts = json_of_rows(&r);
	json_array_foreach(attempts, k, row)
	{
		tell_attempt(w, &r, (int)k);
		(void)json_object_set_new(row, "meaning",
		    json_string(
			tr(reply_meaning((int)rows_int(&r, (int)k, "code"),
			    rows_str(&r, (int)k, "status"),
			    rows_str(&r, (int)k, "stage")))));
	}
	(void)json_object_set_new(w->doc, "attempts", attempts);
	if (!rows_null(d, 0, "due_at")) {
		if (r.n == 0)
			why_tell(w, N_("No attempt has been made yet."));
		tell_waiting(w, i, d, &r);
	} else if (r.n > 0) {
		tell_outcome(w, i, rows_str(&r, r.n - 1, "result"));
	}
	rows_done(&r);
	return 0;
}

/* What a special edition is for, when that is not everybody. */
static void
tell_audience(struct why *w, const struct issue *i, const struct rows *r)
{
	const char *audience = rows_str(r, 0, "audience");

	if (strcmp(audience, "tags") == 0)
		why_tell(w, N_("It is only for those with the tag %s."),
		    rows_str(r, 0, "tags"));
	else if (strcmp(audience, "organisations") == 0)
		why_tell(w,
		    N_("It is only for those who belong to an organisation."));
	else if (strcmp(audience, "got") == 0)
		why_tell(w, N_("It is only for those who got number %s."),
		    i->corrects);
}

/* Why somebody was left out when the issue was put together. */
static int
tell_left_out(struct why *w, const struct issue *i, const struct rows *person,
    const char *frozen, struct err *e)
{
	const char *since, *was;
	bool never, some;
	struct rows r;

	verdict(w, "not-planned");
	if (DATABASE_RUN(w->c->db, &r, e, "why_then", param_int(i->id),
		param_int(rows_int(person, 0, "id"))) == -1)
		return -1;
	was = arena_strdup(&w->c->arena, rows_str(&r, 0, "was"));
	since = cli_day(w->c, DATEFMT_MOMENT, rows_str(&r, 0, "since"));
	never = rows_bool(&r, 0, "suppressed");
	some = strcmp(rows_str(&r, 0, "audience"), "all") != 0;
	(void)json_object_set_new(w->doc, "was", json_string(was));
	if (strcmp(was, "later") == 0)
		why_tell(w,
		    N_("Number %s was not planned for this reader, who came "
		       "later: it was put together on %s, and they are known "
		       "since %s. Include those who came later: tweeluik "
		       "issue send %s --missing --also-new"),
		    i->name, frozen, since, i->name);
	else if (strcmp(was, "unsubscribed") == 0)
		why_tell(w,
		    N_("Number %s was not planned for this reader, who had "
		       "left before it was put together on %s."),
		    i->name, frozen);
	else if (some && !never && strcmp(was, "active") == 0) {
		why_tell(w,
		    N_("Number %s was not planned for this reader, who was not "
		       "among those it is for when it was put together on %s."),
		    i->name, frozen);
		tell_audience(w, i, &r);
	} else if (strcmp(was, "active") == 0 || strcmp(was, "unknown") == 0)
		why_tell(w,
		    never ? N_("Number %s was not planned for this reader, "
			       "whose address was among those that get no "
			       "mail when it was put together on %s.")
			  : N_("Number %s was not planned for this reader; why "
			       "not can no longer be told. It was put "
			       "together on %s."),
		    i->name, frozen);
	else
		why_tell(w,
		    N_("Number %s was not planned for this reader, who was not "
		       "active when it was put together on %s but: %s."),
		    i->name, frozen, tr(subscriber_state_word(was)));
	rows_done(&r);
	return 0;
}

/* Nothing is frozen yet. */
static int
tell_future(struct why *w, const struct issue *i, const struct rows *person,
    struct err *e)
{
	struct rows r;
	bool gets;

	if (DATABASE_RUN(w->c->db, &r, e, "why_future", param_int(i->id),
		param_int(rows_int(person, 0, "id"))) == -1)
		return -1;
	gets = !rows_null(&r, 0, "edition");
	verdict(w, i->state == ISSUE_SKIPPED ? "skipped" : "not-sent-yet");
	if (i->state == ISSUE_SKIPPED)
		why_tell(w, N_("Number %s was skipped; nobody got it."),
		    i->name);
	else if (gets)
		why_tell(w,
		    N_("Number %s has not been sent yet. As things are now, "
		       "this reader gets it on %s, edition: %s."),
		    i->name, cli_day(w->c, DATEFMT_MOMENT, i->goes_at),
		    issue_edition_word(rows_str(&r, 0, "edition")));
	else
		why_tell(w,
		    N_("Number %s has not been sent yet. As things are now, "
		       "this reader does not get it."),
		    i->name);
	if (!gets && i->state != ISSUE_SKIPPED)
		tell_audience(w, i, &r);
	rows_done(&r);
	return 0;
}

/* What came back of it, after a server had taken it. */
static int
tell_returns(struct why *w, const struct rows *person, const struct rows *d,
    struct err *e)
{
	json_t *list;
	struct rows r;

	if (DATABASE_RUN(w->c->db, &r, e, "why_returns",
		param_int(rows_int(person, 0, "id")),
		param_int(rows_int(d, 0, "mailing_id"))) == -1)
		return -1;
	list = json_of_rows(&r);
	for (int i = 0; i < r.n; i++) {
		const char *status = rows_str(&r, i, "status");
		const char *meaning =
		    bounce_meaning(rows_str(&r, i, "reason"), status);
		const char *words = rows_str(&r, i, "diagnostic");

		why_tell(w, N_("It came back on %s, because %s%s%s%s%s%s: %s."),
		    cli_day(w->c, DATEFMT_MOMENT, rows_str(&r, i, "at")),
		    tr(meaning), status[0] != '\0' ? " (" : "", status,
		    status[0] != '\0' ? ")" : "", words[0] != '\0' ? ", " : "",
		    words, tr(bounce_done(rows_str(&r, i, "effect"))));
		verdict(w, "returned");
	}
	(void)json_object_set_new(w->doc, "returns", list);
	rows_done(&r);
	return 0;
}

static int
tell_delivery(struct why *w, const struct issue *i, const struct rows *person,
    const struct rows *d, struct err *e)
{
	const char *frozen =
	    cli_day(w->c, DATEFMT_MOMENT, rows_str(d, 0, "frozen_at"));
	json_t *facts = json_of_row(d, 0);

	(void)json_object_set_new(w->doc, "mailing", facts);
	if (rows_null(d, 0, "seq"))
		return tell_left_out(w, i, person, frozen, e);
	why_tell(w,
	    N_("Number %s was planned for this reader on %s, edition: %s, as "
	       "%s of %s mails."),
	    i->name, frozen, issue_edition_word(rows_str(d, 0, "edition")),
	    cli_number(w->c, rows_int(d, 0, "seq")),
	    cli_number(w->c, rows_int(d, 0, "planned")));
	if (tell_attempts(w, i, d, e) == -1)
		return -1;
	return tell_returns(w, person, d, e);
}

int
why_issue(struct why *w, const struct issue *i, const struct rows *person,
    struct err *e)
{
	struct rows d;
	int rc = 0;

	if (DATABASE_RUN(w->c->db, &d, e, "why_delivery", param_int(i->id),
		param_int(rows_int(person, 0, "id"))) == -1)
		return -1;
	if (d.n == 0)
		rc = tell_future(w, i, person, e);
	else
		rc = tell_delivery(w, i, person, &d, e);
	rows_done(&d);
	return rc;
}
