/*
 * proof - test mails of an issue, to people who read it before it goes out
 *
 * Recipients need not be subscribers, and their links lead to a page that says
 * so.  The clock in the subject keeps mail programs from taking two tests for
 * one conversation.  Goes through the ledger like everything else.
 *
 * Errors: ERR_INPUT when one of the addresses is wrong: nothing is queued.
 * Limits: PROOF_ADDRESSES_MAX addresses.
 */
#ifndef COMPOSER_ISSUE_PROOF_H
#define COMPOSER_ISSUE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

struct config;
struct database;
struct err;
struct issue;
struct keys;

#define PROOF_ADDRESSES_MAX 10

/* All of them, or the error says which one is wrong. */
int proof_addresses(struct address ret[PROOF_ADDRESSES_MAX],
    const char *const *words, size_t n, struct err *e);

/* Inside the caller's transaction; each edition to each address. */
int proof_queue(struct database *d, const struct config *config,
    const struct keys *keys, const struct issue *i, const char *const *editions,
    size_t neditions, const struct address *to, size_t nto, const char *actor,
    int64_t *ret_mailing, struct err *e);

#endif
