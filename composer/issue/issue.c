#include "composer/issue/issue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/day.h"
#include "base/err.h"
#include "composer/message/vet.h"

/* Digits up to what follows, from 1 to 9999; 0 for anything else. */
static int
small_number(const char **p)
{
	int n = 0;

	for (; **p >= '0' && **p <= '9' && n <= 999; (*p)++)
		n = n * 10 + (**p - '0');
	return n;
}

static bool
parse_name(const char *name, bool *extra, int *number, int *year)
{
	const char *p = name;

	*year = 0;
	*extra = strncmp(p, "extra-", 6) == 0;
	if (*extra)
		p += 6;
	*number = small_number(&p);
	if (*number == 0)
		return false;
	if (*p == '-') {
		p++;
		*year = small_number(&p);
		if (*year < 1000)
			return false;
	}
	return *p == '\0';
}

static enum issue_state
state_of(const char *word)
{
	static const char *const words[] = { "open", "approved", "sending",
		"sent", "skipped", "stopped" };
	int i = 0;

	while (strcmp(words[i], word) != 0)
		i++;
	return (enum issue_state)i;
}

/* A column as text in the arena, NULL for SQL null. */
static const char *
keep(struct arena *a, const struct rows *r, const char *column)
{
	const char *s = rows_text(r, 0, column);

	return s == NULL ? NULL : arena_strdup(a, s);
}

static void
fill(struct arena *a, const struct rows *r, struct issue *ret)
{
	*ret = (struct issue){
		.id = rows_int(r, 0, "id"),
		.name = keep(a, r, "name"),
		.number = (int)rows_int(r, 0, "number"),
		.year = (int)rows_int(r, 0, "year"),
		.extra = rows_bool(r, 0, "extra"),
		.kind = special_of(rows_text(r, 0, "kind")),
		.at_once = rows_bool(r, 0, "at_once"),
		.audience = keep(a, r, "audience"),
		.tags = keep(a, r, "tags"),
		.corrects = keep(a, r, "corrects"),
		.state = state_of(rows_str(r, 0, "state")),
		.revision = (int)rows_int(r, 0, "revision"),
		.planned_at = keep(a, r, "planned_at"),
		.goes_at = keep(a, r, "goes_at"),
		.held_at = keep(a, r, "held_at"),
		.held_by = keep(a, r, "held_by"),
		.held_reason = keep(a, r, "held_reason"),
		.approved_at = keep(a, r, "approved_at"),
		.approved_by = keep(a, r, "approved_by"),
		.approved_revision = (int)rows_int(r, 0, "approved_revision"),
	};
}

int
issue_find(struct database *d, struct arena *a, const char *name,
    struct issue *ret, struct err *e)
{
	bool next = strcmp(name, "next") == 0, extra = false, found;
	int number = 0, year = 0;
	struct rows r;

	if (!next && !parse_name(name, &extra, &number, &year)) {
		(void)err_set(e, ERR_USAGE, "'%s' does not name an issue",
		    name);
		return err_hint(e,
		    N_("Name it as 12, 12-2026, extra-3 or next"));
	}
	if (DATABASE_RUN(d, &r, e, "issue_find",
		param_text(extra ? "extra" : "regular"),
		next ? param_null() : param_int(number),
		year == 0 ? param_null() : param_int(year), param_null()) == -1)
		return -1;
	found = r.n == 1;
	if (found)
		fill(a, &r, ret);
	rows_done(&r);
	if (found)
		return 0;
	if (next) {
		(void)err_set(e, ERR_NOT_FOUND, "There is no next issue yet");
		return err_hint(e,
		    N_("Make it with: tweeluik issue plan next"));
	}
	(void)err_set(e, ERR_NOT_FOUND, "There is no issue %s", name);
	return err_hint(e, N_("All issues: tweeluik issue list"));
}

int
issue_again(struct database *d, struct arena *a, int64_t id, struct issue *ret,
    struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "issue_find", param_null(), param_null(),
		param_null(), param_int(id)) == -1)
		return -1;
	fill(a, &r, ret);
	rows_done(&r);
	return 0;
}

int
issue_open_next(struct database *d, struct err *e)
{
	struct rows r;
	bool none, unset, paused, approved;

	if (database_run(d, &r, e, "issue_open_next", NULL, 0) == -1)
		return -1;
	none = rows_null(&r, 0, "id");
	rows_done(&r);
	if (!none)
		return 0;
	if (database_run(d, &r, e, "issue_why_none", NULL, 0) == -1)
		return -1;
	unset = rows_bool(&r, 0, "unset");
	paused = rows_bool(&r, 0, "paused");
	approved = rows_bool(&r, 0, "approved");
	rows_done(&r);
	if (unset) {
		(void)err_set(e, ERR_REFUSED, "There is no calendar yet");
		(void)err_hint(e,
		    N_("Begin one with: tweeluik schedule set --first-date "
		       "DATE"));
		return err_slug(e, "no-schedule");
	}
	if (paused) {
		(void)err_set(e, ERR_REFUSED, "The calendar is paused");
		(void)err_hint(e, N_("Go on with: tweeluik schedule resume"));
		return err_slug(e, "schedule-paused");
	}
	if (approved) {
		(void)err_set(e, ERR_REFUSED,
		    "The next issue opens when the approved one has been sent");
		return err_slug(e, "approved");
	}
	(void)err_set(e, ERR_REFUSED, "The calendar has no date to come");
	return err_slug(e, "no-date");
}

/* Who changed what, when an approval was taken back. */
static int
refuse_open(struct database *d, const struct issue *i, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "issue_revoked", param_int(i->id)) == -1)
		return -1;
	if (r.n == 1)
		(void)err_set(e, ERR_REFUSED,
		    "Number %s is not approved: changed by %s at %.16s (%s)",
		    i->name, rows_str(&r, 0, "actor"), rows_str(&r, 0, "at"),
		    rows_str(&r, 0, "detail"));
	else
		(void)err_set(e, ERR_REFUSED, "Number %s is not approved",
		    i->name);
	rows_done(&r);
	(void)err_hint(e,
	    N_("Look: tweeluik issue check %s     Then: tweeluik issue "
	       "approve %s"),
	    i->name, i->name);
	return err_slug(e, "not-approved");
}

int
issue_refuse(struct database *d, const struct issue *i, struct err *e)
{
	switch (i->state) {
	case ISSUE_OPEN:
		return refuse_open(d, i, e);
	case ISSUE_APPROVED:
		(void)err_set(e, ERR_REFUSED, "Number %s is approved", i->name);
		(void)err_hint(e, N_("Look: tweeluik issue show %s"), i->name);
		return err_slug(e, "approved");
	case ISSUE_SENDING:
		(void)err_set(e, ERR_REFUSED, "Number %s is being sent",
		    i->name);
		(void)err_hint(e, N_("Interrupt it: tweeluik issue pause %s"),
		    i->name);
		return err_slug(e, "sending");
	case ISSUE_SENT:
		(void)err_set(e, ERR_REFUSED, "Number %s has been sent",
		    i->name);
		(void)err_hint(e, N_("Report: tweeluik issue report %s"),
		    i->name);
		return err_slug(e, "sent");
	case ISSUE_SKIPPED:
		(void)err_set(e, ERR_REFUSED, "This date was skipped");
		return err_slug(e, "skipped");
	case ISSUE_STOPPED:
		(void)err_set(e, ERR_REFUSED,
		    "The sending of number %s was stopped", i->name);
		(void)err_hint(e, N_("Report: tweeluik issue report %s"),
		    i->name);
		return err_slug(e, "stopped");
	}
	abort();
}

static bool
may_change(const struct issue *i)
{
	return i->state == ISSUE_OPEN || i->state == ISSUE_APPROVED;
}

static int
vet_text(const struct issue_text *t, struct err *e)
{
	if (t->headline != NULL) {
		if (strlen(t->headline) > ISSUE_HEADLINE_MAX)
			return err_set(e, ERR_INPUT,
			    "The headline is longer than %d bytes",
			    ISSUE_HEADLINE_MAX);
		if (vet_line("headline", t->headline, e) == -1)
			return -1;
	}
	if (t->preheader != NULL) {
		if (strlen(t->preheader) > ISSUE_HEADLINE_MAX)
			return err_set(e, ERR_INPUT,
			    "The preheader is longer than %d bytes",
			    ISSUE_HEADLINE_MAX);
		if (vet_line("preheader", t->preheader, e) == -1)
			return -1;
	}
	if (t->opening != NULL) {
		if (strlen(t->opening) > ISSUE_OPENING_MAX)
			return err_set(e, ERR_INPUT,
			    "The opening is longer than %d bytes",
			    ISSUE_OPENING_MAX);
		if (vet_body("opening", t->opening, e) == -1)
			return -1;
	}
	return 0;
}

int
issue_set_text(struct database *d, const struct issue *i, const char *lang,
    const struct issue_text *t, struct err *e)
{
	if (t->headline == NULL && t->preheader == NULL && t->opening == NULL)
		return 0;
	if (!may_change(i))
		return issue_refuse(d, i, e);
	if (vet_text(t, e) == -1)
		return -1;
	return DATABASE_DO(d, e, "issue_set_text", param_int(i->id),
	    param_text(lang), param_text(t->headline), param_text(t->preheader),
	    param_text(t->opening));
}

int
issue_moment(struct database *d, const char *local, char ret[ISSUE_MOMENT_SIZE],
    struct err *e)
{
	char text[DAY_TEXT_SIZE];
	struct rows r;
	bool past, valid;

	if (database_run(d, &r, e, "item_today", NULL, 0) == -1)
		return -1;
	valid = day_parse(text, local, rows_str(&r, 0, "today"), true);
	rows_done(&r);
	if (!valid) {
		(void)err_set(e, ERR_INPUT, "'%s' is not a date and time",
		    local);
		return err_hint(e, N_("Write it as \"2026-12-10 10:00\""));
	}
	if (DATABASE_RUN(d, &r, e, "issue_moment", param_text(text)) == -1)
		return -1;
	(void)snprintf(ret, ISSUE_MOMENT_SIZE, "%s", rows_str(&r, 0, "moment"));
	past = rows_bool(&r, 0, "past");
	rows_done(&r);
	return past ? err_set(e, ERR_INPUT, "%s is in the past", local) : 0;
}

int
issue_set_moment(struct database *d, const struct issue *i, const char *local,
    const char *actor, struct err *e)
{
	char moment[ISSUE_MOMENT_SIZE];

	if (!may_change(i))
		return issue_refuse(d, i, e);
	if (i->kind == SPECIAL_URGENT)
		return err_set(e, ERR_USAGE,
		    "What is urgent leaves 10 minutes after its approval, so "
		    "it takes no --at");
	if (issue_moment(d, local, moment, e) == -1)
		return -1;
	if (strcmp(moment, i->planned_at) == 0)
		return 0;
	return DATABASE_DO(d, e, "issue_move", param_int(i->id),
	    param_text(actor), param_text(moment));
}
