/*
 * csv_file - a table of any size in a file, or from a pipe
 *
 * The file is read twice (csv_stream.h), so what comes through a pipe is kept
 * in a temporary file without a name.
 *
 * Ownership: csv_file_close() also after a failed csv_file_open().
 * Errors: those of csv_stream; ERR_NOT_FOUND, ERR_DENIED, ERR_SYS when the
 *   file cannot be read; what a callback returns ends the reading.
 * Limits: those of csv_stream; memory does not grow with the file.
 */
#ifndef COMPOSER_LIST_CSV_FILE_H
#define COMPOSER_LIST_CSV_FILE_H

#include <stdio.h>

#include "composer/list/csv_stream.h"

struct csv_file {
	const char *path;
	FILE *spool;
	int fd; /* -1: not open */
	struct csv_form form;
	/* Told now and then how many bytes of how many were read, also when a
	 * signal came. */
	int (*progress)(void *arg, size_t done, size_t total, struct err *e);
	void *arg;
};

/* path "-": standard input.  Finds out the form. */
int csv_file_open(struct csv_file *f, const char *path, struct err *e);
int csv_file_read(struct csv_file *f,
    int (*row)(void *arg, const struct csv_row *r, struct err *e),
    struct err *e);
void csv_file_close(struct csv_file *f);

#endif
