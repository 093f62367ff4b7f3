#include <string.h>

#include "base/address.h"
#include "base/catalogue.h"
#include "base/keys.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"

int
bounce_look(struct cli *c, struct param message, struct param reader,
    json_t **ret, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "bounce_of", message, reader) == -1)
		return -1;
	*ret = json_of_rows(&r);
	for (int i = 0; i < r.n; i++)
		(void)json_object_set_new(json_array_get(*ret, (size_t)i),
		    "meaning",
		    json_string(tr(bounce_meaning(rows_str(&r, i, "reason"),
			rows_str(&r, i, "status")))));
	rows_done(&r);
	return 0;
}

/* "12 January   number 12-2026, the mailbox is full (4.2.2): tried again" */
void
bounce_print(struct cli *c, const json_t *bounce)
{
	struct arena *a = &c->arena;
	const char *issue = json_str(bounce, "issue");
	const char *status = json_str(bounce, "status");
	bool smtp = strcmp(json_str(bounce, "source"), "smtp") == 0;

	if (issue[0] != '\0')
		issue = arena_printf(a, tr("number %s, "), issue);
	if (status[0] != '\0')
		status = arena_printf(a, " (%s)", status);
	cli_line(cli_day(c, DATEFMT_SHORT, json_str(bounce, "at")),
	    arena_printf(a, "%s%s%s%s: %s", issue,
		smtp ? tr("refused at once, ") : "",
		json_str(bounce, "meaning"), status,
		tr(bounce_done(json_str(bounce, "effect")))));
	if (json_str(bounce, "diagnostic")[0] != '\0')
		cli_line("", json_str(bounce, "diagnostic"));
	if (c->verbose > 0)
		cli_line("",
		    arena_printf(a, tr("rule: %s"), json_str(bounce, "rule")));
}
