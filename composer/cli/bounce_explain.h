/*
 * bounce_explain - what messages say, without touching anything
 */
#ifndef COMPOSER_CLI_BOUNCE_EXPLAIN_H
#define COMPOSER_CLI_BOUNCE_EXPLAIN_H

struct cli;
struct cli_args;
struct err;

/* Needs no configuration and no database. */
int cli_bounce_explain(struct cli *c, const struct cli_args *a, struct err *e);

#endif
