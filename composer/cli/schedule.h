/*
 * schedule - what the commands about the calendar share
 */
#ifndef COMPOSER_CLI_SCHEDULE_H
#define COMPOSER_CLI_SCHEDULE_H

#define SCHEDULE_SCHEMA "tweeluik.schedule/1"

struct cli;
struct cli_args;
struct err;
struct rows;

/* The row of schedule_show, or ERR_NOT_FOUND when there is no calendar. */
int schedule_require(struct cli *c, struct rows *ret, struct err *e);

/* Rows of schedule_moments as --json and --plain have them. */
void schedule_out(const struct cli *c, const struct rows *moments);

/*
 * Change the calendar with make(arg) in a transaction: open issues follow, the
 * activity log gets action and detail, and the person sees the dates to come.
 * --dry-run takes it back.
 */
int schedule_change(struct cli *c, const char *action, const char *detail,
    int (*make)(struct cli *c, const void *arg, struct err *e), const void *arg,
    struct err *e);

int cli_schedule_skip(struct cli *c, const struct cli_args *a, struct err *e);
int cli_schedule_move(struct cli *c, const struct cli_args *a, struct err *e);
int
cli_schedule_restore(struct cli *c, const struct cli_args *a, struct err *e);
int cli_schedule_break(struct cli *c, const struct cli_args *a, struct err *e);
int cli_schedule_pause(struct cli *c, const struct cli_args *a, struct err *e);
int cli_schedule_resume(struct cli *c, const struct cli_args *a, struct err *e);

#endif
