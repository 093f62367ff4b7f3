/*
 * watch - what there is to see while an issue is sent
 *
 * Facts as JSON objects, which --json prints, and the same as a block of lines
 * for a terminal.
 *
 * Errors: those of the database; an address that does not open is counted
 *   under the domain "?".
 */
#ifndef COMPOSER_CLI_WATCH_H
#define COMPOSER_CLI_WATCH_H

#include <jansson.h>
#include <stdint.h>

struct buf;
struct cli;
struct err;

/*
 * Add to facts: workers, deferrals (of at most some thousands of waiting mails,
 * by domain and what its server said, the most frequent first; deferrals_more
 * counts the rest) and pace (destinations that rest or go slower).
 */
int watch_details(struct cli *c, int64_t issue, json_t *facts, struct err *e);

/* Accepted a second, of all workers together; 0 when none says. */
double watch_rate(const json_t *facts);

/* Lines for a terminal; every one ends in LF. */
void watch_draw(struct cli *c, const json_t *facts, struct buf *out);

#endif
