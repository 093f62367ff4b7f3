#include "composer/issue/extra.h"

#include <string.h>

#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/issue/issue.h"
#include "composer/message/vet.h"

static int
correction(struct database *d, const struct extra *x, struct err *e)
{
	if (x->of == NULL) {
		(void)err_set(e, ERR_USAGE, "Which issue does it correct?");
		return err_hint(e, N_("Add --of NUMBER"));
	}
	if (x->organisations || strcmp(x->tags, "{}") != 0)
		return err_set(e, ERR_USAGE,
		    "A correction goes to those who got the issue that was "
		    "wrong, and to nobody else");
	if (x->of->state == ISSUE_OPEN || x->of->state == ISSUE_APPROVED) {
		(void)err_set(e, ERR_REFUSED,
		    "Number %s has not been sent, so nobody got what is wrong",
		    x->of->name);
		(void)err_hint(e,
		    N_("Keep it back: tweeluik issue hold %s --reason TEXT"),
		    x->of->name);
		return err_slug(e, "not-sent");
	}
	return x->of->state == ISSUE_SKIPPED ? issue_refuse(d, x->of, e) : 0;
}

static int
fits(struct database *d, const struct extra *x, struct err *e)
{
	if (x->kind == SPECIAL_CORRECTION)
		return correction(d, x, e);
	if (x->of != NULL)
		return err_set(e, ERR_USAGE,
		    "--of belongs to --kind correction");
	if (x->organisations && strcmp(x->tags, "{}") != 0)
		return err_set(e, ERR_USAGE,
		    "Either --tag or --organisations, not both");
	if (x->kind == SPECIAL_URGENT && x->at != NULL)
		return err_set(e, ERR_USAGE,
		    "What is urgent leaves 10 minutes after its approval, so "
		    "it takes no --at");
	return 0;
}

static const char *
audience(const struct extra *x)
{
	return x->of != NULL	    ? "got"
	    : x->organisations	    ? "organisations"
	    : strcmp(x->tags, "{}") ? "tags"
				    : "all";
}

int
extra_plan(struct database *d, const struct extra *x, const char *actor,
    int64_t *ret_id, struct err *e)
{
	char moment[ISSUE_MOMENT_SIZE];
	struct rows r;

	if (fits(d, x, e) == -1 ||
	    (x->at != NULL && issue_moment(d, x->at, moment, e) == -1) ||
	    DATABASE_RUN(d, &r, e, "special_plan",
		param_text(special_words[x->kind]), param_text(actor),
		param_text(x->at == NULL ? NULL : moment),
		param_text(audience(x)), param_text(x->tags),
		x->of == NULL ? param_null() : param_int(x->of->id)) == -1)
		return -1;
	*ret_id = rows_int(&r, 0, "id");
	rows_done(&r);
	return 0;
}

int
extra_skip(struct database *d, const struct issue *i, const char *actor,
    const char *reason, struct err *e)
{
	if (!i->extra) {
		(void)err_set(e, ERR_REFUSED,
		    "Number %s belongs to a date of the calendar", i->name);
		(void)err_hint(e,
		    N_("Skip its date with: tweeluik schedule skip %.10s"),
		    i->planned_at);
		return err_slug(e, "regular");
	}
	if (i->state != ISSUE_OPEN && i->state != ISSUE_APPROVED)
		return issue_refuse(d, i, e);
	if (reason[0] != '\0' && vet_line("reason", reason, e) == -1)
		return -1;
	return DATABASE_DO(d, e, "special_skip", param_int(i->id),
	    param_text(actor), param_text(reason));
}
