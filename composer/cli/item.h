/*
 * item - what the files behind cli_item_commands share
 */
#ifndef COMPOSER_CLI_ITEM_H
#define COMPOSER_CLI_ITEM_H

#include <stdint.h>

#include "composer/cli/cli.h"

#define ITEM_SCHEMA "tweeluik.item/1"

int cli_item_add(struct cli *c, const struct cli_args *a, struct err *e);
int cli_item_edit(struct cli *c, const struct cli_args *a, struct err *e);
int cli_item_translate(struct cli *c, const struct cli_args *a, struct err *e);
int cli_item_ready(struct cli *c, const struct cli_args *a, struct err *e);
int cli_item_park(struct cli *c, const struct cli_args *a, struct err *e);
int cli_item_drop(struct cli *c, const struct cli_args *a, struct err *e);

/* The number in words[0]; ERR_USAGE when it is none. */
int item_word_id(const struct cli_args *a, int64_t *ret, struct err *e);

/* A status, state or kind in the language of messages. */
const char *item_word(const char *code);

/* item_report.c: everything about an item, for --json. */
int item_json(struct cli *c, int64_t id, json_t **ret, struct err *e);
/* item_mail.c: how it came by mail; null when it did not. */
int item_mail_json(struct cli *c, int64_t id, json_t **ret, struct err *e);
void item_mail_print(const json_t *mail);
/* The difference with what a side translated, NULL when it is not outdated;
 * in the arena. */
const char *item_changes(struct cli *c, const struct rows *sides, int row);
/*
 * End a change inside its transaction: say what it did ("added", a
 * msgid), what may be wrong, what comes next; then commit, or
 * roll back for --dry-run.  changed false: there was nothing to do.
 */
int item_finish(struct cli *c, int64_t id, const char *done, bool changed,
    struct err *e);

#endif
