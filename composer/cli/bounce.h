/*
 * bounce - what the commands about the return path share
 *
 * A number is that of a message that came back; a reader is an address.
 */
#ifndef COMPOSER_CLI_BOUNCE_H
#define COMPOSER_CLI_BOUNCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/database.h"

struct bounce;
struct buf;
struct cli;
struct cli_args;
struct err;

int cli_bounce_list(struct cli *c, const struct cli_args *a, struct err *e);
int cli_bounce_show(struct cli *c, const struct cli_args *a, struct err *e);
int cli_bounce_explain(struct cli *c, const struct cli_args *a, struct err *e);
int cli_bounce_process(struct cli *c, const struct cli_args *a, struct err *e);
int
cli_bounce_reactivate(struct cli *c, const struct cli_args *a, struct err *e);
int cli_bounce_suppress(struct cli *c, const struct cli_args *a, struct err *e);
int cli_bounce_keep(struct cli *c, const struct cli_args *a, struct err *e);
int cli_bounce_dismiss(struct cli *c, const struct cli_args *a, struct err *e);
int cli_bounce_forward(struct cli *c, const struct cli_args *a, struct err *e);

/* bounce_words.c: msgids, half a sentence each.  What a mail system meant; what
 * a message that came back is; what was done about it; how it stands. */
const char *bounce_meaning(const char *reason, const char *status);
const char *bounce_kind_meaning(const char *kind);
const char *bounce_done(const char *what);
const char *bounce_state_word(const char *state);
/* Why a message waits: a word of ours or words as they stand. */
const char *bounce_why(const char *reason);
/* Why a reader is undeliverable, in the language of messages. */
const char *bounce_state_reason(struct cli *c, const char *reason);

/* The address somebody probably meant, NULL: nothing to suggest. */
const char *bounce_suggestion(struct cli *c, const char *address);

/* bounce_common.c: what is sealed in a row, in the arena; NULL when there is
 * nothing. */
int bounce_open(struct cli *c, const struct rows *r, int row,
    const char *column, char **ret, size_t *ret_n, struct err *e);
/* Put the members address, from and subject in the place of sealed ones. */
int bounce_open_row(struct cli *c, const struct rows *r, int row, json_t *o,
    struct err *e);

/* What a stranger wrote, without what would steer a terminal. */
json_t *bounce_json_text(struct cli *c, const char *text);

/* What came back in a message or from a reader, as a list. */
int bounce_look(struct cli *c, struct param message, struct param reader,
    json_t **ret, struct err *e);
void bounce_print(struct cli *c, const json_t *bounce);

/* bounce_explain.c: FILE of the command, a dash is standard input, which
 * replaces what is in b; whom a message speaks of. */
int bounce_read_file(const char *path, struct buf *b, struct err *e);
json_t *bounce_json_recipients(const struct bounce *b);

/* bounce_message.c */
int bounce_show_message(struct cli *c, const struct cli_args *a, struct err *e);
/* Sends what is to go to the help desk; all: nothing has to wait for room. */
int bounce_pass_on(struct cli *c, bool *ret_all, struct err *e);

#endif
