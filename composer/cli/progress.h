/*
 * progress - how far a long command is, and that it may be stopped
 *
 * A bar on a terminal; elsewhere a line at every tenth, from the second second
 * on.  Between start and end Ctrl-C (and SIGHUP, SIGTERM) does not kill, it makes
 * the next cli_progress_at() fail, and pgtool_run().
 *
 * Threads: one command at a time.
 */
#ifndef COMPOSER_CLI_PROGRESS_H
#define COMPOSER_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;
struct err;

struct cli_progress {
	const struct cli *c;
	int from, to; /* percent of the whole that the present step takes */
	bool terminal;
	int told;
	int64_t began_ms, told_ms;
};

void cli_progress_start(struct cli_progress *p, const struct cli *c);

/* Whether it was asked to stop since the start. */
bool cli_progress_stopped(void);
/* From now on as many percent of the whole, beyond what was before. */
void cli_progress_step(struct cli_progress *p, int to);
/* arg is the struct, so that this can be a callback; -1: ERR_INTERRUPT. */
int cli_progress_at(void *arg, size_t done, size_t total, struct err *e);
void cli_progress_end(struct cli_progress *p);

#endif
