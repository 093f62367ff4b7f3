/*
 * words - dates and numbers between people and the database
 *
 * What is returned lives in the arena of the command.
 */
#ifndef COMPOSER_CLI_WORDS_H
#define COMPOSER_CLI_WORDS_H

#include <stdbool.h>

#include "base/datefmt.h"

struct cli;
struct err;

/* A day of the database in words */
const char *cli_day(struct cli *c, enum datefmt_style style, const char *iso);
const char *cli_number(struct cli *c, long long n);
/* On the newsletter's calendar, YYYY-MM-DD. */
int cli_today(struct cli *c, const char **ret, struct err *e);
/* YYYY-MM-DD of an option's value ("2027-03-01", "+30d") */
int cli_read_day(struct cli *c, const char *word, bool with_time,
    const char **ret, struct err *e);

/* A bar of 40 columns on standard error, in the place of the line there. */
void cli_bar(int percent);

/* A line of a result: a label of 15 columns and a value. */
void cli_line(const char *label, const char *value);

#endif
