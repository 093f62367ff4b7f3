#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/tags.h"
#include "composer/cli/words.h"
#include "composer/list/sqlarray.h"
#include "composer/list/subscriber_rows.h"
#include "composer/list/typo.h"

struct person {
	struct address *address;
	unsigned char hash[KEYS_HASH_BYTES];
	const char *language, *organisation, *basis;
	struct sqlarray tags;
};

/* Somebody is added with proof that they agreed, or else is asked; who left may
 * be asked as well, but not who complained, was blocked or erased. */
static int
refuse_known(struct cli *c, const struct rows *r, const char *basis,
    struct err *e)
{
	const char *suppressed = rows_str(r, 0, "suppressed");
	const char *state = rows_str(r, 0, "state");
	bool may_ask = suppressed[0] == '\0' || suppressed[0] == 'u';

	if (subscriber_has_left(r)) {
		if (basis == NULL && may_ask && strcmp(state, "blocked") != 0)
			return 0;
		return subscriber_refuse_left(c, r, e);
	}
	if (rows_null(r, 0, "id") ||
	    (basis == NULL && strcmp(state, "pending") == 0))
		return 0;
	(void)err_set(e, ERR_CONFLICT,
	    "This address is already a subscriber (%s, %s)",
	    tr(subscriber_state_word(state)),
	    tr(subscriber_language_word(rows_str(r, 0, "language"))));
	(void)err_slug(e, "already-subscribed");
	return err_hint(e,
	    N_("Look: tweeluik subscriber show; change: tweeluik subscriber "
	       "set"));
}

static int
read_person(struct cli *c, struct person *p, const struct cli_args *a,
    struct err *e)
{
	struct rows r;
	int rc;

	p->basis = args_value(a, "basis");
	p->organisation = args_value(a, "organisation");
	if (p->basis != NULL && p->basis[0] == '\0')
		return err_set(e, ERR_USAGE,
		    "Say how this person agreed, or leave --basis out");
	if (tags_read(a, "tag", &p->tags, e) == -1 ||
	    subscriber_read_language(args_value(a, "language"), &p->language,
		e) == -1 ||
	    subscriber_find(c, a->words[0], &r, &p->address, e) == -1)
		return -1;
	keys_hash_address(c->keys, p->hash, p->address);
	rc = refuse_known(c, &r, p->basis, e);
	rows_done(&r);
	if (rc == -1)
		return -1;
	return subscriber_check_organisation(c, p->organisation, e);
}

/* What became of it, as subscriber_invite() says, or "added". */
static int
store(struct cli *c, struct person *p, const char **ret_outcome, struct err *e)
{
	unsigned char sealed[KEYS_SEALED_MAX];
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e,
		p->basis != NULL ? "subscriber_add" : "subscriber_invite",
		param_bytes(p->hash, sizeof(p->hash)),
		param_bytes(sealed,
		    keys_seal(c->keys, sealed, p->address->text)),
		param_text(p->language), param_text(p->organisation),
		param_text(sqlarray_end(&p->tags)), param_text(c->actor),
		param_text(p->basis)) == -1)
		return -1;
	*ret_outcome = arena_strdup(&c->arena,
	    r.n > 0 ? rows_str(&r, 0, "outcome") : "refused");
	rows_done(&r);
	return 0;
}

static int
tell(struct cli *c, const struct person *p, const char *outcome, struct err *e)
{
	if (strcmp(outcome, "added") == 0)
		say(c, "Added; the next issue goes there too (%s)",
		    tr(subscriber_language_word(
			p->language != NULL ? p->language : "")));
	else if (strcmp(outcome, "confirm") == 0)
		say(c,
		    "A mail asks this person to confirm; until then they get "
		    "nothing else");
	else if (strcmp(outcome, "waits") == 0)
		say(c,
		    "Today a mail went there already that asks to confirm; "
		    "another one may go tomorrow");
	else {
		(void)err_plain(e, ERR_CONFLICT, "list-changed",
		    "The list was changed meanwhile, so nothing was saved");
		return err_hint(e, N_("Run the command again"));
	}
	return 0;
}

static int
add(struct cli *c, struct person *p, const struct cli_args *a, struct err *e)
{
	const char *meant, *outcome;

	if (read_person(c, p, a, e) == -1)
		return -1;
	meant = typo_domain(strchr(p->address->compare, '@') + 1);
	if (meant != NULL)
		say(c, "Warning: is the domain perhaps %s?", meant);
	if (c->dry_run) {
		say(c,
		    p->basis != NULL ? N_("This person would be added")
				     : N_("This person would get a mail that "
					  "asks them to confirm"));
		return 0;
	}
	if (store(c, p, &outcome, e) == -1 || tell(c, p, outcome, e) == -1)
		return -1;
	return subscriber_as_it_is(c, a, e);
}

int
cli_subscriber_add(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct person p = { .address = NULL };
	int rc;

	sqlarray_init(&p.tags);
	rc = add(c, &p, a, e);
	sqlarray_done(&p.tags);
	return rc;
}
