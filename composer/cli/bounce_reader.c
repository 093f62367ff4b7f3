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

/* Runs a query with reader, reason and actor. */
static int
change(struct cli *c, const char *query, int64_t id, const char *reason,
    struct err *e)
{
	struct rows r;
	int n;

	if (c->dry_run)
		return 0;
	if (DATABASE_RUN(c->db, &r, e, query, param_int(id), param_text(reason),
		param_text(c->actor)) == -1)
		return -1;
	n = r.n;
	rows_done(&r);
	return n > 0 ? 0
		     : err_set(e, ERR_CONFLICT,
			   "This person's state changed meanwhile; look again");
}

/* 1: a reader who can be made undeliverable, or active again; 0: they are
 * already. */
static int
find(struct cli *c, const char *word, bool again, int64_t *ret, struct err *e)
{
	struct address *address;
	struct rows r;
	int rc;

	if (subscriber_get(c, word, &r, &address, e) == -1)
		return -1;
	*ret = rows_int(&r, 0, "id");
	if (subscriber_has_left(&r))
		rc = subscriber_refuse_left(c, &r, e);
	else if (strcmp(rows_str(&r, 0, "state"), "pending") == 0) {
		(void)err_set(e, ERR_REFUSED,
		    "This person did not confirm, and nobody else can");
		rc = err_slug(e, "not-confirmed");
	} else
		rc = again ==
		    (strcmp(rows_str(&r, 0, "state"), "undeliverable") == 0);
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
	    (rc = find(c, a->words[0], true, &id, e)) == -1 ||
	    (rc == 1 && change(c, "bounce_reactivate", id, reason, e) == -1))
		return -1;
	say(c,
	    rc == 0 ? N_("This person is not undeliverable; nothing changed")
		: c->dry_run
		? N_("This person would be active again, and get one mail that "
		     "checks the address")
		: N_("Active again; one mail goes there now, to check that it "
		     "arrives"));
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}

int
cli_bounce_suppress(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *reason;
	int64_t id;
	int rc;

	if (read_reason(a, &reason, e) == -1 ||
	    (rc = find(c, a->words[0], false, &id, e)) == -1 ||
	    (rc == 1 && change(c, "bounce_suppress", id, reason, e) == -1))
		return -1;
	say(c,
	    rc == 0
		? N_("This person is undeliverable already; nothing changed")
		: c->dry_run
		? N_("This person would be undeliverable")
		: N_("Undeliverable from now on. Back: tweeluik bounce "
		     "reactivate"));
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}

int
cli_bounce_keep(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct address *address;
	struct rows r;
	int64_t id;

	if (subscriber_get(c, a->words[0], &r, &address, e) == -1)
		return -1;
	id = rows_int(&r, 0, "id");
	rows_done(&r);
	if (change(c, "bounce_keep", id, "", e) == -1)
		return -1;
	say(c,
	    c->dry_run
		? N_("This reader would be judged")
		: N_("Judged: as it is, until something comes back again"));
	return c->dry_run ? 0 : subscriber_as_it_is(c, a, e);
}
