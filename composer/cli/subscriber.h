/*
 * subscriber - what the commands about subscribers share
 */
#ifndef COMPOSER_CLI_SUBSCRIBER_H
#define COMPOSER_CLI_SUBSCRIBER_H

#include "base/address.h"
#include "base/keys.h"

struct cli;
struct cli_args;
struct err;
struct rows;

int cli_subscriber_list(struct cli *c, const struct cli_args *a, struct err *e);
int cli_subscriber_show(struct cli *c, const struct cli_args *a, struct err *e);
int cli_subscriber_add(struct cli *c, const struct cli_args *a, struct err *e);
int cli_subscriber_set(struct cli *c, const struct cli_args *a, struct err *e);
int cli_subscriber_unsubscribe(struct cli *c, const struct cli_args *a,
    struct err *e);
int
cli_subscriber_erase(struct cli *c, const struct cli_args *a, struct err *e);
int
cli_subscriber_import(struct cli *c, const struct cli_args *a, struct err *e);

/* msgids for a state and a language of the list, and for what happened and
 * how */
const char *subscriber_state_word(const char *state);
const char *subscriber_language_word(const char *language);
const char *subscriber_event_word(const char *kind);
const char *subscriber_way_word(const char *way);

/*
 * The person with an address, as the query subscriber_find gives it (one row;
 * the caller ends it).  -1 also for what is no address; in the arena of the
 * command *ret_address.
 */
int subscriber_find(struct cli *c, const char *word, struct rows *ret,
    struct address **ret_address, struct err *e);
/* The same, and ERR_NOT_FOUND for who is no subscriber. */
int subscriber_get(struct cli *c, const char *word, struct rows *ret,
    struct err *e);

#endif
