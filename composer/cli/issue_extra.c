#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/tags.h"
#include "composer/cli/words.h"
#include "composer/issue/extra.h"
#include "composer/issue/issue.h"
#include "composer/item/item_key.h"
#include "composer/list/sqlarray.h"
#include "composer/list/subscriber_rows.h"

static int
read_kind(const struct cli_args *a, enum special *ret, struct err *e)
{
	static const char *const kinds[] = { "invitation", "report", "urgent",
		"correction", NULL };
	const char *kind = args_value(a, "kind");

	if (kind == NULL) {
		(void)err_set(e, ERR_USAGE, "What kind of special edition?");
		return err_hint(e,
		    N_("Add --kind invitation, report, urgent or correction"));
	}
	if (item_key_choose(kinds, kind, e) == -1)
		return err_prefix(e, "--kind");
	*ret = special_of(kind);
	return 0;
}

static int
plan(struct cli *c, const struct cli_args *a, struct extra *x,
    struct sqlarray *tags, int64_t *ret_id, struct err *e)
{
	const char *of = args_value(a, "of");
	struct issue wrong;

	if (tags_read(a, "tag", tags, e) == -1)
		return -1;
	x->tags = sqlarray_end(tags);
	if (of != NULL) {
		if (issue_find(c->db, &c->arena, of, &wrong, e) == -1)
			return err_prefix(e, "--of");
		x->of = &wrong;
	}
	return extra_plan(c->db, x, c->actor, ret_id, e);
}

int
issue_plan_extra(struct cli *c, const struct cli_args *a, struct issue *ret,
    struct err *e)
{
	struct extra x = {
		.at = args_value(a, "at"),
		.organisations = args_flag(a, "organisations"),
	};
	struct sqlarray tags;
	int64_t id;
	int rc;

	if (a->nwords > 0)
		return err_set(e, ERR_USAGE,
		    "A new special edition gets its number by itself");
	if (read_kind(a, &x.kind, e) == -1)
		return -1;
	sqlarray_init(&tags);
	rc = plan(c, a, &x, &tags, &id, e);
	sqlarray_done(&tags);
	if (rc == -1 || issue_again(c->db, &c->arena, id, ret, e) == -1)
		return -1;
	if (ret->at_once)
		say(c,
		    N_("Number %s is open; it leaves 10 minutes after its "
		       "approval"),
		    ret->name);
	else
		say(c, N_("Number %s is open, sending %s"), ret->name,
		    cli_day(c, DATEFMT_MOMENT, ret->goes_at));
	say(c, N_("Items for it: tweeluik item add --issue %s"), ret->name);
	return 0;
}

const char *
issue_kind_word(const char *kind)
{
	static const char *const words[] = { N_("invitation"), N_("report"),
		N_("urgent"), N_("correction") };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], kind) == 0)
			return tr(words[i]);
	return kind;
}

const char *
issue_meant(struct cli *c, const char *audience, const char *tags,
    const char *corrects)
{
	if (strcmp(audience, "tags") == 0)
		return arena_printf(&c->arena, tr("those with the tag %s"),
		    tags);
	if (strcmp(audience, "organisations") == 0)
		return tr("those who belong to an organisation");
	if (strcmp(audience, "got") == 0)
		return arena_printf(&c->arena, tr("those who got number %s"),
		    corrects);
	return tr("everybody");
}

int
cli_issue_skip(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *reason = args_value(a, "reason");
	struct issue i;
	int rc;

	if (issue_word(c, a, &i, e) == -1 ||
	    cli_ask(c,
		arena_printf(&c->arena, tr("Number %s will not be sent."),
		    i.name),
		e) == -1 ||
	    issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = extra_skip(c->db, &i, c->actor, reason == NULL ? "" : reason, e);
	if (rc == 0)
		say(c,
		    N_("Number %s is dropped; its items go to the next regular "
		       "issue"),
		    i.name);
	return issue_end(c, &i, rc, e);
}
