#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/departed.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"
#include "composer/list/sqlarray.h"
#include "composer/list/subscribers.h"
#include "composer/list/typo.h"

static int
read_language(const struct cli_args *a, const char **ret, struct err *e)
{
	const char *word = args_value(a, "language");
	const char *language = word != NULL ? subscriber_language(word) : NULL;

	if (word != NULL && (language == NULL || language[0] == '\0'))
		return err_set(e, ERR_USAGE,
		    "'%s' is no language: choose nl, en or both", word);
	*ret = language;
	return 0;
}

/* Every value of an option that may be given more than once. */
static int
read_tags(const struct cli_args *a, const char *option, struct sqlarray *ret,
    struct err *e)
{
	for (size_t i = 0; i < a->nvalues; i++) {
		const char *tag = a->values[i].value;

		if (strcmp(a->values[i].option->name, option) != 0)
			continue;
		if (!subscriber_tag_ok(tag, strlen(tag)))
			return err_set(e, ERR_USAGE,
			    "'%s' cannot be a tag: at most %d bytes, without "
			    "comma or semicolon",
			    tag, TAG_MAX);
		sqlarray_text(ret, tag);
	}
	return 0;
}

static int
check_organisation(struct cli *c, const char *name, struct err *e)
{
	struct rows r;
	bool known;

	if (name == NULL || name[0] == '\0')
		return 0;
	if (DATABASE_RUN(c->db, &r, e, "organisation_known",
		param_text(name)) == -1)
		return -1;
	known = rows_bool(&r, 0, "known");
	rows_done(&r);
	if (known)
		return 0;
	(void)err_set(e, ERR_NOT_FOUND, "The social map has no '%s'", name);
	return err_hint(e, N_("Look: tweeluik org list"));
}

static int
refuse_left(struct cli *c, const struct rows *r, struct err *e)
{
	const char *reason = rows_str(r, 0, "suppressed");
	const char *day = cli_day(c, DATEFMT_DAY,
	    rows_null(r, 0, "suppressed_on") ? rows_str(r, 0, "state_at")
					     : rows_str(r, 0, "suppressed_on"));

	if (strcmp(reason, "blocked") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "This address was blocked on %s and stays so", day);
	else
		(void)err_set(e, ERR_REFUSED,
		    "This person left on %s: only an invitation is possible",
		    day);
	return err_slug(e, "left");
}

static bool
has_left(const struct rows *r)
{
	const char *state = rows_str(r, 0, "state");

	return !rows_null(r, 0, "suppressed") ||
	    strcmp(state, "unsubscribed") == 0 || strcmp(state, "blocked") == 0;
}

static int
refuse_known(struct cli *c, const struct rows *r, struct err *e)
{
	if (has_left(r))
		return refuse_left(c, r, e);
	if (rows_null(r, 0, "id"))
		return 0;
	(void)err_set(e, ERR_CONFLICT,
	    "This address is already a subscriber (%s, %s)",
	    tr(subscriber_state_word(rows_str(r, 0, "state"))),
	    tr(subscriber_language_word(rows_str(r, 0, "language"))));
	(void)err_slug(e, "already-subscribed");
	return err_hint(e,
	    N_("Look: tweeluik subscriber show; change: tweeluik subscriber "
	       "set"));
}

/* "a","b" between braces to a,b: tags of one row. */
static const char *
join_tags(struct cli *c, const struct cli_args *a)
{
	const char *tags = "";

	for (size_t i = 0; i < a->nvalues; i++)
		if (strcmp(a->values[i].option->name, "tag") == 0)
			tags = arena_printf(&c->arena, "%s%s%s", tags,
			    tags[0] != '\0' ? "," : "", a->values[i].value);
	return tags;
}

static int
insert(struct cli *c, struct subscriber_row *row, const char *basis,
    struct err *e)
{
	struct subscribers s = { .db = c->db,
		.keys = c->keys,
		.rows = row,
		.n = 1 };
	const struct consent consent = { "subscribed", "command", basis,
		"chosen" };

	if (database_begin(c->db, e) == -1)
		return -1;
	if (subscribers_apply(&s, &consent, e) == -1 ||
	    DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("subscriber"), param_null(), param_text("added"),
		param_text("")) == -1 ||
	    database_commit(c->db, e) == -1) {
		database_rollback(c->db);
		return -1;
	}
	return 0;
}

/* A script gets the person as they are now. */
static int
as_it_is_now(struct cli *c, const struct cli_args *a, struct err *e)
{
	return c->output == CLI_TEXT ? 0 : cli_subscriber_show(c, a, e);
}

int
cli_subscriber_add(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct subscriber_row row = { .fate = FATE_NEW };
	const char *basis = args_value(a, "basis");
	struct sqlarray tags;
	struct rows r;
	int rc;

	if (basis == NULL || basis[0] == '\0') {
		(void)err_set(e, ERR_USAGE,
		    "Nobody is added without proof that they agreed");
		return err_hint(e,
		    N_("Say how: --basis 'asked by phone on 1 December'"));
	}
	sqlarray_init(&tags);
	rc = read_tags(a, "tag", &tags, e);
	sqlarray_done(&tags);
	if (rc == -1 || read_language(a, &row.language, e) == -1 ||
	    subscriber_find(c, a->words[0], &r, &row.address, e) == -1)
		return -1;
	rc = refuse_known(c, &r, e);
	rows_done(&r);
	row.organisation = args_value(a, "organisation");
	if (rc == -1 || check_organisation(c, row.organisation, e) == -1)
		return -1;
	if (row.organisation == NULL)
		row.organisation = "";
	if (row.language == NULL)
		row.language = "";
	row.tags = join_tags(c, a);
	const char *meant = typo_domain(strchr(row.address->compare, '@') + 1);
	if (meant != NULL)
		say(c, "Warning: is the domain perhaps %s?", meant);
	if (c->dry_run) {
		say(c, "This person would be added");
		return 0;
	}
	if (insert(c, &row, basis, e) == -1)
		return -1;
	say(c, "Added; the next issue goes there too (%s)",
	    tr(subscriber_language_word(row.language)));
	return as_it_is_now(c, a, e);
}

static int
run_for(struct cli *c, const char *query, int64_t id, struct err *e)
{
	return DATABASE_DO(c->db, e, query, param_int(id));
}

static int
set_state(struct cli *c, int64_t id, const char *was, const char *state,
    const char *until, struct err *e)
{
	if (strcmp(state, "active") == 0 && strcmp(was, "pending") == 0) {
		(void)err_set(e, ERR_REFUSED,
		    "This person did not confirm, and nobody else can");
		return err_slug(e, "not-confirmed");
	}
	if (strcmp(state, "active") == 0)
		return run_for(c, "subscriber_activate", id, e);
	if (strcmp(state, "blocked") == 0)
		return run_for(c, "subscriber_block", id, e);
	if (strcmp(was, "active") != 0 && strcmp(was, "paused") != 0)
		return err_set(e, ERR_REFUSED,
		    "Only who gets mail can be paused; this address is %s",
		    tr(subscriber_state_word(was)));
	return DATABASE_DO(c->db, e, "subscriber_pause", param_int(id),
	    param_text(until));
}

struct change {
	const char *language, *state, *until, *organisation;
	struct sqlarray tags, no_tags;
	bool any_tag;
};

static int
apply_change(struct cli *c, const char *word, const struct rows *r,
    struct change *x, struct err *e)
{
	int64_t id = rows_int(r, 0, "id");

	if (x->language != NULL &&
	    DATABASE_DO(c->db, e, "subscriber_language", param_int(id),
		param_text(x->language)) == -1)
		return -1;
	if ((x->any_tag || x->organisation != NULL) &&
	    DATABASE_DO(c->db, e, "subscriber_details", param_int(id),
		param_text(sqlarray_end(&x->tags)),
		param_text(sqlarray_end(&x->no_tags)),
		param_text(x->organisation)) == -1)
		return -1;
	if (x->state != NULL &&
	    set_state(c, id, rows_str(r, 0, "state"), x->state, x->until, e) ==
		-1)
		return -1;
	if (x->state != NULL && x->state[0] == 'b' &&
	    cli_departed(c, word, DEPARTURE_BLOCKED, e) == -1)
		return -1;
	return DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
	    param_text("subscriber"), param_int(id), param_text("changed"),
	    param_text(x->state != NULL ? x->state : ""));
}

static int
read_change(struct cli *c, const struct cli_args *a, struct change *x,
    struct err *e)
{
	const char *until = args_value(a, "until"), *today;

	x->state = args_value(a, "state");
	x->organisation = args_value(a, "organisation");
	x->any_tag = args_flag(a, "tag") || args_flag(a, "no-tag");
	if (read_language(a, &x->language, e) == -1 ||
	    read_tags(a, "tag", &x->tags, e) == -1 ||
	    read_tags(a, "no-tag", &x->no_tags, e) == -1)
		return -1;
	if (x->state != NULL && strcmp(x->state, "active") != 0 &&
	    strcmp(x->state, "paused") != 0 && strcmp(x->state, "blocked") != 0)
		return err_set(e, ERR_USAGE,
		    "'%s' is no state to choose: active, paused or blocked",
		    x->state);
	if (until != NULL && (x->state == NULL || x->state[0] != 'p'))
		return err_set(e, ERR_USAGE,
		    "--until goes with --state paused");
	if (x->language == NULL && x->state == NULL &&
	    x->organisation == NULL && !x->any_tag)
		return err_set(e, ERR_USAGE, "There is nothing to change");
	if (until == NULL)
		return 0;
	if (cli_read_day(c, until, false, &x->until, e) == -1 ||
	    cli_today(c, &today, e) == -1)
		return -1;
	if (strcmp(x->until, today) <= 0)
		return err_set(e, ERR_USAGE, "%s is not in the future",
		    x->until);
	return 0;
}

static int
change(struct cli *c, const char *word, struct change *x, struct err *e)
{
	struct rows r;
	int rc = -1;

	if (subscriber_get(c, word, &r, e) == -1)
		return -1;
	if (has_left(&r)) {
		(void)refuse_left(c, &r, e);
		goto out;
	}
	if (check_organisation(c, x->organisation, e) == -1)
		goto out;
	if (x->state != NULL && x->state[0] == 'b' &&
	    cli_ask(c, tr("Block this address for good?"), e) == -1)
		goto out;
	if (database_begin(c->db, e) == -1)
		goto out;
	rc = apply_change(c, word, &r, x, e);
	if (rc == 0 && !c->dry_run)
		rc = database_commit(c->db, e);
	if (rc == -1 || c->dry_run)
		database_rollback(c->db);
out:
	rows_done(&r);
	return rc;
}

int
cli_subscriber_set(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct change x = { 0 };
	int rc;

	sqlarray_init(&x.tags);
	sqlarray_init(&x.no_tags);
	rc = read_change(c, a, &x, e);
	if (rc == 0)
		rc = change(c, a->words[0], &x, e);
	sqlarray_done(&x.tags);
	sqlarray_done(&x.no_tags);
	if (rc == -1)
		return -1;
	say(c, c->dry_run ? N_("This would be changed") : N_("Changed"));
	return c->dry_run ? 0 : as_it_is_now(c, a, e);
}

static int
unsubscribe(struct cli *c, const char *word, int64_t id, struct err *e)
{
	if (database_begin(c->db, e) == -1)
		return -1;
	if (run_for(c, "subscriber_leave", id, e) == 0 &&
	    DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("subscriber"), param_int(id),
		param_text("unsubscribed"), param_text("")) == 0 &&
	    cli_departed(c, word, DEPARTURE_UNSUBSCRIBED, e) == 0 &&
	    database_commit(c->db, e) == 0)
		return 0;
	database_rollback(c->db);
	return -1;
}

int
cli_subscriber_unsubscribe(struct cli *c, const struct cli_args *a,
    struct err *e)
{
	struct rows r;
	bool changed;
	int64_t id;

	if (subscriber_get(c, a->words[0], &r, e) == -1)
		return -1;
	id = rows_int(&r, 0, "id");
	changed = !has_left(&r);
	rows_done(&r);
	if (!changed) {
		say(c, "This person had left already; nothing changed");
		return as_it_is_now(c, a, e);
	}
	if (cli_ask(c, tr("Take this person off the list?"), e) == -1)
		return -1;
	if (c->dry_run) {
		say(c, "This person would be taken off the list");
		return 0;
	}
	if (unsubscribe(c, a->words[0], id, e) == -1)
		return -1;
	say(c, "Taken off the list; no import brings this address back");
	return as_it_is_now(c, a, e);
}
