#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/issue/check_add.h"
#include "composer/issue/issue.h"

static void
urgent(struct check *ck, const struct rows *r)
{
	if (rows_bool(r, 0, "urgent_before"))
		check_add(ck, CHECK_WARNING, "urgent-again", 0, NULL,
		    N_("Number %s was urgent too, less than 7 days before; "
		       "approving asks for a second confirmation"),
		    rows_str(r, 0, "urgent_name"));
}

static void
correction(struct check *ck, const struct rows *r)
{
	if (rows_bool(r, 0, "still_sending"))
		check_add(ck, CHECK_WARNING, "still-sending", 0,
		    arena_printf(ck->arena, "tweeluik issue stop %s",
			ck->issue->corrects),
		    N_("Number %s is still being sent; who gets it after this "
		       "correction has left is not told what was wrong"),
		    ck->issue->corrects);
}

int
check_special(struct check *ck, struct database *d, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "check_surroundings",
		param_int(ck->issue->id)) == -1)
		return -1;
	if (!rows_null(&r, 0, "same_day"))
		check_add(ck, CHECK_WARNING, "same-day", 0, NULL,
		    N_("Number %s is sent on the same day"),
		    rows_str(&r, 0, "same_day"));
	if (rows_bool(&r, 0, "nobody"))
		check_add(ck, CHECK_WARNING, "nobody", 0, NULL,
		    N_("As things are now, nobody gets this"));
	if (ck->issue->kind == SPECIAL_INVITATION && !rows_bool(&r, 0, "event"))
		check_add(ck, CHECK_BLOCKING, "event-missing", 0,
		    arena_printf(ck->arena, "tweeluik item add --issue %s",
			ck->issue->name),
		    N_("An invitation needs an event: what, when and where"));
	urgent(ck, &r);
	correction(ck, &r);
	rows_done(&r);
	return 0;
}
