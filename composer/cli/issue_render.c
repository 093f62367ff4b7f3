#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/keys.h"
#include "composer/cli/issue.h"
#include "composer/edition/edition.h"
#include "composer/issue/issue.h"
#include "composer/issue/proof.h"
#include "composer/item/item_key.h"

static const char *const edition_names[] = { "nl", "en", "both", NULL };

/*
 * render
 */

/* The address as it is mailed to, and the edition of that subscriber. */
static int
reader(struct cli *c, const struct issue *i, const char *address,
    struct address *ret, const char **edition, struct err *e)
{
	unsigned char hash[KEYS_HASH_BYTES];
	struct rows r;
	bool found;

	if (address_parse(ret, address, strlen(address), e) == -1 ||
	    cli_keys(c, e) == -1)
		return -1;
	keys_hash_address(c->keys, hash, ret);
	if (DATABASE_RUN(c->db, &r, e, "render_reader",
		param_bytes(hash, sizeof(hash)), param_int(i->id)) == -1)
		return -1;
	found = r.n == 1;
	if (found && *edition == NULL)
		*edition = arena_strdup(&c->arena, rows_str(&r, 0, "edition"));
	rows_done(&r);
	if (found)
		return 0;
	return err_set(e, ERR_NOT_FOUND,
	    "There is no subscriber with this address");
}

static int
write_out(const char *path, const struct buf *b, struct err *e)
{
	FILE *f =
	    path == NULL || strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	bool wrong;

	if (f == NULL)
		return err_sys(e, errno, "%s cannot be written", path);
	wrong = fwrite(b->data, 1, b->len, f) != b->len;
	if (f != stdout)
		wrong |= fclose(f) != 0;
	if (wrong)
		return err_sys(e, errno, "%s cannot be written",
		    path == NULL ? "-" : path);
	return 0;
}

static int
render(struct cli *c, const struct issue *i, const char *edition,
    enum edition_format format, const char *to, struct buf *out, struct err *e)
{
	struct edition ed;
	int rc = i->state == ISSUE_OPEN
	    ? edition_build(c->db, &c->config, i->id, edition, &ed, e)
	    : edition_load(c->db, i->id, edition, &ed, e);

	if (rc == -1)
		return -1;
	rc = to == NULL ? edition_preview(&ed, format, out, e)
			: edition_preview_to(&ed, format, to, out, e);
	edition_done(&ed);
	return rc;
}

int
cli_issue_render(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const char *const formats[] = { "html", "text", "eml", NULL };
	const char *edition = args_value(a, "edition");
	const char *format = args_value(a, "format");
	const char *as = args_value(a, "as"), *to = NULL;
	enum edition_format f;
	struct address address;
	struct issue i;
	struct buf out;
	int rc = -1;

	if (format == NULL)
		format = "html";
	if (item_key_choose(formats, format, e) == -1)
		return err_prefix(e, "--format");
	if (edition != NULL && item_key_choose(edition_names, edition, e) == -1)
		return err_prefix(e, "--edition");
	f = format[0] == 'h'   ? EDITION_HTML
	    : format[0] == 't' ? EDITION_TEXT
			       : EDITION_EML;
	if (issue_word(c, a, &i, e) == -1)
		return -1;
	if (as != NULL) {
		if (reader(c, &i, as, &address, &edition, e) == -1)
			return -1;
		to = address.text;
	}
	if (edition == NULL) {
		(void)err_set(e, ERR_USAGE, "Which edition?");
		return err_hint(e, N_("Add --edition nl, en or both"));
	}
	buf_init(&out, 4 * EDITION_MAX);
	if (render(c, &i, edition, f, to, &out, e) == 0)
		rc = write_out(args_value(a, "output"), &out, e);
	buf_done(&out);
	return rc;
}

/*
 * test
 */

/* Words behind the first, and every --to, are addresses. */
static size_t
addresses(const struct cli_args *a, const char **ret, size_t max)
{
	size_t n = 0;

	for (size_t k = 0; k < a->nvalues && n < max; k++)
		if (strcmp(a->values[k].option->name, "to") == 0)
			ret[n++] = a->values[k].value;
	for (size_t k = 1; k < a->nwords && n < max; k++)
		ret[n++] = a->words[k];
	return n;
}

static void
say_queued(struct cli *c, const struct issue *i, size_t nto, size_t neditions)
{
	say(c,
	    N_("A test of number %s, revision %d, is queued: %zu addresses, "
	       "%zu editions"),
	    i->name, i->revision, nto, neditions);
	say(c,
	    N_("It arrives within a minute when tweeluikd runs; look in the "
	       "mailbox, or: tweeluik status"));
}

static int
queue(struct cli *c, const struct issue *i, const char *const *editions,
    size_t neditions, const struct address *to, size_t nto, json_t **ret,
    struct err *e)
{
	int64_t mailing;

	if (proof_queue(c->db, &c->config, c->keys, i, editions, neditions, to,
		nto, c->actor, &mailing, e) == -1)
		return -1;
	say_queued(c, i, nto, neditions);
	*ret = json_pack("{s:s,s:i,s:i,s:i,s:i,s:I}", "name", i->name, "number",
	    i->number, "year", i->year, "revision", i->revision, "messages",
	    (int)(nto * neditions), "mailing", (json_int_t)mailing);
	return 0;
}

int
cli_issue_test(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *words[PROOF_ADDRESSES_MAX + 1];
	const char *only = args_value(a, "edition");
	struct address to[PROOF_ADDRESSES_MAX];
	size_t n = addresses(a, words, PROOF_ADDRESSES_MAX + 1), neditions;
	const char *const *editions;
	json_t *o = NULL;
	struct issue i;
	int rc;

	if (n == 0) {
		(void)err_set(e, ERR_USAGE, "A test needs an address");
		return err_hint(e, N_("Add --to ADDRESS"));
	}
	if (only != NULL && item_key_choose(edition_names, only, e) == -1)
		return err_prefix(e, "--edition");
	if (proof_addresses(to, words, n, e) == -1 || cli_keys(c, e) == -1 ||
	    issue_begin(c, a, &i, e) == -1)
		return -1;
	editions = special_editions(i.kind, &neditions);
	rc = queue(c, &i, only == NULL ? editions : &only,
	    only == NULL ? neditions : 1, to, n, &o, e);
	if (rc != 0 || c->dry_run)
		database_rollback(c->db);
	else
		rc = database_commit(c->db, e);
	if (rc == 0 && c->dry_run)
		say(c, N_("This was a dry run, so nothing was changed"));
	if (rc == 0)
		(void)out_object(c, "tweeluik.issue-test/1", o);
	else
		json_decref(o);
	return rc;
}
