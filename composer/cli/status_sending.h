/*
 * status_sending - what `tweeluik status` says of the sending itself: what is wrong,
 *   who sends, how the mail server does
 *
 * Ownership: status_sending_look() gives what status_sending_done() takes, also
 *   after an error; words live in the arena of the command.
 */
#ifndef COMPOSER_CLI_STATUS_SENDING_H
#define COMPOSER_CLI_STATUS_SENDING_H

#include <jansson.h>

#include "base/database.h"

struct cli;
struct err;

struct status_sending {
	struct rows alarms, workers;
};

int status_sending_look(struct cli *c, struct status_sending *s, struct err *e);
void status_sending_done(struct status_sending *s);

void status_print_alarms(struct cli *c, const struct status_sending *s);
void status_print_workers(struct cli *c, const struct status_sending *s);
void
status_sending_json(struct cli *c, const struct status_sending *s, json_t *to);

/* Of a row with series, number and year: as a word of a command (12-2026,
 * extra-3-2026), and as people say it ("Nummer 12"); "" for no issue. */
const char *status_issue_name(struct cli *c, const struct rows *r, int i);
const char *status_issue_label(struct cli *c, const struct rows *r, int i);

#endif
