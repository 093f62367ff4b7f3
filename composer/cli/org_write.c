#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/editor.h"
#include "composer/cli/org.h"
#include "composer/list/org_form.h"

#define FORM_MAX ((size_t)256 * 1024)

/* Values on their way from a person to the database. */
struct task {
	struct cli *c;
	const struct cli_args *args;
	struct org_rules rules;
	struct org_values values;
	bool any;	  /* something was given */
	bool done;	  /* the transaction is over */
	const char *kept; /* file with what was typed, NULL for --file */
};

/* A field's option has its name with '-' for '_'; --visibility may be given
 * more than once. */
static int
read_options(struct task *t, struct org_values *v, struct err *e)
{
	const struct cli_args *a = t->args;

	for (size_t i = 0; i < a->nvalues; i++) {
		const char *s = a->values[i].value;
		int f = org_field_find(a->values[i].option->name);

		if (f == -1)
			continue;
		if (org_field_check((enum org_field)f, &t->c->arena, &t->rules,
			&s, strlen(s), e) == -1)
			return err_prefix(e, "--%s", a->values[i].option->name);
		if (f == ORG_VISIBILITY && v->value[f] != NULL)
			s = arena_printf(&t->c->arena, "%s %s", v->value[f], s);
		v->value[f] = s;
		t->any = true;
	}
	return 0;
}

static void
add_help(struct task *t, struct buf *b)
{
	const char *text =
	    tr("Lines with # are left out. A key with nothing behind it is "
	       "empty.\n"
	       "Secret, Announce: yes or no. Dates: 2027-03-01 or +0d for "
	       "today\n"
	       "Contact-language: nl, en or both\n"
	       "Languages: codes with blanks between them: nl en fr\n"
	       "Visibility: public, mail (only in the mail) or office, for "
	       "place,\n"
	       "postal_address, region, contact, phone, email and website:\n"
	       "phone=mail email=public\n"
	       "A contact is named only after this person agreed: "
	       "Contact-agreed-on,\n"
	       "Contact-agreed-by (who, and how)");

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		(void)buf_addf(b, "# %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
	(void)buf_addf(b, "# %s", tr("Topics:"));
	for (size_t i = 0; t->rules.topics[i] != NULL; i++)
		(void)buf_addf(b, " %s", t->rules.topics[i]);
	(void)buf_adds(b, "\n\n");
}

static int
edit(struct task *t, const struct org_values *now, char **text, size_t *n,
    struct err *e)
{
	struct buf b;
	const char *form;

	buf_init(&b, FORM_MAX);
	add_help(t, &b);
	(void)org_form_write(&b, now);
	form = arena_memdup(&t->c->arena, b.data, b.len);
	buf_done(&b);
	return editor_edit(t->c, form, text, n, &t->kept, e);
}

/* From the options, from --file (options win), or from the editor when neither
 * says anything.  1: something was given, 0: left as it was. */
static int
obtain(struct task *t, const struct org_values *now, struct err *e)
{
	const char *file = args_value(t->args, "file");
	struct org_values options = { .value = { NULL } };
	char *text;
	size_t n;
	int rc = 1;

	if (read_options(t, &options, e) == -1)
		return -1;
	if (file == NULL && t->any) {
		t->values = options;
		return 1;
	}
	if (file != NULL)
		rc = editor_read_file(t->c, file, &text, &n, e) == -1 ? -1 : 1;
	else
		rc = edit(t, now, &text, &n, e);
	if (rc != 1)
		return rc;
	if (file == NULL)
		file = t->kept;
	else if (strcmp(file, "-") == 0)
		file = tr("standard input");
	if (org_form_parse(&t->c->arena, &t->rules, file, text, n, &t->values,
		e) == -1)
		return -1;
	for (int f = 0; f < ORG_FIELDS; f++)
		if (options.value[f] != NULL)
			t->values.value[f] = options.value[f];
	return 1;
}

static int
end(struct task *t, int rc, struct err *e)
{
	if (t->kept == NULL)
		return rc;
	if (rc == -1)
		return err_hint(e,
		    N_("Your text is kept in %s; correct it and add --file "
		       "with that name"),
		    t->kept);
	editor_forget(t->kept);
	return rc;
}

static bool
has(const struct org_values *v, enum org_field f)
{
	return v->value[f][0] != '\0';
}

static bool
is_yes(const struct org_values *v, enum org_field f)
{
	return strcmp(v->value[f], "yes") == 0;
}

/* What an edition would not show, and why. */
static void
say_notices(struct cli *c, const struct org_values *v)
{
	if (!has(v, ORG_AIM_EN))
		say(c,
		    N_("Note: the aim in English is missing, so the English "
		       "edition shows this organisation without it"));
	if (!has(v, ORG_AIM_NL))
		say(c,
		    N_("Note: the aim in Dutch is missing, so the Dutch "
		       "edition shows this organisation without it"));
	if (has(v, ORG_CONTACT) && !has(v, ORG_CONTACT_AGREED_ON))
		say(c,
		    N_("Note: the contact did not agree to be named, so only "
		       "the office sees this name"));
	if (is_yes(v, ORG_SECRET))
		say(c,
		    N_("The address is secret: place, address and region stay "
		       "in the office"));
	else if (has(v, ORG_PLACE) &&
	    strncmp(v->value[ORG_VISIBILITY], "place=office", 12) == 0)
		say(c,
		    N_("Note: the place stays in the office, until you choose "
		       "--visibility place=public"));
	if (is_yes(v, ORG_ANNOUNCE))
		say(c, N_("It is in the next issue, under New in the network"));
}

/* Inside the transaction of the change. */
static int
finish(struct task *t, int64_t id, const char *outcome, struct err *e)
{
	struct cli *c = t->c;
	struct org_values now;
	int64_t revision;

	if (org_load(c, id, &now, &revision, e) == -1)
		return -1;
	if (c->dry_run)
		database_rollback(c->db);
	else if (database_commit(c->db, e) == -1)
		return -1;
	t->done = true;
	/* TRANSLATORS: "Voorbeeldhuis is changed" */
	say(c, N_("%s is %s"), now.value[ORG_NAME],
	    tr(strcmp(outcome, "new") == 0	   ? N_("added")
		    : strcmp(outcome, "same") == 0 ? N_("unchanged")
						   : N_("changed")));
	say_notices(c, &now);
	if (c->dry_run) {
		say(c, N_("This was a dry run, so nothing was changed"));
		return 0;
	}
	return c->output == CLI_TEXT ? 0 : org_show(c, id, e);
}

static int
put(struct task *t, int64_t id, int64_t seen, struct err *e)
{
	const char *outcome;

	if (database_begin(t->c->db, e) == -1)
		return -1;
	if (org_put(t->c, &id, &t->values, seen, &outcome, e) == 0 &&
	    finish(t, id, outcome, e) == 0)
		return 0;
	if (!t->done)
		database_rollback(t->c->db);
	return -1;
}

/* The one in the form, else the word; 1 when it is good. */
static int
check_name(struct task *t, const char *word, struct err *e)
{
	const char *name = t->values.value[ORG_NAME];

	if (name == NULL)
		name = word;
	if (name == NULL)
		return err_set(e, ERR_USAGE, "A new organisation needs a name");
	t->values.value[ORG_NAME] = name;
	return org_field_check(ORG_NAME, &t->c->arena, &t->rules,
		   &t->values.value[ORG_NAME], strlen(name), e) == -1
	    ? -1
	    : 1;
}

int
cli_org_add(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct task t = { .c = c, .args = a };
	struct org_values empty = { .value = { [ORG_CONTACT_LANGUAGE] = "both",
					[ORG_SECRET] = "no",
					[ORG_ANNOUNCE] = "no" } };
	int rc;

	if (org_rules(c, &t.rules, e) == -1)
		return -1;
	if (a->nwords == 1)
		empty.value[ORG_NAME] = a->words[0];
	rc = obtain(&t, &empty, e);
	if (rc == 0)
		say(c,
		    N_("The form was left as it was, so nothing was changed"));
	if (rc == 1)
		rc = check_name(&t, empty.value[ORG_NAME], e);
	if (rc == 1)
		rc = put(&t, 0, 0, e);
	return end(&t, rc, e);
}

int
cli_org_set(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct task t = { .c = c, .args = a };
	int64_t id = 0, seen = 0, revision;
	struct org_values now;
	int rc;

	if (args_int(a, "revision", 1, INT32_MAX, &seen, e) == -1 ||
	    org_rules(c, &t.rules, e) == -1 ||
	    org_find(c, a->words[0], &id, e) == -1 ||
	    org_load(c, id, &now, &revision, e) == -1)
		return -1;
	rc = obtain(&t, &now, e);
	if (rc == 0)
		say(c,
		    N_("The form was left as it was, so nothing was changed"));
	/* Who edits has seen this revision; options and files stand alone. */
	if (seen == 0 && t.kept != NULL)
		seen = revision;
	if (rc == 1)
		rc = put(&t, id, seen, e);
	return end(&t, rc, e);
}

static int
remove_one(struct cli *c, int64_t id, const char *name, struct err *e)
{
	if (database_begin(c->db, e) == -1)
		return -1;
	if (DATABASE_DO(c->db, e, "org_remove", param_int(id)) == -1 ||
	    database_commit(c->db, e) == -1) {
		database_rollback(c->db);
		return -1;
	}
	say(c, N_("%s is removed"), name);
	(void)out_object(c, ORG_SCHEMA,
	    json_pack("{s:I,s:s,s:b}", "id", (json_int_t)id, "name", name,
		"removed", 1));
	return 0;
}

int
cli_org_remove(struct cli *c, const struct cli_args *a, struct err *e)
{
	int64_t id = 0, revision, subscribers, sent;
	struct org_values now;
	const char *unsent;
	struct rows r;

	if (org_find(c, a->words[0], &id, e) == -1 ||
	    org_load(c, id, &now, &revision, e) == -1 ||
	    DATABASE_RUN(c->db, &r, e, "org_linked", param_int(id)) == -1)
		return -1;
	subscribers = rows_int(&r, 0, "subscribers");
	sent = rows_int(&r, 0, "sent");
	unsent = arena_strdup(&c->arena, rows_str(&r, 0, "unsent"));
	rows_done(&r);
	if (subscribers > 0)
		say(c,
		    tr_n("%lld subscriber belongs to it, and stays a "
			 "subscriber",
			"%lld subscribers belong to it, and stay subscribers",
			(unsigned long)subscribers),
		    (long long)subscribers);
	if (sent > 0)
		say(c,
		    tr_n("%lld item about it was sent, and stays",
			"%lld items about it were sent, and stay",
			(unsigned long)sent),
		    (long long)sent);
	if (unsent[0] != '\0' && !c->yes && !c->dry_run) {
		(void)err_set(e, ERR_REFUSED,
		    "An item about it was not sent yet: %s", unsent);
		(void)err_slug(e, "unsent");
		return err_hint(e, N_("Add --yes to drop the item as well"));
	}
	if (unsent[0] != '\0')
		say(c, N_("Not sent yet, and dropped: item %s"), unsent);
	if (cli_ask(c,
		arena_printf(&c->arena, tr("Remove %s? (y/n)"),
		    now.value[ORG_NAME]),
		e) == -1)
		return -1;
	if (c->dry_run) {
		say(c, N_("This was a dry run, so nothing was changed"));
		return 0;
	}
	return remove_one(c, id, now.value[ORG_NAME], e);
}
