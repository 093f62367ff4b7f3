/*
 * pgtool - pg_dump and pg_restore as child processes
 *
 * Without a shell.  How the database is reached goes into the environment of
 * the child (a connection string may carry a password, and arguments are seen
 * by everybody on the machine).
 *
 * Ownership: nothing is kept.
 * Errors: ERR_CONFIG when the program is not installed; ERR_SYS with its own
 *   words when it fails; what take() says, and ERR_INTERRUPT, end the child.
 * Limits: of its words the first PGTOOL_WORDS bytes.
 * Threads: one at a time in a process.
 */
#ifndef COMPOSER_CLI_PGTOOL_H
#define COMPOSER_CLI_PGTOOL_H

#include <stddef.h>

struct err;

#define PGTOOL_WORDS 400

/*
 * argv ends in NULL; input (-1: none) becomes its standard input, and what it
 * writes goes piece by piece to take.  user NULL: as the conninfo says;
 * conninfo NULL: it needs no database.
 */
int pgtool_run(const char *const *argv, const char *conninfo, const char *user,
    int input, int (*take)(void *arg, const char *p, size_t n, struct err *e),
    void *arg, struct err *e);

#endif
