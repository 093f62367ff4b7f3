/*
 * system - the commands of cli_system_commands that have a file of their own
 */
#ifndef COMPOSER_CLI_SYSTEM_H
#define COMPOSER_CLI_SYSTEM_H

struct cli;
struct cli_args;
struct err;

int cli_db_init(struct cli *c, const struct cli_args *a, struct err *e);
int cli_db_migrate(struct cli *c, const struct cli_args *a, struct err *e);
int cli_db_status(struct cli *c, const struct cli_args *a, struct err *e);
int cli_db_check(struct cli *c, const struct cli_args *a, struct err *e);
int cli_db_backup(struct cli *c, const struct cli_args *a, struct err *e);
int cli_db_restore(struct cli *c, const struct cli_args *a, struct err *e);
int cli_db_reconcile(struct cli *c, const struct cli_args *a, struct err *e);
int cli_status(struct cli *c, const struct cli_args *a, struct err *e);

#endif
