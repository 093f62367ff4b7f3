/*
 * import_report - what an import found, for people and programs
 *
 * Rows are told as they come; of those with a defect or a doubt and of who left
 * the first REPORT_ROWS_MAX each are kept, so that memory does not grow with
 * the file.  The
 * rejected rows go to a file as well, as they are and with row number and
 * reason behind, so that it can be corrected and imported again.
 *
 * Ownership: import_report_done() in any case.
 */
#ifndef COMPOSER_CLI_IMPORT_REPORT_H
#define COMPOSER_CLI_IMPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "composer/cli/private_file.h"
#include "composer/list/csv_stream.h"

struct cli;
struct err;
struct subscriber_row;
struct subscribers;

#define REPORT_ROWS_MAX 1000

struct import_report {
	struct cli *c;
	const char *file;
	const char *rejects_path; /* NULL: no such file is wanted */
	const struct csv_form *form;
	const struct csv_row *headings; /* set before the first row */
	json_t *defects, *warnings, *left;
	size_t rejected, doubtful, gone;
	bool has_rejects;
	struct private_file rejects;
};

void import_report_init(struct import_report *r, struct cli *c);
int import_report_row(struct import_report *r, const struct subscriber_row *row,
    struct err *e);
/* The file of rejected rows is complete. */
int import_report_close(struct import_report *r, struct err *e);
void import_report_print(const struct import_report *r,
    const struct subscribers *found, bool applied);
void import_report_done(struct import_report *r);

#endif
