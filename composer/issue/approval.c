#include "composer/issue/approval.h"

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/edition/archive.h"
#include "composer/edition/edition.h"
#include "composer/issue/check.h"
#include "composer/issue/issue.h"

int
approval_facts(struct database *d, struct arena *a, const struct issue *i,
    const char *actor, struct approval_facts *ret, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "approve_facts", param_int(i->id),
		param_text(actor)) == -1)
		return -1;
	*ret = (struct approval_facts){
		.seconds = rows_int(&r, 0, "seconds"),
		.goes_at = arena_strdup(a, rows_str(&r, 0, "goes_at")),
		.writers = arena_strdup(a, rows_str(&r, 0, "writers")),
		.translators = arena_strdup(a, rows_str(&r, 0, "translators")),
		.tested_at = rows_null(&r, 0, "tested_at")
		    ? NULL
		    : arena_strdup(a, rows_str(&r, 0, "tested_at")),
		.news = (int)rows_int(&r, 0, "news"),
		.events = (int)rows_int(&r, 0, "events"),
		.organisations = (int)rows_int(&r, 0, "organisations"),
		.questions = (int)rows_int(&r, 0, "questions"),
		.announcements = (int)rows_int(&r, 0, "announcements"),
		.readers_nl = rows_int(&r, 0, "nl"),
		.readers_en = rows_int(&r, 0, "en"),
		.readers_both = rows_int(&r, 0, "both"),
		.urgent_before = rows_null(&r, 0, "urgent_before")
		    ? NULL
		    : arena_strdup(a, rows_str(&r, 0, "urgent_before")),
		.alone = rows_bool(&r, 0, "alone"),
	};
	rows_done(&r);
	return 0;
}

static int
conflict(struct database *d, const struct issue *i, int revision, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "approve_changed", param_int(i->id)) == -1)
		return -1;
	if (r.n == 1)
		(void)err_set(e, ERR_CONFLICT,
		    "Number %s is no longer at revision %d (last changed: item "
		    "%s, by %s, %.16s)",
		    i->name, revision, rows_str(&r, 0, "item_id"),
		    rows_str(&r, 0, "changed_by"),
		    rows_str(&r, 0, "changed_at"));
	else
		(void)err_set(e, ERR_CONFLICT,
		    "Number %s is no longer at revision %d", i->name, revision);
	rows_done(&r);
	(void)err_hint(e, N_("Look again: tweeluik issue check %s"), i->name);
	return err_slug(e, "changed");
}

int
approval_possible(struct database *d, const struct issue *i, int revision,
    struct err *e)
{
	struct rows r;
	bool moved, waits;

	if (i->state != ISSUE_OPEN)
		return issue_refuse(d, i, e);
	if (DATABASE_RUN(d, &r, e, "approve_possible", param_int(i->id)) == -1)
		return -1;
	moved = rows_int(&r, 0, "revision") != revision;
	waits = !rows_null(&r, 0, "before");
	if (waits && !moved) {
		(void)err_set(e, ERR_REFUSED,
		    "Number %s comes first and is not approved yet",
		    rows_str(&r, 0, "before"));
		(void)err_hint(e,
		    N_("Approve it, or skip its date with: tweeluik schedule "
		       "skip"));
		(void)err_slug(e, "not-first");
	}
	rows_done(&r);
	if (moved)
		return conflict(d, i, revision, e);
	return waits ? -1 : 0;
}

int
approval_complete(const struct check *ck, const struct issue *i, struct err *e)
{
	if (ck->blocking == 0)
		return 0;
	(void)err_set(e, ERR_REFUSED, "Number %s is not complete", i->name);
	(void)err_hint(e, N_("What is missing: tweeluik issue check %s"),
	    i->name);
	return err_slug(e, "check-failed");
}

static int
check_passes(struct database *d, struct arena *a, const struct config *config,
    const struct issue *i, struct err *e)
{
	struct check ck;

	if (check_issue(&ck, a, "en", d, config, i, e) == -1)
		return -1;
	return approval_complete(&ck, i, e);
}

/* Make all of them first: as long as the issue is open its contents are what
 * is ready, afterwards what is written down. */
static int
make_editions(struct database *d, const struct config *config,
    const struct issue *i, struct err *e)
{
	struct edition made[SPECIAL_EDITIONS_MAX];
	size_t n = 0, names;
	const char *const *editions = special_editions(i->kind, &names);
	int rc = 0;

	for (; n < names && rc == 0; n++)
		rc = edition_build(d, config, i->id, editions[n], &made[n], e);
	if (rc == -1)
		n--;
	if (rc == 0)
		rc = DATABASE_DO(d, e, "approve_items", param_int(i->id));
	for (size_t k = 0; k < n; k++) {
		if (rc == 0)
			rc = edition_store(d, i->id, &made[k], e);
		edition_done(&made[k]);
	}
	return rc;
}

int
approval_give(struct database *d, struct arena *a, const struct config *config,
    const struct issue *i, int revision, const char *actor, struct err *e)
{
	if (approval_possible(d, i, revision, e) == -1 ||
	    check_passes(d, a, config, i, e) == -1 ||
	    DATABASE_DO(d, e, "approve_number", param_int(i->id)) == -1 ||
	    make_editions(d, config, i, e) == -1 ||
	    DATABASE_DO(d, e, "approve_done", param_int(i->id),
		param_text(actor)) == -1 ||
	    archive_store(d, config, i->id, e) == -1)
		return -1;
	return DATABASE_DO(d, e, "activity_add", param_text(actor),
	    param_text("issue"), param_int(i->id), param_text("approved"),
	    param_text(arena_printf(a, "revision %d", revision)));
}
