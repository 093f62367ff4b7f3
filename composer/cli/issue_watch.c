#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/clock.h"
#include "composer/cli/issue.h"
#include "composer/issue/issue.h"

#define BAR 40
#define LINE_MS 30000 /* a line that often, when nothing can be redrawn */

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int signo)
{
	interrupted = signo;
}

struct progress {
	char state[16], mailing[16], done_at[40];
	int64_t planned, waiting, accepted, deferred, refused;
};

struct watch {
	struct cli *c;
	const struct issue *issue;
	bool terminal;
	int64_t begin_ms, begin_settled;
	double per_second;
	int64_t line_ms;
	int percent; /* of the last line */
};

static int
look(struct watch *w, struct progress *ret, struct err *e)
{
	struct rows r;
	int64_t left = w->per_second > 0.01
	    ? (int64_t)((double)ret->waiting / w->per_second)
	    : -1;

	if (DATABASE_RUN(w->c->db, &r, e, "issue_progress",
		param_int(w->issue->id),
		left < 0 ? param_null() : param_int(left)) == -1)
		return -1;
	(void)snprintf(ret->state, sizeof(ret->state), "%s",
	    rows_str(&r, 0, "state"));
	(void)snprintf(ret->mailing, sizeof(ret->mailing), "%s",
	    rows_str(&r, 0, "mailing"));
	(void)snprintf(ret->done_at, sizeof(ret->done_at), "%s",
	    rows_str(&r, 0, "done_at"));
	ret->planned = rows_int(&r, 0, "planned");
	ret->waiting = rows_int(&r, 0, "waiting");
	ret->accepted = rows_int(&r, 0, "accepted");
	ret->deferred = rows_int(&r, 0, "deferred");
	ret->refused = rows_int(&r, 0, "refused");
	rows_done(&r);
	return 0;
}

/* How fast it went since we began to look. */
static void
measure(struct watch *w, const struct progress *p)
{
	int64_t now = clock_now_ms(), settled = p->planned - p->waiting;

	if (w->begin_ms == 0 || p->planned == 0) {
		w->begin_ms = now;
		w->begin_settled = settled;
	} else if (now > w->begin_ms) {
		w->per_second = (double)(settled - w->begin_settled) * 1000 /
		    (double)(now - w->begin_ms);
	}
}

static int
percent_of(const struct progress *p)
{
	return p->planned == 0
	    ? 0
	    : (int)((p->planned - p->waiting) * 100 / p->planned);
}

static void
draw(struct watch *w, const struct progress *p)
{
	struct cli *c = w->c;
	int percent = percent_of(p), filled = percent * BAR / 100;

	(void)fprintf(stderr, "\r\033[K  [%.*s%.*s]  %s/%s  %d%%  %.1f/s",
	    filled, "########################################", BAR - filled,
	    "........................................",
	    cli_number(c, p->planned - p->waiting), cli_number(c, p->planned),
	    percent, w->per_second);
	if (p->done_at[0] != '\0')
		(void)fprintf(stderr, tr("  done around %s"),
		    issue_clock(c, p->done_at));
	(void)fprintf(stderr, tr("  accepted %s, deferred %s, refused %s"),
	    cli_number(c, p->accepted), cli_number(c, p->deferred),
	    cli_number(c, p->refused));
	(void)fflush(stderr);
}

static void
line(struct watch *w, const struct progress *p)
{
	struct cli *c = w->c;

	w->line_ms = clock_now_ms();
	w->percent = percent_of(p);
	say(c, N_("%s of %s (%d%%): accepted %s, deferred %s, refused %s"),
	    cli_number(c, p->planned - p->waiting), cli_number(c, p->planned),
	    w->percent, cli_number(c, p->accepted), cli_number(c, p->deferred),
	    cli_number(c, p->refused));
}

static void
tell(struct watch *w, const struct progress *p, bool last)
{
	if (w->c->quiet)
		return;
	if (w->terminal) {
		draw(w, p);
		if (last)
			(void)fputc('\n', stderr);
	} else if (last || w->line_ms == 0 ||
	    percent_of(p) / 10 > w->percent / 10 ||
	    clock_now_ms() - w->line_ms >= LINE_MS) {
		line(w, p);
	}
}

static bool
over(const struct progress *p)
{
	return strcmp(p->state, "sent") == 0 ||
	    strcmp(p->state, "stopped") == 0 ||
	    strcmp(p->state, "skipped") == 0 || strcmp(p->state, "open") == 0;
}

int
issue_watch(struct cli *c, const struct issue *i, struct err *e)
{
	struct sigaction act = { .sa_handler = on_interrupt };
	struct watch w = { .c = c,
		.issue = i,
		.terminal = isatty(STDERR_FILENO) == 1 };
	struct progress p = { 0 };

	if (i->state == ISSUE_OPEN)
		return issue_refuse(c->db, i, e);
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
	for (;;) {
		if (look(&w, &p, e) == -1)
			return -1;
		measure(&w, &p);
		tell(&w, &p, over(&p));
		if (over(&p))
			break;
		(void)nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		if (interrupted) {
			(void)err_set(e, ERR_INTERRUPT,
			    "You stopped looking; the sending goes on");
			return err_hint(e,
			    N_("To interrupt it: tweeluik issue pause %s"),
			    i->name);
		}
	}
	say(c, N_("Number %s: %s"), i->name, issue_state_word(p.state));
	return 0;
}
