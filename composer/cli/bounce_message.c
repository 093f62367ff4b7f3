#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounce/bounce.h"
#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"
#include "composer/letter/forward.h"

/* A page: who wants more asks for --raw. */
#define TEXT_SHOWN 4000

static int
read_number(const struct cli_args *a, int64_t *ret, struct err *e)
{
	const char *word = a->words[0];
	size_t n = strlen(word);

	if (n == 0 || n > 18 || strspn(word, "0123456789") != n)
		return err_set(e, ERR_USAGE, "'%s' is no number of a message",
		    word);
	*ret = strtoll(word, NULL, 10);
	return 0;
}

/* The message as it came; *ret is NULL when it is gone. */
static int
load_raw(struct cli *c, int64_t id, char **ret, size_t *ret_n, struct err *e)
{
	struct rows r;
	int rc;

	if (DATABASE_RUN(c->db, &r, e, "bounce_raw", param_int(id)) == -1)
		return -1;
	rc = bounce_open(c, &r, 0, "raw_sealed", ret, ret_n, e);
	rows_done(&r);
	return rc;
}

static int
show_raw(struct cli *c, int64_t id, struct err *e)
{
	size_t n = 0;
	char *raw;

	if (load_raw(c, id, &raw, &n, e) == -1)
		return -1;
	if (raw == NULL) {
		(void)err_set(e, ERR_REFUSED,
		    "Message %lld itself is gone: it is kept for 7 days",
		    (long long)id);
		return err_slug(e, "gone");
	}
	(void)fwrite(raw, 1, n, stdout);
	return 0;
}

/* What was written, without quoting. */
static int
add_text(struct cli *c, int64_t id, json_t *o, struct err *e)
{
	const char *text = "";
	struct err ignored;
	struct bounce b;
	size_t n = 0;
	char *raw;

	if (load_raw(c, id, &raw, &n, e) == -1)
		return -1;
	bounce_init();
	if (raw != NULL && bounce_read(raw, n, &c->arena, &b, &ignored) == 0)
		text = b.text;
	(void)json_object_set_new(o, "text", bounce_json_text(c, text));
	return 0;
}

static int
load(struct cli *c, int64_t id, json_t **ret, struct err *e)
{
	json_t *o, *list;
	struct rows r;
	int rc;

	if (DATABASE_RUN(c->db, &r, e, "bounce_message", param_int(id)) == -1)
		return -1;
	if (r.n == 0) {
		rows_done(&r);
		(void)err_set(e, ERR_NOT_FOUND, "There is no message %lld",
		    (long long)id);
		return err_hint(e, N_("Look: tweeluik bounce list"));
	}
	o = json_of_row(&r, 0);
	rc = bounce_open_row(c, &r, 0, o, e);
	rows_done(&r);
	if (rc == -1 ||
	    bounce_look(c, param_int(id), param_null(), &list, e) == -1) {
		json_decref(o);
		return -1;
	}
	(void)json_object_set_new(o, "bounces", list);
	*ret = o;
	return 0;
}

static void
print_line(const char *label, const char *value)
{
	if (value[0] != '\0')
		cli_line(label, value);
}

static void
print_text(const char *text)
{
	size_t n = strnlen(text, TEXT_SHOWN);

	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		out("\n%.*s%s\n", (int)n, text,
		    text[n] != '\0' ? " [...]" : "");
}

static void
print_message(struct cli *c, const json_t *o)
{
	const json_t *list = json_object_get(o, "bounces");
	const char *address = json_str(o, "address");
	const char *text = json_str(o, "text");
	json_t *b;
	size_t i;

	cli_line(tr("Message"),
	    arena_printf(&c->arena, "%lld, %s, %s",
		(long long)json_num(o, "id"),
		cli_day(c, DATEFMT_MOMENT, json_str(o, "at")),
		json_str(o, "mailbox")));
	cli_line(tr("What it is"),
	    tr(bounce_kind_meaning(json_str(o, "kind"))));
	cli_line(tr("State"), tr(bounce_state_word(json_str(o, "state"))));
	print_line("", tr(bounce_why(json_str(o, "why"))));
	cli_line(tr("Reader"),
	    address[0] != '\0' ? address
			       : tr("not known: it has no token of ours"));
	print_line(tr("Issue"), json_str(o, "issue"));
	print_line(tr("From"), json_str(o, "from"));
	print_line(tr("Subject"), json_str(o, "subject"));
	json_array_foreach(list, i, b) bounce_print(c, b);
	print_text(text);
	if (json_is_true(json_object_get(o, "raw")))
		out(tr("\nThe message itself: tweeluik bounce show %lld "
		       "--raw\n"),
		    (long long)json_num(o, "id"));
}

int
bounce_show_message(struct cli *c, const struct cli_args *a, struct err *e)
{
	int64_t id;
	json_t *o;

	if (read_number(a, &id, e) == -1 || cli_keys(c, e) == -1 ||
	    cli_database(c, e) == -1 || load(c, id, &o, e) == -1)
		return -1;
	if (args_flag(a, "raw")) {
		json_decref(o);
		return show_raw(c, id, e);
	}
	if (add_text(c, id, o, e) == -1) {
		json_decref(o);
		return -1;
	}
	if (c->output == CLI_TEXT) {
		print_message(c, o);
		json_decref(o);
	} else {
		(void)out_object(c, "tweeluik.returned/1", o);
	}
	return 0;
}

/* The end of one that waits, by a query whose row says that it did. */
static int
settle(struct cli *c, const struct cli_args *a, const char *query,
    const char *action, struct err *e)
{
	int64_t id;
	struct rows r;
	json_t *o;
	int n;

	if (read_number(a, &id, e) == -1 || cli_keys(c, e) == -1 ||
	    cli_database(c, e) == -1 || load(c, id, &o, e) == -1)
		return -1;
	json_decref(o);
	if (database_begin(c->db, e) == -1)
		return -1;
	if (DATABASE_RUN(c->db, &r, e, query, param_int(id),
		param_text(c->actor)) == -1)
		goto bad;
	n = r.n;
	rows_done(&r);
	if (n == 0) {
		(void)err_set(e, ERR_REFUSED,
		    "Message %lld does not wait for a person any more",
		    (long long)id);
		(void)err_hint(e, N_("Look: tweeluik bounce show %lld"),
		    (long long)id);
		(void)err_slug(e, "settled");
		goto bad;
	}
	if (DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("returned"), param_int(id), param_text(action),
		param_text("")) == -1)
		goto bad;
	if (c->dry_run)
		database_rollback(c->db);
	else if (database_commit(c->db, e) == -1)
		goto bad;
	return 0;
bad:
	database_rollback(c->db);
	return -1;
}

int
cli_bounce_dismiss(struct cli *c, const struct cli_args *a, struct err *e)
{
	if (settle(c, a, "bounce_dismiss", "dismissed", e) == -1)
		return -1;
	say(c,
	    c->dry_run ? N_("This message would be thrown away")
		       : N_("Thrown away; nobody is told"));
	return c->dry_run || c->output == CLI_TEXT
	    ? 0
	    : bounce_show_message(c, a, e);
}

int
bounce_pass_on(struct cli *c, bool *ret_all, struct err *e)
{
	struct rows r;
	int n;

	if (forward_round(c->db, c->keys, &c->config, &n, e) == -1 ||
	    database_run(c->db, &r, e, "bounce_passing", NULL, 0) == -1)
		return -1;
	*ret_all = rows_int(&r, 0, "n") == 0;
	rows_done(&r);
	return 0;
}

int
cli_bounce_forward(struct cli *c, const struct cli_args *a, struct err *e)
{
	bool all = true;

	if (settle(c, a, "bounce_forward", "forwarded", e) == -1 ||
	    (!c->dry_run && bounce_pass_on(c, &all, e) == -1))
		return -1;
	say(c,
	    c->dry_run ? N_("This message would go to the help desk")
		: all  ? N_("It goes to the help desk now, as it came")
		       : N_("It goes to the help desk, 20 messages an hour"));
	return c->dry_run || c->output == CLI_TEXT
	    ? 0
	    : bounce_show_message(c, a, e);
}
