#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"
#include "composer/issue/issue.h"

#define READERS_SHOWN 50 /* to people; there are seldom more than five */

/* From which moment, and about which issue alone. */
struct span {
	struct param issue, since;
	const char
	    *name;  /* of the issue it begins with, NULL: from the start */
	bool about; /* that issue alone */
};

static int
read_span(struct cli *c, const struct cli_args *a, struct span *ret,
    struct err *e)
{
	const char *word = args_value(a, "issue");
	struct issue i;
	struct rows r;

	*ret = (struct span){ param_null(), param_null(), NULL, false };
	if (word != NULL && args_flag(a, "all"))
		return err_set(e, ERR_USAGE,
		    "--issue and --all do not go together");
	if (word != NULL) {
		if (issue_find(c->db, &c->arena, word, &i, e) == -1)
			return -1;
		ret->issue = param_int(i.id);
		ret->name = i.name;
		ret->about = true;
		return 0;
	}
	if (args_flag(a, "all"))
		return 0;
	if (database_run(c->db, &r, e, "bounce_span", NULL, 0) == -1)
		return -1;
	if (r.n > 0) {
		ret->since = param_text(
		    arena_strdup(&c->arena, rows_str(&r, 0, "since")));
		ret->name = arena_strdup(&c->arena, rows_str(&r, 0, "issue"));
	}
	rows_done(&r);
	return 0;
}

/* Readers of whom a person should judge: those who fail again and again, and
 * those whose address looks like a slip. */
static int
add_reader(struct cli *c, const struct rows *r, int row, json_t *to,
    struct err *e)
{
	json_t *o = json_of_row(r, row);
	const char *suggestion;

	if (bounce_open_row(c, r, row, o, e) == -1) {
		json_decref(o);
		return -1;
	}
	suggestion = bounce_suggestion(c, json_str(o, "address"));
	if (!rows_bool(r, row, "again") && suggestion == NULL) {
		json_decref(o);
		return 0;
	}
	(void)json_object_set_new(o, "suggestion",
	    suggestion != NULL ? json_string(suggestion) : json_null());
	(void)json_object_set_new(o, "meaning",
	    json_string(tr(bounce_meaning(rows_str(r, row, "reason"),
		rows_str(r, row, "status")))));
	(void)json_array_append_new(to, o);
	return 0;
}

static int
look_at_readers(struct cli *c, const struct span *s, json_t *to, struct err *e)
{
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(c->db, &r, e, "bounce_readers", s->issue, s->since) ==
	    -1)
		return -1;
	for (int i = 0; i < r.n && rc == 0; i++)
		rc = add_reader(c, &r, i, to, e);
	rows_done(&r);
	return rc;
}

/* Mail that a person should read. */
static int
look_at_mails(struct cli *c, const struct span *s, json_t *to, struct err *e)
{
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(c->db, &r, e, "bounce_mails", s->issue) == -1)
		return -1;
	for (int i = 0; i < r.n && rc == 0; i++) {
		json_t *o = json_of_row(&r, i);

		rc = bounce_open_row(c, &r, i, o, e);
		(void)json_array_append_new(to, o);
	}
	rows_done(&r);
	return rc;
}

static int
look_at_done(struct cli *c, const struct span *s, json_t *to, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "bounce_counts", s->issue, s->since) ==
	    -1)
		return -1;
	for (int i = 0; i < r.n; i++) {
		const char *reason = rows_str(&r, i, "reason");
		const char *what = rows_str(&r, i, "what");
		json_t *o = json_of_row(&r, i);

		(void)json_object_set_new(o, "meaning",
		    json_string(arena_printf(&c->arena, "%s: %s",
			tr(reason[0] != '\0'
				? bounce_meaning(reason, "")
				: bounce_kind_meaning(rows_str(&r, i, "kind"))),
			tr(bounce_done(what)))));
		(void)json_array_append_new(to, o);
	}
	rows_done(&r);
	return 0;
}

/* "the mailbox is full (3 issues in a row)" */
static void
print_reader(struct cli *c, const json_t *o)
{
	const char *address = json_str(o, "address");
	const char *issue = json_str(o, "issue");
	const char *meaning = json_str(o, "meaning");
	int64_t n = json_num(o, "in_a_row");

	if (json_is_true(json_object_get(o, "again")))
		meaning = arena_printf(&c->arena,
		    tr_n("%s (%lld issue in a row)",
			"%s (%lld issues in a row)", (unsigned long)n),
		    meaning, (long long)n);
	out("  %s  %s%s%s\n", address,
	    issue[0] != '\0' ? arena_printf(&c->arena, tr("number %s"), issue)
			     : "",
	    issue[0] != '\0' ? ": " : "", meaning);
	if (!json_is_null(json_object_get(o, "suggestion")))
		out(tr("    Did you mean %s? Ask the reader; nothing was "
		       "changed\n"),
		    json_str(o, "suggestion"));
	out(tr("    Leave it: tweeluik bounce keep %s\n"), address);
	if (strcmp(json_str(o, "state"), "undeliverable") != 0)
		out(tr("    Stop: tweeluik bounce suppress %s --reason TEXT\n"),
		    address);
}

static void
print_mail(struct cli *c, const json_t *o)
{
	const char *subject = json_str(o, "subject");
	const char *why = bounce_why(json_str(o, "why"));

	out("  %lld  %s, %s%s%s%s%s\n", (long long)json_num(o, "id"),
	    cli_day(c, DATEFMT_SHORT, json_str(o, "at")),
	    tr(bounce_kind_meaning(json_str(o, "kind"))),
	    json_str(o, "from")[0] != '\0' ? ", " : "", json_str(o, "from"),
	    subject[0] != '\0' ? ": " : "", subject);
	if (why[0] != '\0')
		out("    %s\n", tr(why));
	if (json_is_true(json_object_get(o, "forward")))
		out("    %s\n", tr("goes to the help desk by itself"));
}

static void
print_mails(struct cli *c, const json_t *mails)
{
	json_t *o;
	size_t i;

	if (json_array_size(mails) == 0)
		return;
	out(tr("Mails to read (%zu)\n"), json_array_size(mails));
	json_array_foreach(mails, i, o) print_mail(c, o);
	out("%s\n",
	    tr("  Read one: tweeluik bounce show NUMBER; then: tweeluik bounce "
	       "forward NUMBER, or dismiss NUMBER"));
}

static void
print_done(struct cli *c, const struct span *s, const json_t *done)
{
	json_t *o;
	size_t i;

	if (s->name == NULL)
		out("%s\n", tr("\nDone by itself"));
	else if (s->about)
		out(tr("\nDone by itself about number %s\n"), s->name);
	else
		out(tr("\nDone by itself since number %s\n"), s->name);
	if (json_array_size(done) == 0)
		out("  %s\n", tr("nothing came back"));
	json_array_foreach(done, i, o) out("  %5s  %s\n",
	    cli_number(c, json_num(o, "n")), json_str(o, "meaning"));
}

static void
print_list(struct cli *c, const struct span *s, const json_t *doc)
{
	const json_t *readers = json_object_get(doc, "readers");
	const json_t *mails = json_object_get(doc, "mails");
	json_t *o;
	size_t i;

	if (json_array_size(readers) + json_array_size(mails) == 0)
		out("%s\n", tr("Nothing waits for a person"));
	if (json_array_size(readers) > 0)
		out(tr("To judge (%zu)\n"), json_array_size(readers));
	json_array_foreach(readers, i, o)
	{
		if (i == READERS_SHOWN) {
			out("  %s\n",
			    arena_printf(&c->arena, tr("and %s more"),
				cli_number(c,
				    (long long)(json_array_size(readers) -
					i))));
			break;
		}
		print_reader(c, o);
	}
	if (json_array_size(readers) > 0 && json_array_size(mails) > 0)
		out("\n");
	print_mails(c, mails);
	print_done(c, s, json_object_get(doc, "done"));
}

int
cli_bounce_list(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct span s;
	json_t *doc, *readers, *mails, *done;

	if (cli_keys(c, e) == -1 || cli_database(c, e) == -1 ||
	    read_span(c, a, &s, e) == -1)
		return -1;
	doc = json_pack("{s:s?,s:o,s:o,s:o}", "since", s.name, "readers",
	    readers = json_array(), "mails", mails = json_array(), "done",
	    done = json_array());
	if (look_at_readers(c, &s, readers, e) == -1 ||
	    look_at_mails(c, &s, mails, e) == -1 ||
	    look_at_done(c, &s, done, e) == -1) {
		json_decref(doc);
		return -1;
	}
	if (c->output == CLI_TEXT) {
		print_list(c, &s, doc);
		json_decref(doc);
	} else {
		(void)out_object(c, "tweeluik.bounces/1", doc);
	}
	return 0;
}
