#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/operator.h"
#include "composer/issue/issue.h"
#include "composer/issue/missing.h"

struct choice {
	bool uncertain, newcomers;
};

static int64_t
together(const struct missing *m, const struct choice *with)
{
	return m->refused + m->expired + m->returned + m->unsent +
	    (with->uncertain ? m->uncertain : 0) +
	    (with->newcomers ? m->newcomers : 0);
}

static void
line(struct cli *c, int64_t n, const char *what)
{
	if (n > 0)
		out("%10s  %s\n", cli_number(c, n), what);
}

static void
print(struct cli *c, const struct issue *i, const struct missing *m,
    const struct choice *with)
{
	out(tr("Number %s did not reach:\n"), i->name);
	line(c, m->unsent, tr("never sent, because the sending was stopped"));
	line(c, m->refused, tr("refused for the time being"));
	line(c, m->expired, tr("not taken in time"));
	line(c, m->returned, tr("not active then, and active again"));
	line(c, m->uncertain,
	    with->uncertain
		? tr("uncertain: they may have it already, and then get the "
		     "same mail again")
		: tr("uncertain, left out: they may have it already. Add them "
		     "with --uncertain"));
	line(c, m->newcomers,
	    with->newcomers
		? tr("subscribers since then")
		: tr("subscribers since then, left out: it was never planned "
		     "for them. Add them with --also-new"));
	if (together(m, with) == 0)
		out("%10s  %s\n", "0", tr("to be sent"));
}

static json_t *
document(const struct issue *i, const struct missing *m,
    const struct choice *with, int64_t sent)
{
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:I,s:I}",
	    "name", i->name, "unsent", (json_int_t)m->unsent, "refused",
	    (json_int_t)m->refused, "expired", (json_int_t)m->expired,
	    "returned", (json_int_t)m->returned, "uncertain",
	    (json_int_t)m->uncertain, "newcomers", (json_int_t)m->newcomers,
	    "with_uncertain", with->uncertain, "with_newcomers",
	    with->newcomers, "together", (json_int_t)together(m, with),
	    "sent_to", (json_int_t)sent);
}

static void
say_begun(struct cli *c, const struct issue *i, int64_t n, bool alive)
{
	say(c,
	    N_("Number %s goes to %s more readers, beginning now. Follow it: "
	       "tweeluik issue show %s --watch"),
	    i->name, cli_number(c, n), i->name);
	if (!alive)
		say(c,
		    N_("Note: tweeluikd does not run; nothing is sent until it "
		       "does"));
}

static int
send(struct cli *c, const struct cli_args *a, const struct missing *m,
    const struct choice *with, struct err *e)
{
	struct issue i;
	bool alive = false;
	int64_t n = 0;
	int rc;

	if (issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = missing_send(c->db, &c->config, &i, c->actor, with->uncertain,
	    with->newcomers, &n, &alive, e);
	if (rc == -1 || c->dry_run)
		database_rollback(c->db);
	else
		rc = database_commit(c->db, e);
	if (rc == -1)
		return -1;
	if (c->dry_run)
		say(c, N_("This was a dry run, so nothing was changed"));
	else
		say_begun(c, &i, n, alive);
	(void)out_object(c, "tweeluik.issue-missing/1",
	    document(&i, m, with, c->dry_run ? 0 : n));
	return 0;
}

int
issue_send_missing(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct choice with = { args_flag(a, "uncertain"),
		args_flag(a, "also-new") };
	struct missing m;
	struct issue i;
	int64_t n;

	if (args_flag(a, "now") || args_value(a, "grace") != NULL)
		return err_set(e, ERR_USAGE,
		    "--missing stands without --now and --grace");
	if (issue_word(c, a, &i, e) == -1 ||
	    missing_count(c->db, &i, &m, e) == -1)
		return -1;
	n = together(&m, &with);
	if (c->output == CLI_TEXT)
		print(c, &i, &m, &with);
	if (n == 0) {
		(void)out_object(c, "tweeluik.issue-missing/1",
		    document(&i, &m, &with, 0));
		return 0;
	}
	if (cli_ask_name(c,
		arena_printf(&c->arena,
		    tr_n("Number %s goes to %s more reader, beginning now.",
			"Number %s goes to %s more readers, beginning now.",
			(unsigned long)n),
		    i.name, cli_number(c, n)),
		i.name, args_value(a, "confirm"), e) == -1)
		return -1;
	return send(c, a, &m, &with, e);
}
