#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/issue/check_add.h"
#include "composer/issue/issue.h"

static void
readers(struct check *ck, const struct rows *r)
{
	long long nl = rows_int(r, 0, "nl"), en = rows_int(r, 0, "en"),
		  both = rows_int(r, 0, "both");

	if (nl + en + both == 0)
		check_add(ck, CHECK_WARNING, "nobody", 0, NULL,
		    N_("As things are now, nobody gets this"));
	else
		check_add(ck, CHECK_OK, "readers", 0, NULL,
		    N_("Readers: Dutch %lld, English %lld, both %lld"), nl, en,
		    both);
}

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
	if (ck->issue->extra)
		readers(ck, &r);
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
