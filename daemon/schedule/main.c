/* tweeluik-schedule - when: opens, holds, skips and freezes issues, and tells
 * editors what became of them; removes what was kept long enough */
#include <libxml/parser.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/log.h"
#include "daemon/role/process.h"
#include "daemon/role/role.h"
#include "daemon/schedule/letters.h"

#define ROUND_MS 10000

static int
tell_status(struct role *r, struct err *e)
{
	struct rows rows;
	const char *state;

	if (database_run(r->db, &rows, e, "schedule_status", NULL, 0) == -1)
		return -1;
	state = rows_text(&rows, 0, "state");
	if (rows_bool(&rows, 0, "held"))
		role_status(r, "%s",
		    process_text("All sending is held after a restore"));
	else if (rows_bool(&rows, 0, "paused"))
		role_status(r, "%s", process_text("The schedule is paused"));
	else if (state == NULL)
		role_status(r, "%s", process_text("No issue is planned"));
	else if (rows_str(&rows, 0, "held_reason")[0] != '\0')
		role_status(r, process_text("Issue %d: held"),
		    (int)rows_int(&rows, 0, "number"));
	else if (strcmp(state, "sending") == 0)
		role_status(r, process_text("Issue %d: sending"),
		    (int)rows_int(&rows, 0, "number"));
	else
		role_status(r,
		    strcmp(state, "approved") == 0
			? process_text("Issue %d: approved, leaves %s")
			: process_text("Issue %d: open, planned for %s"),
		    (int)rows_int(&rows, 0, "number"),
		    rows_str(&rows, 0, "at"));
	rows_done(&rows);
	return 0;
}

/* What goes wrong here must not keep an issue from leaving, nor the other way
 * round: this comes first, in a transaction of its own. */
static int
tell(struct role *r, struct letters *l, struct err *e)
{
	if (r->options.hold || letters_round(l, r->db, e) == 0)
		return 0;
	if (e->kind == ERR_TEMP)
		return -1;
	log_event(LOG_LEVEL_ERROR, "letters-failed", "error", e->text, NULL);
	return 0;
}

/* Once a day what was kept long enough goes, piece by piece.  1: there is
 * more. */
static int
tidy(struct role *r, struct err *e)
{
	struct rows rows;
	int rc = 0;

	if (database_run(r->db, &rows, e, "retention_round", NULL, 0) == -1) {
		if (e->kind == ERR_TEMP)
			return -1;
		log_event(LOG_LEVEL_ERROR, "retention-failed", "error", e->text,
		    NULL);
		return 0;
	}
	if (rows.n == 1 && !rows_bool(&rows, 0, "done"))
		rc = 1;
	else if (rows.n == 1 && rows_str(&rows, 0, "counts")[0] != '\0')
		log_event(LOG_LEVEL_INFO, "retention", "removed",
		    rows_str(&rows, 0, "counts"), NULL);
	rows_done(&rows);
	return rc;
}

static int
round_of_schedule(struct role *r, void *arg, struct err *e)
{
	struct rows rows;

	if (tell(r, arg, e) == -1)
		return -1;
	if (DATABASE_RUN(r->db, &rows, e, "schedule_round",
		param_int(r->config.chunk_size),
		param_int(r->config.expire_hours),
		param_bool(r->options.hold)) == -1)
		return -1;
	for (int i = 0; i < rows.n; i++)
		log_event(LOG_LEVEL_INFO, rows_str(&rows, i, "action"),
		    rows_str(&rows, i, "subject"), rows_str(&rows, i, "number"),
		    "detail", rows_str(&rows, i, "detail"), NULL);
	rows_done(&rows);
	return tell_status(r, e) == -1 ? -1 : tidy(r, e);
}

int
main(int argc, char **argv)
{
	struct letters l = { .config = NULL };
	struct role r;
	struct err e;
	int rc;

	xmlInitParser();
	rc = role_start(&r, argc, argv, "schedule", &e);
	if (rc == 1) {
		rc = letters_open(&l, &r.config, &e);
		if (rc == 0)
			rc = role_loop(&r, round_of_schedule, &l, ROUND_MS, &e);
		letters_close(&l);
	}
	return role_end(&r, rc, &e);
}
