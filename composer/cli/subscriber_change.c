#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/departed.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/tags.h"
#include "composer/cli/words.h"
#include "composer/list/sqlarray.h"
#include "composer/list/subscriber_rows.h"

#define PAUSE_MONTHS_MAX 24

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
apply_change(struct cli *c, const struct address *who, const struct rows *r,
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
	    cli_departed(c, who, id, DEPARTURE_BLOCKED, e) == -1)
		return -1;
	return DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
	    param_text("subscriber"), param_int(id), param_text("changed"),
	    param_text(x->state != NULL ? x->state : ""));
}

static int
read_until(struct cli *c, const char *word, struct change *x, struct err *e)
{
	const char *today;

	if (cli_read_day(c, word, false, &x->until, e) == -1 ||
	    cli_today(c, &today, e) == -1)
		return -1;
	if (strcmp(x->until, today) <= 0)
		return err_set(e, ERR_USAGE, "%s is not in the future",
		    x->until);
	return 0;
}

static int
read_change(struct cli *c, const struct cli_args *a, struct change *x,
    struct err *e)
{
	const char *until = args_value(a, "until");

	x->state = args_value(a, "state");
	x->organisation = args_value(a, "organisation");
	x->any_tag = args_flag(a, "tag") || args_flag(a, "no-tag");
	if (subscriber_read_language(args_value(a, "language"), &x->language,
		e) == -1 ||
	    tags_read(a, "tag", &x->tags, e) == -1 ||
	    tags_read(a, "no-tag", &x->no_tags, e) == -1)
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
	return until != NULL ? read_until(c, until, x, e) : 0;
}

static int
change(struct cli *c, const char *word, struct change *x, struct err *e)
{
	struct address *who;
	struct rows r;
	int rc = -1;

	if (subscriber_get(c, word, &r, &who, e) == -1)
		return -1;
	if (subscriber_has_left(&r)) {
		(void)subscriber_refuse_left(c, &r, e);
		goto out;
	}
	if (subscriber_check_organisation(c, x->organisation, e) == -1)
		goto out;
	if (x->state != NULL && x->state[0] == 'b' &&
	    cli_ask(c, tr("Block this address for good?"), e) == -1)
		goto out;
	if (database_begin(c->db, e) == -1)
		goto out;
	rc = apply_change(c, who, &r, x, e);
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
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}

static int
read_pause(struct cli *c, const struct cli_args *a, struct change *x,
    struct err *e)
{
	int64_t months = 0;
	struct rows r;

	if (args_int(a, "months", 1, PAUSE_MONTHS_MAX, &months, e) == -1)
		return -1;
	if ((months > 0) == args_flag(a, "until")) {
		(void)err_set(e, ERR_USAGE, "Until when is the pause?");
		return err_hint(e, N_("Say --until 2027-02-01, or --months 2"));
	}
	x->state = "paused";
	if (months == 0)
		return read_until(c, args_value(a, "until"), x, e);
	if (cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "in_months", param_int(months)) == -1)
		return -1;
	x->until = arena_strdup(&c->arena, rows_str(&r, 0, "day"));
	rows_done(&r);
	return 0;
}

int
cli_subscriber_pause(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct change x = { 0 };
	const char *day;

	if (read_pause(c, a, &x, e) == -1 ||
	    change(c, a->words[0], &x, e) == -1)
		return -1;
	day = cli_day(c, DATEFMT_DAY, x.until);
	say(c,
	    c->dry_run ? N_("This person would be paused until %s")
		       : N_("Paused until %s; after that, mail comes again"),
	    day);
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}

static int
unsubscribe(struct cli *c, const struct address *who, int64_t id, struct err *e)
{
	if (database_begin(c->db, e) == -1)
		return -1;
	if (run_for(c, "subscriber_leave", id, e) == 0 &&
	    DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("subscriber"), param_int(id),
		param_text("unsubscribed"), param_text("")) == 0 &&
	    cli_departed(c, who, id, DEPARTURE_UNSUBSCRIBED, e) == 0 &&
	    database_commit(c->db, e) == 0)
		return 0;
	database_rollback(c->db);
	return -1;
}

int
cli_subscriber_unsubscribe(struct cli *c, const struct cli_args *a,
    struct err *e)
{
	struct address *who;
	struct rows r;
	bool changed;
	int64_t id;

	if (subscriber_get(c, a->words[0], &r, &who, e) == -1)
		return -1;
	id = rows_int(&r, 0, "id");
	changed = !subscriber_has_left(&r);
	rows_done(&r);
	if (!changed) {
		say(c, "This person had left already; nothing changed");
		return subscriber_as_it_is(c, a, e);
	}
	if (cli_ask(c, tr("Take this person off the list?"), e) == -1)
		return -1;
	if (c->dry_run) {
		say(c, "This person would be taken off the list");
		return 0;
	}
	if (unsubscribe(c, who, id, e) == -1)
		return -1;
	say(c, "Taken off the list; no import brings this address back");
	return subscriber_as_it_is(c, a, e);
}
