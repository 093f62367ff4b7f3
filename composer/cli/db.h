/*
 * db - what the commands of `tweeluik db` share
 */
#ifndef COMPOSER_CLI_DB_H
#define COMPOSER_CLI_DB_H

#include <stdbool.h>

struct cli;
struct cli_args;
struct database;
struct err;

/* With --admin as that says, else as the owner of the schema or as the
 * configuration says. */
int db_open(struct cli *c, const struct cli_args *a, struct database **ret,
    bool owner, struct err *e);

/* Run the file sql/NAME of the installation. */
int
db_run_file(struct cli *c, struct database *d, const char *name, struct err *e);

/* Every migration that is missing; with grants also who may do what. */
int db_migrate(struct cli *c, struct database *d, bool grants, struct err *e);

#endif
