/*
 * options - the command line of tweeluikd and of each role program
 *
 *	[--config FILE] [--foreground] [--check-config] [--once] [--hold]
 *	[--version] [--help]
 *
 * Ownership: config points into argv.
 * Errors: ERR_USAGE.
 */
#ifndef DAEMON_ROLE_OPTIONS_H
#define DAEMON_ROLE_OPTIONS_H

#include <stdbool.h>

struct err;

struct options {
	const char *config; /* NULL: where config_load() looks by itself */
	bool foreground;
	bool check; /* see whether all is well, do nothing */
	bool once;  /* do what is due now, then stop */
	bool hold;  /* send nothing */
};

/* 1: go on, 0: help or version was printed, -1: error. */
int options_parse(struct options *ret, int argc, char **argv,
    const char *program, struct err *e);

#endif
