#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/schedule.h"

int
schedule_require(struct cli *c, struct rows *ret, struct err *e)
{
	if (cli_database(c, e) == -1 ||
	    database_run(c->db, ret, e, "schedule_show", NULL, 0) == -1)
		return -1;
	if (ret->n == 1)
		return 0;
	rows_done(ret);
	(void)err_set(e, ERR_NOT_FOUND, "There is no calendar yet");
	(void)err_slug(e, "no-schedule");
	return err_hint(e,
	    N_("Choose the first date: tweeluik schedule set --first-date "
	       "DATE"));
}

void
schedule_out(const struct cli *c, const struct rows *moments)
{
	static const struct column columns[] = { { "occurrence", "" },
		{ "send_at", "" }, { "skipped", "" }, { "moved", "" },
		{ "note", "" }, { 0 } };

	out_list(c, SCHEDULE_SCHEMA, json_of_rows(moments), columns);
}
