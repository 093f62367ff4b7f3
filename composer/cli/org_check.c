#include <string.h>

#include "base/address.h"
#include "base/catalogue.h"
#include "base/keys.h"
#include "composer/cli/cli.h"
#include "composer/cli/org.h"
#include "composer/cli/words.h"

#define CHECK_SCHEMA "tweeluik.organisation-check/1"
#define CHANGES_SCHEMA "tweeluik.organisation-changes/1"

/* One organisation that could be asked whether all is right. */
struct asked {
	int64_t id;
	const char *name, *language;
	struct address address;
	unsigned char hash[KEYS_HASH_BYTES];
	const char *reason; /* why not, NULL: it can */
};

struct round {
	struct cli *c;
	struct asked *all;
	size_t n, good;
};

static const char *
reason_word(const char *reason)
{
	return strcmp(reason, "no-address") == 0
	    ? N_("it has no e-mail address")
	    : strcmp(reason, "suppressed") == 0
	    ? N_("this address gets no mail any more")
	    : N_("it was asked less than 30 days ago");
}

static int
look_at(struct round *x, struct asked *q, const char *email, struct err *e)
{
	struct rows r;

	if (email[0] != '\0') {
		if (address_parse(&q->address, email, strlen(email), e) == -1)
			return err_prefix(e, "%s", q->name);
		keys_hash_address(x->c->keys, q->hash, &q->address);
	}
	if (DATABASE_RUN(x->c->db, &r, e, "org_unaskable", param_int(q->id),
		param_bytes(q->hash, sizeof(q->hash))) == -1)
		return -1;
	q->reason = rows_null(&r, 0, "reason")
	    ? NULL
	    : arena_strdup(&x->c->arena, rows_str(&r, 0, "reason"));
	rows_done(&r);
	x->good += q->reason == NULL;
	return 0;
}

static int
collect(struct round *x, int64_t id, const char *since, struct err *e)
{
	struct arena *a = &x->c->arena;
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(x->c->db, &r, e, "org_unchecked",
		id != 0 ? param_int(id) : param_null(),
		param_text(since)) == -1)
		return -1;
	x->n = (size_t)r.n;
	x->all = arena_alloc(a, (x->n + 1) * sizeof(*x->all));
	for (int i = 0; i < r.n && rc == 0; i++) {
		x->all[i] = (struct asked){ .id = rows_int(&r, i, "id"),
			.name = arena_strdup(a, rows_str(&r, i, "name")),
			.language = arena_strdup(a,
			    rows_str(&r, i, "contact_language")) };
		rc = look_at(x, &x->all[i], rows_str(&r, i, "email"), e);
	}
	rows_done(&r);
	return rc;
}

/* In one transaction; who was asked meanwhile is left out. */
static int
ask(struct round *x, int *ret_asked, struct err *e)
{
	struct database *db = x->c->db;

	*ret_asked = 0;
	if (database_begin(db, e) == -1)
		return -1;
	for (size_t i = 0; i < x->n; i++) {
		const struct asked *q = &x->all[i];
		unsigned char sealed[KEYS_SEALED_MAX];
		struct rows r;
		size_t n;

		if (q->reason != NULL)
			continue;
		n = keys_seal(x->c->keys, sealed, q->address.text);
		if (DATABASE_RUN(db, &r, e, "org_ask", param_int(q->id),
			param_bytes(q->hash, sizeof(q->hash)),
			param_bytes(sealed, n)) == -1) {
			database_rollback(db);
			return -1;
		}
		*ret_asked += rows_bool(&r, 0, "asked");
		rows_done(&r);
	}
	if (database_commit(db, e) == 0)
		return 0;
	database_rollback(db);
	return -1;
}

static json_t *
document(const struct round *x, int asked)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->n; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:I,s:s,s:s,s:s?}", "id",
			(json_int_t)x->all[i].id, "name", x->all[i].name,
			"language", x->all[i].language, "left_out",
			x->all[i].reason));
	return json_pack("{s:o,s:i}", "organisations", list, "asked", asked);
}

static int
find_whom(struct round *x, const struct cli_args *a, struct err *e)
{
	const char *since = args_value(a, "unchecked-since");
	int64_t id = 0;

	if ((since != NULL) == (a->nwords == 1))
		return err_set(e, ERR_USAGE,
		    "Say whom to ask: a name, or --unchecked-since 1y");
	if ((since != NULL && org_since(x->c, since, &since, e) == -1) ||
	    (since == NULL && org_find(x->c, a->words[0], &id, e) == -1) ||
	    cli_keys(x->c, e) == -1 || cli_database(x->c, e) == -1)
		return -1;
	return collect(x, id, since, e);
}

int
cli_org_check(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct round x = { .c = c };
	const char *number;
	int asked = 0;

	if (find_whom(&x, a, e) == -1)
		return -1;
	for (size_t i = 0; i < x.n; i++)
		if (x.all[i].reason != NULL)
			say(c, N_("%s is not asked: %s"), x.all[i].name,
			    tr(reason_word(x.all[i].reason)));
		else if (c->output == CLI_TEXT)
			out("%s\n", x.all[i].name);
	if (x.good == 0) {
		say(c, N_("There is nobody to ask now"));
		(void)out_object(c, CHECK_SCHEMA, document(&x, 0));
		return 0;
	}
	number = arena_printf(&c->arena, "%zu", x.good);
	if (cli_ask_name(c,
		arena_printf(&c->arena,
		    tr_n("%zu organisation gets a mail with what is stored, "
			 "and is asked whether it is right.",
			"%zu organisations get a mail with what is stored, "
			"and are asked whether it is right.",
			x.good),
		    x.good),
		number, args_value(a, "confirm"), e) == -1)
		return -1;
	if (c->dry_run)
		say(c, N_("This was a dry run, so nothing was changed"));
	else if (ask(&x, &asked, e) == -1)
		return -1;
	else
		say(c,
		    tr_n("%d mail leaves now. Answers: tweeluik org changes",
			"%d mails leave now. Answers: tweeluik org changes",
			(unsigned long)asked),
		    asked);
	(void)out_object(c, CHECK_SCHEMA, document(&x, asked));
	return 0;
}

/*
 * What they answered
 */
static void
print_change(struct cli *c, const json_t *o)
{
	json_t *fields = json_object_get(o, "fields"), *value;
	const json_t *was = json_object_get(o, "was");
	const char *key;

	out(tr("Change %lld, %s, %s\n"), (long long)json_num(o, "id"),
	    json_str(o, "organisation"),
	    cli_day(c, DATEFMT_MOMENT, json_str(o, "at")));
	json_object_foreach(fields, key, value)
	{
		const char *old = json_str(was, key);
		const char *new = json_string_value(value);

		cli_line(tr(org_field_label(
			     (enum org_field)org_field_find(key))),
		    arena_printf(&c->arena, "%s -> %s",
			old[0] != '\0' ? old : tr("(empty)"),
			new[0] != '\0' ? new : tr("(empty)")));
	}
	if (json_str(o, "remark")[0] != '\0')
		cli_line(tr("Remark"), json_str(o, "remark"));
}

int
cli_org_changes(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const struct column columns[] = { { "id", N_("Number") },
		{ "organisation_id", N_("Number") },
		{ "organisation", N_("Organisation") }, { "at", N_("At") },
		{ "fields", N_("Changes") }, { "remark", N_("Remark") },
		{ 0 } };
	int64_t id = 0;
	json_t *list, *o;
	struct rows r;
	size_t i;

	if ((a->nwords == 1 && org_find(c, a->words[0], &id, e) == -1) ||
	    cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "org_changes", param_null(),
		id != 0 ? param_int(id) : param_null()) == -1)
		return -1;
	list = json_of_rows(&r);
	rows_done(&r);
	if (json_array_size(list) == 0)
		say(c, N_("No changes wait"));
	if (c->output != CLI_TEXT) {
		out_list(c, CHANGES_SCHEMA, list, columns);
		return 0;
	}
	json_array_foreach(list, i, o) print_change(c, o);
	if (json_array_size(list) > 0)
		say(c,
		    N_("To store one: tweeluik org accept NUMBER; to leave it: "
		       "tweeluik org refuse NUMBER"));
	json_decref(list);
	return 0;
}

/* The change of words[0]; the caller ends the reference. */
static int
find_change(struct cli *c, const struct cli_args *a, json_t **ret,
    struct err *e)
{
	const char *word = a->words[0];
	size_t n = strlen(word);
	struct rows r;

	if (n > 18 || strspn(word, "0123456789") != n || n == 0)
		return err_set(e, ERR_USAGE, "'%s' is no number of a change",
		    word);
	if (cli_database(c, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "org_changes", param_text(word),
		param_null()) == -1)
		return -1;
	if (r.n > 0)
		*ret = json_of_row(&r, 0);
	else
		(void)err_set(e, ERR_NOT_FOUND, "There is no change %s", word);
	n = (size_t)r.n;
	rows_done(&r);
	return n > 0 ? 0 : err_hint(e, N_("Look: tweeluik org changes"));
}

static int
accept(struct cli *c, const json_t *o, struct err *e)
{
	const json_t *fields = json_object_get(o, "fields");
	struct org_values v = { .value = { NULL } };
	const char *outcome;
	struct rows r;

	v.value[ORG_PLACE] = json_str(json_object_get(fields, "place") != NULL
		? fields
		: json_object_get(o, "was"),
	    "place");
	if (database_begin(c->db, e) == -1)
		return -1;
	if (DATABASE_RUN(c->db, &r, e, "org_accept",
		param_int(json_num(o, "id")),
		param_int(json_num(o, "revision"))) == -1)
		goto bad;
	outcome = arena_strdup(&c->arena, rows_str(&r, 0, "outcome"));
	rows_done(&r);
	if (org_outcome(outcome, &v, e) == -1 ||
	    database_commit(c->db, e) == -1)
		goto bad;
	say(c, N_("Stored; %s was checked by its own people"),
	    json_str(o, "organisation"));
	if (json_object_get(fields, "contact") != NULL)
		say(c,
		    N_("Note: the contact did not agree to be named, so only "
		       "the office sees this name"));
	return c->output == CLI_TEXT
	    ? 0
	    : org_show(c, json_num(o, "organisation_id"), e);
bad:
	database_rollback(c->db);
	return -1;
}

int
cli_org_accept(struct cli *c, const struct cli_args *a, struct err *e)
{
	json_t *o = NULL;
	int rc;

	if (find_change(c, a, &o, e) == -1)
		return -1;
	if (c->output == CLI_TEXT)
		print_change(c, o);
	rc = cli_ask(c, tr("Store this? (y/n)"), e);
	if (rc == 0 && c->dry_run)
		say(c, N_("This was a dry run, so nothing was changed"));
	else if (rc == 0)
		rc = accept(c, o, e);
	json_decref(o);
	return rc;
}

int
cli_org_refuse(struct cli *c, const struct cli_args *a, struct err *e)
{
	json_t *o = NULL;
	int rc;

	if (find_change(c, a, &o, e) == -1)
		return -1;
	rc = cli_ask(c,
	    arena_printf(&c->arena, tr("Refuse change %lld of %s? (y/n)"),
		(long long)json_num(o, "id"), json_str(o, "organisation")),
	    e);
	if (rc == 0 && c->dry_run)
		say(c, N_("This was a dry run, so nothing was changed"));
	else if (rc == 0)
		rc = DATABASE_DO(c->db, e, "org_refuse",
		    param_int(json_num(o, "id")));
	if (rc == 0 && !c->dry_run)
		say(c, N_("Refused; nothing of it was stored"));
	json_decref(o);
	return rc;
}
