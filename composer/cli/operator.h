/*
 * operator - what the commands about one sending and one reader share
 */
#ifndef COMPOSER_CLI_OPERATOR_H
#define COMPOSER_CLI_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct cli;
struct cli_args;
struct err;
struct issue;
struct rows;

int cli_why(struct cli *c, const struct cli_args *a, struct err *e);

/*
 * why_issue.c: sentences about an issue and a subscriber (0: nobody is known
 * any more), and the facts of them in doc.
 */
struct why {
	struct cli *c;
	json_t *doc;   /* facts */
	json_t *story; /* sentences in order */
};
void why_tell(struct why *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* fmt is a msgid */
int why_issue(struct why *w, const struct issue *i, const struct rows *person,
    struct err *e);

/* issue_missing.c: issue send --missing */
int issue_send_missing(struct cli *c, const struct cli_args *a, struct err *e);

#endif
