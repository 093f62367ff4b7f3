#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/words.h"
#include "composer/issue/check.h"
#include "composer/issue/dispatch.h"
#include "composer/issue/issue.h"

static int
set_texts(struct cli *c, const struct cli_args *a, const struct issue *i,
    struct err *e)
{
	static const struct {
		const char *lang, *headline, *preheader, *opening;
	} options[] = {
		{ "nl", "headline-nl", "preheader-nl", "opening-nl" },
		{ "en", "headline-en", "preheader-en", "opening-en" },
	};

	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
		const struct issue_text t = {
			.headline = args_value(a, options[k].headline),
			.preheader = args_value(a, options[k].preheader),
			.opening = args_value(a, options[k].opening),
		};

		if (issue_set_text(c->db, i, options[k].lang, &t, e) == -1)
			return err_prefix(e, "%s", options[k].lang);
	}
	return 0;
}

/* Make the next issue when that is what is meant and there is none. */
static int
find_or_open(struct cli *c, const struct cli_args *a, struct issue *ret,
    struct err *e)
{
	if (issue_word(c, a, ret, e) == 0)
		return 0;
	if (e->kind != ERR_NOT_FOUND ||
	    (a->nwords > 0 && strcmp(a->words[0], "next") != 0))
		return -1;
	if (issue_open_next(c->db, e) == -1 || issue_word(c, a, ret, e) == -1)
		return -1;
	say(c, N_("Number %s is open, sending %s"), ret->name,
	    cli_day(c, DATEFMT_MOMENT, ret->goes_at));
	return 0;
}

static int
say_missing(struct cli *c, const struct issue *i, struct err *e)
{
	struct check ck;

	if (check_issue(&ck, &c->arena, c->lang, c->db, &c->config, i, e) == -1)
		return -1;
	for (const struct check_finding *f = ck.first; f != NULL; f = f->next)
		if (f->severity == CHECK_BLOCKING && f->item == 0)
			say(c, N_("Still needed: %s"), f->text);
		else if (f->severity == CHECK_BLOCKING)
			say(c, N_("Still needed for item %lld: %s"),
			    (long long)f->item, f->text);
	if (ck.blocking == 0)
		say(c,
		    N_("Nothing is missing. Next: tweeluik issue check %s, "
		       "tweeluik issue approve %s"),
		    i->name, i->name);
	return 0;
}

/* What a special edition is for is said when it is made. */
static int
only_extra(const struct cli_args *a, struct err *e)
{
	static const char *const options[] = { "kind", "tag", "organisations",
		"of" };

	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++)
		if (args_value(a, options[k]) != NULL) {
			(void)err_set(e, ERR_USAGE,
			    "--%s belongs to a new special edition",
			    options[k]);
			return err_hint(e, N_("Add --extra"));
		}
	return 0;
}

int
cli_issue_plan(struct cli *c, const struct cli_args *a, struct err *e)
{
	bool extra = args_flag(a, "extra");
	const char *at = args_value(a, "at");
	struct issue before, i;
	int rc = -1;

	if (!extra && only_extra(a, e) == -1)
		return -1;
	if (cli_database(c, e) == -1 || database_begin(c->db, e) == -1)
		return -1;
	if ((extra ? issue_plan_extra(c, a, &before, e)
		   : find_or_open(c, a, &before, e)) == 0 &&
	    (extra || at == NULL ||
		issue_set_moment(c->db, &before, at, c->actor, e) == 0) &&
	    set_texts(c, a, &before, e) == 0 &&
	    issue_again(c->db, &c->arena, before.id, &i, e) == 0)
		rc = 0;
	if (rc == 0 && strcmp(before.goes_at, i.goes_at) != 0)
		say(c, N_("Number %s is sent %s"), i.name,
		    cli_day(c, DATEFMT_MOMENT, i.goes_at));
	if (rc == 0 && i.state == ISSUE_OPEN && before.state != ISSUE_OPEN)
		say(c,
		    N_("The approval of number %s has lapsed by this change"),
		    i.name);
	else if (rc == 0 && i.revision != before.revision)
		say(c, N_("Number %s is changed, revision %d"), i.name,
		    i.revision);
	if (rc == 0)
		rc = say_missing(c, &i, e);
	return issue_end(c, rc == 0 ? &i : &before, rc, e);
}

int
cli_issue_hold(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *reason = args_value(a, "reason");
	struct issue i;
	bool changed;
	int rc;

	if (reason == NULL || reason[0] == '\0') {
		(void)err_set(e, ERR_USAGE,
		    "Holding an issue needs a reason, for your colleagues");
		return err_hint(e, N_("Add --reason TEXT"));
	}
	if (issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = dispatch_hold(c->db, &i, c->actor, reason, &changed, e);
	if (rc == 0 && changed)
		say(c,
		    N_("Number %s is held; nothing is sent. To let it go: "
		       "tweeluik issue release %s"),
		    i.name, i.name);
	else if (rc == 0)
		say(c, N_("Number %s was held already, by %s: %s"), i.name,
		    i.held_by, i.held_reason);
	return issue_end(c, &i, rc, e);
}

int
cli_issue_release(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct issue i, now;
	bool changed;
	int rc;

	if (issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = dispatch_release(c->db, &i, c->actor, &changed, e);
	if (rc == 0)
		rc = issue_again(c->db, &c->arena, i.id, &now, e);
	if (rc == 0 && !changed)
		say(c, N_("Number %s was not held"), i.name);
	else if (rc == 0 && now.state == ISSUE_APPROVED)
		say(c, N_("Number %s is released and is sent %s"), i.name,
		    cli_day(c, DATEFMT_MOMENT, now.goes_at));
	else if (rc == 0)
		say(c,
		    N_("Number %s is released but not approved. Next: tweeluik "
		       "issue approve %s"),
		    i.name, i.name);
	return issue_end(c, &i, rc, e);
}
