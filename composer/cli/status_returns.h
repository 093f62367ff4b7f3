/*
 * status_returns - what `tweeluik status` and the report of an issue tell of
 *   mail that comes back
 */
#ifndef COMPOSER_CLI_STATUS_RETURNS_H
#define COMPOSER_CLI_STATUS_RETURNS_H

#include <jansson.h>

#include "base/database.h"

struct cli;
struct err;

struct status_returns {
	struct rows waiting, mailboxes;
};

int status_returns_look(struct cli *c, struct status_returns *s, struct err *e);
void status_returns_done(struct status_returns *s);

/* What waits for a person, if anything does. */
void status_print_returns(struct cli *c, const struct status_returns *s);
/* The mailboxes; unread: only those that were not read for a day. */
void status_print_mailboxes(struct cli *c, const struct status_returns *s,
    bool unread);
void status_returns_json(const struct status_returns *s, json_t *to);

#endif
