/*
 * org - what the commands about organisations share
 */
#ifndef COMPOSER_CLI_ORG_H
#define COMPOSER_CLI_ORG_H

#include <jansson.h>
#include <stdint.h>

#include "composer/list/org_field.h"

struct cli;
struct cli_args;
struct err;

#define ORG_SCHEMA "tweeluik.organisation/1" /* one of them */

int cli_org_list(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_show(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_add(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_set(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_remove(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_import(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_export(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_check(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_changes(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_accept(struct cli *c, const struct cli_args *a, struct err *e);
int cli_org_refuse(struct cli *c, const struct cli_args *a, struct err *e);

/* An organisation by name, number, or name, comma and place. */
int org_find(struct cli *c, const char *word, int64_t *ret, struct err *e);

/* What values are checked against; in the arena. */
int org_rules(struct cli *c, struct org_rules *ret, struct err *e);

/* The values of organisation_fields(); in the arena. */
void org_values_of(struct cli *c, const json_t *fields, struct org_values *ret);
int org_load(struct cli *c, int64_t id, struct org_values *ret,
    int64_t *ret_revision, struct err *e);

/* What organisation_put() answers, or ERR_CONFLICT, ERR_REFUSED,
 * ERR_NOT_FOUND. */
int org_outcome(const char *outcome, const struct org_values *v, struct err *e);

/* Store: a new one for id 0, which becomes its number.  seen: the revision it
 * must have, or 0.  *ret_outcome is "new", "changed" or "same". */
int org_put(struct cli *c, int64_t *id, const struct org_values *v,
    int64_t seen, const char **ret_outcome, struct err *e);

/* Day before which something counts as long ago: of "1y", "6m", "2w", "30d" or
 * a date. */
int org_since(struct cli *c, const char *word, const char **ret, struct err *e);

/* org_show.c: as it is now, for people or programs. */
int org_show(struct cli *c, int64_t id, struct err *e);

/* msgids: who may see a field, and what somebody did */
const char *org_visibility_word(const char *code);
const char *org_action_word(const char *action);

#endif
