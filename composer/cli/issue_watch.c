#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/clock.h"
#include "composer/cli/issue.h"
#include "composer/cli/watch.h"
#include "composer/issue/issue.h"

#define LINE_MS 30000 /* a line that often, when nothing can be redrawn */
#define FRAME_MAX ((size_t)64 * 1024)
#define FRAME_ARENA ((size_t)64 * 1024 * 1024)

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int signo)
{
	interrupted = signo;
}

struct watch {
	struct cli *c; /* its arena holds one frame */
	const struct issue *issue;
	bool terminal;
	int64_t begin_ms, begin_settled;
	double per_second; /* accepted, or as far as we have seen */
	int drawn;	   /* lines on the screen */
	int64_t line_ms;
	int percent;	    /* of the last line */
	bool paused, quiet; /* as it was said */
	json_t *last_line;  /* of --json */
};

static bool
is(const json_t *facts, const char *key, const char *word)
{
	const char *s = json_string_value(json_object_get(facts, key));

	return s != NULL && strcmp(s, word) == 0;
}

static int64_t
settled(const json_t *facts)
{
	return json_num(facts, "planned") - json_num(facts, "waiting");
}

/* As the workers say; without them, since we began to look. */
static void
measure(struct watch *w, const json_t *facts)
{
	int64_t now = clock_now_ms();

	if (w->begin_ms == 0 || json_num(facts, "planned") == 0) {
		w->begin_ms = now;
		w->begin_settled = settled(facts);
	} else if (now > w->begin_ms) {
		w->per_second = (double)(settled(facts) - w->begin_settled) *
		    1000 / (double)(now - w->begin_ms);
	}
	if (watch_rate(facts) > 0)
		w->per_second = watch_rate(facts);
}

static int
look(struct watch *w, int64_t waiting, json_t **ret, struct err *e)
{
	struct cli *c = w->c;
	struct rows r;
	json_t *facts;

	if (DATABASE_RUN(c->db, &r, e, "watch_state", param_int(w->issue->id),
		w->per_second > 0.01 && !w->paused && !w->quiet
		    ? param_int((int64_t)((double)waiting / w->per_second))
		    : param_null(),
		param_text(c->config.quiet_hours)) == -1)
		return -1;
	facts = json_of_row(&r, 0);
	rows_done(&r);
	if (watch_details(c, w->issue->id, facts, e) == -1) {
		json_decref(facts);
		return -1;
	}
	measure(w, facts);
	(void)json_object_set_new(facts, "schema",
	    json_string("tweeluik.issue-watch/1"));
	(void)json_object_set_new(facts, "quiet_hours",
	    json_string(c->config.quiet_hours));
	(void)json_object_set_new(facts, "name", json_string(w->issue->name));
	(void)json_object_set_new(facts, "rate", json_real(w->per_second));
	(void)json_object_set_new(facts, "percent",
	    json_integer(json_num(facts, "planned") == 0
		    ? 0
		    : settled(facts) * 100 / json_num(facts, "planned")));
	*ret = facts;
	return 0;
}

static size_t
columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
	    ? size.ws_col
	    : 80;
}

/* In the place of the frame before it; a line that would wrap is cut. */
static void
redraw(struct watch *w, const json_t *facts)
{
	size_t width = columns(), column = 0;
	struct buf frame;

	buf_init(&frame, FRAME_MAX);
	watch_draw(w->c, facts, &frame);
	if (w->drawn > 0)
		(void)fprintf(stderr, "\033[%dA", w->drawn);
	(void)fputs("\r\033[J", stderr);
	w->drawn = 0;
	for (const char *p = frame.data; *p != '\0'; p++) {
		if (*p == '\n') {
			column = 0;
			w->drawn++;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			column++;
		}
		if (column <= width)
			(void)fputc(*p, stderr);
	}
	(void)fflush(stderr);
	buf_done(&frame);
}

static void
line(struct watch *w, const json_t *facts)
{
	struct cli *c = w->c;

	w->line_ms = clock_now_ms();
	w->percent = (int)json_num(facts, "percent");
	say(c, N_("%s of %s (%d%%): accepted %s, deferred %s, refused %s"),
	    cli_number(c, settled(facts)),
	    cli_number(c, json_num(facts, "planned")), w->percent,
	    cli_number(c, json_num(facts, "accepted")),
	    cli_number(c, json_num(facts, "deferred")),
	    cli_number(c, json_num(facts, "refused")));
}

/* Once each time it begins and ends, where a screen shows it all along. */
static void
say_pause(struct watch *w, const json_t *facts)
{
	bool paused = is(facts, "mailing", "paused");

	if (paused != w->paused && !w->terminal && paused)
		say(w->c, N_("Paused by %s: %s. This goes on looking"),
		    json_string_value(json_object_get(facts, "state_by")),
		    json_string_value(json_object_get(facts, "state_reason")));
	else if (paused != w->paused && !w->terminal)
		say(w->c, N_("The sending goes on"));
	w->paused = paused;
}

static void
say_quiet(struct watch *w, const json_t *facts)
{
	bool quiet = json_is_true(json_object_get(facts, "quiet"));

	if (quiet != w->quiet && !w->terminal && quiet)
		say(w->c, N_("The quiet hours (%s) keep it back"),
		    w->c->config.quiet_hours);
	else if (quiet != w->quiet && !w->terminal)
		say(w->c, N_("The quiet hours are over"));
	w->quiet = quiet;
}

/* A line when something has changed that is not the clock. */
static void
json_line(struct watch *w, json_t *facts)
{
	json_t *now = json_copy(facts);

	(void)json_object_del(now, "done_at");
	(void)json_object_del(now, "rate");
	if (w->last_line == NULL || !json_equal(now, w->last_line) ||
	    clock_now_ms() - w->line_ms >= LINE_MS) {
		w->line_ms = clock_now_ms();
		(void)json_dumpf(facts, stdout, JSON_COMPACT);
		out("\n");
		(void)fflush(stdout);
	}
	json_decref(w->last_line);
	w->last_line = now;
}

static void
tell(struct watch *w, json_t *facts, bool last)
{
	say_pause(w, facts);
	say_quiet(w, facts);
	if (w->c->output == CLI_JSON)
		json_line(w, facts);
	else if (w->c->quiet)
		return;
	else if (w->terminal)
		redraw(w, facts);
	else if (last || w->line_ms == 0 ||
	    json_num(facts, "percent") / 10 > w->percent / 10 ||
	    clock_now_ms() - w->line_ms >= LINE_MS)
		line(w, facts);
}

static bool
over(const json_t *facts)
{
	return is(facts, "state", "sent") || is(facts, "state", "stopped") ||
	    is(facts, "state", "skipped") || is(facts, "state", "open");
}

static int
stopped_looking(const struct watch *w, struct err *e)
{
	(void)err_set(e, ERR_INTERRUPT,
	    "You stopped looking; the sending goes on");
	return err_hint(e, N_("To interrupt it: tweeluik issue pause %s"),
	    w->issue->name);
}

static int
follow(struct watch *w, struct err *e)
{
	int64_t waiting = 0;
	json_t *facts;
	bool last;

	for (;;) {
		if (look(w, waiting, &facts, e) == -1)
			return -1;
		last = over(facts);
		waiting = json_num(facts, "waiting");
		tell(w, facts, last);
		if (last)
			say(w->c, N_("Number %s: %s"), w->issue->name,
			    issue_state_word(json_string_value(
				json_object_get(facts, "state"))));
		json_decref(facts);
		arena_reset(&w->c->arena);
		if (last)
			return 0;
		(void)nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		if (interrupted)
			return stopped_looking(w, e);
	}
}

int
issue_watch(struct cli *c, const struct issue *i, struct err *e)
{
	struct sigaction act = { .sa_handler = on_interrupt };
	const char *term = getenv("TERM");
	struct cli frame;
	struct watch w = { .c = &frame, .issue = i };
	struct err no_keys;
	int rc;

	if (i->state == ISSUE_OPEN)
		return issue_refuse(c->db, i, e);
	/* Without keys it shows all but the names of destinations. */
	(void)cli_keys(c, &no_keys);
	frame = *c;
	arena_init(&frame.arena, FRAME_ARENA);
	w.terminal = isatty(STDERR_FILENO) == 1 && c->output == CLI_TEXT &&
	    (term == NULL || strcmp(term, "dumb") != 0);
	(void)sigaction(SIGINT, &act, NULL);
	if (i->state == ISSUE_APPROVED)
		say(c,
		    N_("Number %s waits to be sent. Ctrl-C stops only this "
		       "screen"),
		    i->name);
	else if (i->state == ISSUE_SENDING)
		say(c,
		    N_("Number %s is being sent. Ctrl-C stops only this "
		       "screen"),
		    i->name);
	rc = follow(&w, e);
	json_decref(w.last_line);
	arena_done(&frame.arena);
	return rc;
}
