/*
 * subscriber - what the commands about subscribers share
 */
#ifndef COMPOSER_CLI_SUBSCRIBER_H
#define COMPOSER_CLI_SUBSCRIBER_H

#include <stdbool.h>

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
int
cli_subscriber_pause(struct cli *c, const struct cli_args *a, struct err *e);
int cli_subscriber_unsubscribe(struct cli *c, const struct cli_args *a,
    struct err *e);
int
cli_subscriber_erase(struct cli *c, const struct cli_args *a, struct err *e);
int
cli_subscriber_import(struct cli *c, const struct cli_args *a, struct err *e);
int
cli_subscriber_export(struct cli *c, const struct cli_args *a, struct err *e);

/* msgids for a state and a language of the list, for why somebody is kept off
 * it, and for what happened and how */
const char *subscriber_state_word(const char *state);
const char *subscriber_language_word(const char *language);
const char *subscriber_left_word(const char *reason);
const char *subscriber_event_word(const char *kind);
const char *subscriber_way_word(const char *way);

/*
 * The person with an address, as the query subscriber_find gives it (one row;
 * the caller ends it).  -1 also for what is no address; in the arena of the
 * command *ret_address.
 */
int subscriber_find(struct cli *c, const char *word, struct rows *ret,
    struct address **ret_address, struct err *e);
/* The same, and subscriber_unknown() for who is no subscriber. */
int subscriber_get(struct cli *c, const char *word, struct rows *ret,
    struct address **ret_address, struct err *e);
/* ERR_NOT_FOUND, with what subscriber_find() says of them. */
int subscriber_unknown(struct cli *c, const struct rows *found, struct err *e);

/* nl, en or both as an option has it, checked; NULL stays NULL. */
int subscriber_read_language(const char *word, const char **ret, struct err *e);

/* Who left, was blocked or complained, as found; the refusal that says so. */
bool subscriber_has_left(const struct rows *r);
int subscriber_refuse_left(struct cli *c, const struct rows *r, struct err *e);
int
subscriber_check_organisation(struct cli *c, const char *name, struct err *e);
/* A script gets the person as they are now. */
int subscriber_as_it_is(struct cli *c, const struct cli_args *a, struct err *e);

/* Whom to list or to export; each may be NULL. */
struct subscriber_filter {
	const char *language, *state, *tag, *text;
};
int subscriber_read_filter(struct subscriber_filter *f,
    const struct cli_args *a, struct err *e);
/*
 * Calls found() for every person who matches, with their address, a page of
 * the list in memory at a time.
 */
int subscriber_each(struct cli *c, const struct subscriber_filter *f,
    int (*found)(void *arg, const char *address, const struct rows *r, int row,
	struct err *e),
    void *arg, struct err *e);

#endif
