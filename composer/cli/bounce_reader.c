#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/subscriber.h"

#define REASON_MAX 200

static int
read_reason(const struct cli_args *a, const char **ret, struct err *e)
{
	const char *reason = args_value(a, "reason");

	if (reason == NULL || reason[0] == '\0') {
		(void)err_set(e, ERR_USAGE, "Why?");
		return err_hint(e,
		    N_("Add --reason TEXT; it is kept with the reader"));
	}
	if (strlen(reason) > REASON_MAX)
		return err_set(e, ERR_USAGE,
		    "The reason is longer than %d characters", REASON_MAX);
	*ret = reason;
	return 0;
}

/* Runs a query with reader, reason and actor, and notes it. */
static int
change(struct cli *c, const char *query, int64_t id, const char *reason,
    const char *action, struct err *e)
{
	if (c->dry_run)
		return 0;
	if (database_begin(c->db, e) == -1)
		return -1;
	if (DATABASE_DO(c->db, e, query, param_int(id), param_text(reason),
		param_text(c->actor)) == 0 &&
	    DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("subscriber"), param_int(id), param_text(action),
		param_text(reason)) == 0 &&
	    database_commit(c->db, e) == 0)
		return 0;
	database_rollback(c->db);
	return -1;
}

/* 1: in a state from which it goes; 0: so already, which was said. */
static int
find(struct cli *c, const char *word, const char *from, const char *already,
    int64_t *ret, struct err *e)
{
	struct rows r;
	const char *state;
	int rc = -1;

	if (subscriber_get(c, word, &r, e) == -1)
		return -1;
	*ret = rows_int(&r, 0, "id");
	state = rows_str(&r, 0, "state");
	if (subscriber_has_left(&r))
		(void)subscriber_refuse_left(c, &r, e);
	else if (strstr(from, state) != NULL)
		rc = 1;
	else if (strcmp(state, "pending") == 0) {
		(void)err_set(e, ERR_REFUSED,
		    "This person did not confirm, and nobody else can");
		(void)err_slug(e, "not-confirmed");
	} else {
		say(c, already);
		rc = 0;
	}
	rows_done(&r);
	return rc;
}

int
cli_bounce_reactivate(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *reason;
	int64_t id;
	int rc;

	if (read_reason(a, &reason, e) == -1 ||
	    (rc = find(c, a->words[0], "undeliverable",
		 N_("This person is not undeliverable; nothing changed"), &id,
		 e)) == -1)
		return -1;
	if (rc == 1) {
		if (change(c, "bounce_reactivate", id, reason, "reactivated",
			e) == -1)
			return -1;
		say(c,
		    c->dry_run
			? N_("This person would be active again, and get one "
			     "mail that checks the address")
			: N_("Active again; one mail goes there now, to check "
			     "that it arrives"));
	}
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}

int
cli_bounce_suppress(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *reason;
	int64_t id;
	int rc;

	if (read_reason(a, &reason, e) == -1 ||
	    (rc = find(c, a->words[0], "active paused",
		 N_("This person is undeliverable already; nothing changed"),
		 &id, e)) == -1)
		return -1;
	if (rc == 1) {
		if (change(c, "bounce_suppress", id, reason, "undeliverable",
			e) == -1)
			return -1;
		say(c,
		    c->dry_run
			? N_("This person would be undeliverable")
			: N_("Undeliverable from now on. Back: tweeluik bounce "
			     "reactivate"));
	}
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}

int
cli_bounce_keep(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct rows r;
	int64_t id;

	if (subscriber_get(c, a->words[0], &r, e) == -1)
		return -1;
	id = rows_int(&r, 0, "id");
	rows_done(&r);
	if (change(c, "bounce_keep", id, "", "kept", e) == -1)
		return -1;
	say(c,
	    c->dry_run
		? N_("This reader would be judged")
		: N_("Judged: as it is, until something comes back again"));
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}
