#include "composer/issue/missing.h"

#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/issue/issue.h"

static int
possible(struct database *d, const struct issue *i, struct err *e)
{
	struct rows r;
	bool busy;

	if (i->state != ISSUE_SENT && i->state != ISSUE_STOPPED) {
		if (i->state == ISSUE_OPEN || i->state == ISSUE_APPROVED) {
			(void)err_set(e, ERR_REFUSED,
			    "Number %s has not been sent yet", i->name);
			return err_slug(e, "not-sent");
		}
		return issue_refuse(d, i, e);
	}
	if (DATABASE_RUN(d, &r, e, "missing_possible", param_int(i->id)) == -1)
		return -1;
	busy = r.n == 1 && rows_bool(&r, 0, "busy");
	rows_done(&r);
	if (!busy)
		return 0;
	(void)err_set(e, ERR_TEMP,
	    "The last mails of number %s are still on "
	    "their way",
	    i->name);
	return err_hint(e, N_("Try it again in a minute"));
}

int
missing_count(struct database *d, const struct issue *i, struct missing *ret,
    struct err *e)
{
	struct rows r;

	if (possible(d, i, e) == -1 ||
	    DATABASE_RUN(d, &r, e, "missing_counts", param_int(i->id)) == -1)
		return -1;
	*ret = (struct missing){
		.refused = rows_int(&r, 0, "refused"),
		.expired = rows_int(&r, 0, "expired"),
		.returned = rows_int(&r, 0, "returned"),
		.unsent = rows_int(&r, 0, "unsent"),
		.uncertain = rows_int(&r, 0, "uncertain"),
		.newcomers = rows_int(&r, 0, "newcomers"),
	};
	rows_done(&r);
	return 0;
}

int
missing_send(struct database *d, const struct config *config,
    const struct issue *i, const char *actor, bool uncertain, bool newcomers,
    int64_t *ret_n, bool *ret_alive, struct err *e)
{
	struct rows r;
	bool done;

	if (possible(d, i, e) == -1 ||
	    DATABASE_RUN(d, &r, e, "missing_send", param_int(i->id),
		param_text(actor), param_int(config->chunk_size),
		param_int(config->expire_hours), param_bool(uncertain),
		param_bool(newcomers)) == -1)
		return -1;
	done = !rows_null(&r, 0, "n");
	if (done) {
		*ret_n = rows_int(&r, 0, "n");
		*ret_alive = rows_bool(&r, 0, "alive");
	}
	rows_done(&r);
	return done ? 0
		    : err_set(e, ERR_CONFLICT,
			  "Number %s was changed a moment ago", i->name);
}
