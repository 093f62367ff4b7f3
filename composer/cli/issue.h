/*
 * issue - what the files behind cli_issue_commands share
 */
#ifndef COMPOSER_CLI_ISSUE_H
#define COMPOSER_CLI_ISSUE_H

#include <stdint.h>

#include "composer/cli/cli.h"
#include "composer/cli/words.h"

struct issue;

#define ISSUE_SCHEMA "tweeluik.issue/1"

int cli_issue_list(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_show(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_plan(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_skip(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_check(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_render(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_test(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_approve(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_hold(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_release(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_send(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_pause(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_resume(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_stop(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_rehearse(struct cli *c, const struct cli_args *a, struct err *e);
int cli_issue_report(struct cli *c, const struct cli_args *a, struct err *e);

/* issue_common.c */

/* The issue in words[0], with the database open. */
int issue_word(struct cli *c, const struct cli_args *a, struct issue *ret,
    struct err *e);
/* The same inside a new transaction; on failure it is over. */
int issue_begin(struct cli *c, const struct cli_args *a, struct issue *ret,
    struct err *e);
/* End it: commit what succeeded, or roll back when it failed (result -1) or
 * for --dry-run, and print the issue as it is now for --json.  Returns
 * result. */
int issue_end(struct cli *c, const struct issue *i, int result, struct err *e);

/* Everything about an issue; the schema is ISSUE_SCHEMA. */
int issue_json(struct cli *c, int64_t id, json_t **ret, struct err *e);

/* In the language of messages: a state; the time of a moment given as RFC
 * 3339; an edition. */
const char *issue_state_word(const char *state);
const char *issue_clock(struct cli *c, const char *rfc3339);
const char *issue_edition_word(const char *edition);

/* issue_extra.c: make a special edition from the options, inside the caller's
 * transaction. */
int issue_plan_extra(struct cli *c, const struct cli_args *a, struct issue *ret,
    struct err *e);
/* In the language of messages: a kind of special edition, and for whom it
 * is. */
const char *issue_kind_word(const char *kind);
const char *issue_meant(struct cli *c, const char *audience, const char *tags,
    const char *corrects);

/* issue_watch.c: follow the sending until it is over. */
int issue_watch(struct cli *c, const struct issue *i, struct err *e);

#endif
