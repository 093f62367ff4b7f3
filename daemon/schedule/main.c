/* tweeluik-schedule - when: opens, holds, skips and freezes issues, tells
 * editors what became of them, writes the letters that readers are due, and
 * removes what was kept long enough */
#include <libxml/parser.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/keys.h"
#include "base/log.h"
#include "daemon/role/process.h"
#include "daemon/role/role.h"
#include "daemon/schedule/letters.h"
#include "daemon/schedule/postman.h"

#define ROUND_MS 10000

struct work {
	struct keys *keys;
	struct letters letters;
	struct postman postman;
	bool crowded; /* more people sign up than may get mail */
};

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

/* People who filled in the form are due a letter, or not. */
static int
settle(struct role *r, struct work *w, struct err *e)
{
	int64_t settled, waiting;
	struct rows rows;

	if (DATABASE_RUN(r->db, &rows, e, "signup_settle",
		param_int(r->config.signup_letters)) == -1)
		return -1;
	settled = rows_int(&rows, 0, "settled");
	waiting = rows_int(&rows, 0, "waiting");
	if (waiting > 0 && settled == 0 && !w->crowded)
		log_event(LOG_LEVEL_WARNING, "signups-wait", "waiting",
		    rows_str(&rows, 0, "waiting"), NULL);
	w->crowded = waiting > 0 && (w->crowded || settled == 0);
	rows_done(&rows);
	return waiting > 0 && settled > 0;
}

static int
tell_editors(struct role *r, struct work *w, struct err *e)
{
	return letters_round(&w->letters, r->db, e);
}

static int
post_letters(struct role *r, struct work *w, struct err *e)
{
	return postman_round(&w->postman, r->db, e);
}

/* What goes wrong in one of these must not keep an issue from leaving, nor the
 * others from their work: each has transactions of its own.  In this order a
 * form becomes a letter that becomes mail in one round.  1: there may be
 * more. */
static int
tell(struct role *r, struct work *w, struct err *e)
{
	static int (*const parts[])(struct role *, struct work *,
	    struct err *) = { tell_editors, settle, post_letters };
	int more = 0;

	if (r->options.hold)
		return 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int rc = parts[i](r, w, e);

		if (rc == -1 && e->kind == ERR_TEMP)
			return -1;
		if (rc == -1)
			log_event(LOG_LEVEL_ERROR, "letters-failed", "error",
			    e->text, NULL);
		more |= rc == 1;
	}
	return more;
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
	int more = tell(r, arg, e), rest;

	if (more == -1)
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
	if (tell_status(r, e) == -1 || (rest = tidy(r, e)) == -1)
		return -1;
	return more | rest;
}

static int
start(struct work *w, const struct config *c, struct err *e)
{
	if (keys_load(&w->keys, c->keys, e) == -1 ||
	    letters_open(&w->letters, c, w->keys, e) == -1)
		return -1;
	return postman_open(&w->postman, c, w->keys, e);
}

static void
stop(struct work *w)
{
	postman_close(&w->postman);
	letters_close(&w->letters);
	if (w->keys != NULL)
		keys_free(w->keys);
}

int
main(int argc, char **argv)
{
	struct work w = { .keys = NULL };
	struct role r;
	struct err e;
	int rc;

	xmlInitParser();
	rc = role_start(&r, argc, argv, "schedule", &e);
	if (rc == 1) {
		rc = start(&w, &r.config, &e);
		if (rc == 0)
			rc = role_loop(&r, round_of_schedule, &w, ROUND_MS, &e);
		stop(&w);
	}
	return role_end(&r, rc, &e);
}
