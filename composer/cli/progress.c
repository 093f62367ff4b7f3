#include "composer/cli/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/clock.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"

#define REDRAW_MS 100
#define PATIENCE_MS 1000

/* Ctrl-C, a terminal that is closed, a machine that goes down. */
static const int signals[] = { SIGINT, SIGHUP, SIGTERM };

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

void
cli_progress_start(struct cli_progress *p, const struct cli *c)
{
	struct sigaction act = { .sa_handler = on_interrupt };
	const char *term = getenv("TERM");

	*p = (struct cli_progress){ .c = c, .began_ms = clock_now_ms() };
	p->terminal = isatty(STDERR_FILENO) == 1 && c->output == CLI_TEXT &&
	    !c->quiet && (term == NULL || strcmp(term, "dumb") != 0);
	interrupted = 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &act, NULL);
}

bool
cli_progress_stopped(void)
{
	return interrupted != 0;
}

void
cli_progress_step(struct cli_progress *p, int to)
{
	p->from = p->to;
	p->to = to;
}

int
cli_progress_at(void *arg, size_t done, size_t total, struct err *e)
{
	struct cli_progress *p = arg;
	int64_t now = clock_now_ms();
	int percent = p->from;

	if (interrupted)
		return err_set(e, ERR_INTERRUPT,
		    "You stopped this, so nothing was saved");
	if (total > 0)
		percent += (int)((size_t)(p->to - p->from) * done / total);
	if (p->terminal && now - p->told_ms >= REDRAW_MS) {
		cli_bar(percent);
		p->told_ms = now;
	} else if (!p->terminal && p->c->output == CLI_TEXT &&
	    percent / 10 > p->told / 10 && now - p->began_ms >= PATIENCE_MS) {
		say(p->c, "%d%% done", percent);
		p->told = percent;
	}
	return 0;
}

void
cli_progress_end(struct cli_progress *p)
{
	struct sigaction act = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &act, NULL);
	if (p->terminal && p->told_ms > 0)
		(void)fputs("\r\033[K", stderr);
}
