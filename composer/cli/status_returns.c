#include "composer/cli/status_returns.h"

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"

int
status_returns_look(struct cli *c, struct status_returns *s, struct err *e)
{
	if (database_run(c->db, &s->waiting, e, "status_returns", NULL, 0) ==
	    -1)
		return -1;
	return database_run(c->db, &s->mailboxes, e, "status_mailboxes", NULL,
	    0);
}

void
status_returns_done(struct status_returns *s)
{
	if (s->waiting.result != NULL)
		rows_done(&s->waiting);
	if (s->mailboxes.result != NULL)
		rows_done(&s->mailboxes);
}

void
status_print_returns(struct cli *c, const struct status_returns *s)
{
	int64_t n = rows_int(&s->waiting, 0, "readers") +
	    rows_int(&s->waiting, 0, "mails");

	if (n > 0)
		cli_line(tr("Came back"),
		    arena_printf(&c->arena,
			tr_n("%lld to judge: tweeluik bounce list",
			    "%lld to judge: tweeluik bounce list",
			    (unsigned long)n),
			(long long)n));
}

static const char *
mailbox_line(struct cli *c, const struct rows *r, int i)
{
	const char *name = rows_str(r, i, "name");
	const char *error = rows_str(r, i, "last_error");
	int64_t days = rows_int(r, i, "days");
	const char *line;

	if (rows_null(r, i, "last_read_at"))
		line = arena_printf(&c->arena, tr("%s was never read"), name);
	else if (rows_bool(r, i, "unread"))
		line = arena_printf(&c->arena,
		    tr_n("%s has not been read for %lld day",
			"%s has not been read for %lld days",
			(unsigned long)days),
		    name, (long long)days);
	else
		line = arena_printf(&c->arena, tr("%s was read on %s"), name,
		    cli_day(c, DATEFMT_MOMENT, rows_str(r, i, "last_read_at")));
	return error[0] == '\0'
	    ? line
	    : arena_printf(&c->arena, "%s: %s", line, error);
}

void
status_print_mailboxes(struct cli *c, const struct status_returns *s,
    bool unread)
{
	const struct rows *r = &s->mailboxes;
	bool first = true;

	for (int i = 0; i < r->n; i++) {
		if (unread && !rows_bool(r, i, "unread"))
			continue;
		cli_line(first ? tr("Mailbox") : "", mailbox_line(c, r, i));
		first = false;
	}
}

void
status_returns_json(const struct status_returns *s, json_t *to)
{
	(void)json_object_set_new(to, "returns", json_of_row(&s->waiting, 0));
	(void)json_object_set_new(to, "mailboxes", json_of_rows(&s->mailboxes));
}
