/*
 * departed - what the command line writes into the journal of departures
 *
 * Inside the transaction that makes somebody leave, before it is committed.  A
 * journal that cannot be written keeps nobody on the list: a person is told
 * what to mend instead.
 */
#ifndef COMPOSER_CLI_DEPARTED_H
#define COMPOSER_CLI_DEPARTED_H

#include "base/departures.h"

struct address;
struct cli;
struct err;

/* subscriber: the number, 0 for none.  -1 only with an error of the database.
 * Nothing with --dry-run. */
int cli_departed(struct cli *c, const struct address *a, int64_t subscriber,
    enum departure_word word, struct err *e);

/* The same for all whom an import keeps off the list. */
int cli_departed_import(struct cli *c, struct err *e);

#endif
