/*
 * private_file - a file that names people
 *
 * Only its owner may read it, and it is there whole or not at all: it gets its
 * name when it is closed.  What is no regular file (a pipe, /dev/stdout) is
 * written straight away.
 *
 * Ownership: ends with private_file_close() or private_file_drop().
 * Errors: ERR_SYS; a failed close has dropped the file.
 */
#ifndef COMPOSER_CLI_PRIVATE_FILE_H
#define COMPOSER_CLI_PRIVATE_FILE_H

#include <stdio.h>

struct cli;
struct err;

struct private_file {
	FILE *f;
	const char *path; /* "-": standard output */
	char *temporary;  /* its name until it is closed, or NULL */
};

int private_file_open(struct private_file *p, struct cli *c, const char *path,
    struct err *e);
int private_file_close(struct private_file *p, struct err *e);
void private_file_drop(struct private_file *p);

#endif
