/*
 * pace_store - what is known of slow destinations, kept across a restart
 *
 * Domains are sealed like addresses: one can betray an organisation.
 *
 * Ownership: what pace_store_take() adds belongs to the batch.
 * Errors: those of the database; a domain that cannot be opened is skipped.
 */
#ifndef DAEMON_SEND_PACE_STORE_H
#define DAEMON_SEND_PACE_STORE_H

#include <stdint.h>

struct batch;
struct database;
struct err;
struct keys;
struct pace;

int pace_store_load(struct database *db, struct pace *pace,
    const struct keys *keys, const char *host, int64_t now_ms, struct err *e);

/* Put the present state into a batch ... */
void pace_store_take(struct pace *pace, int64_t now_ms, struct batch *b);

/* ... and from there into the database, in place of what is there. */
int pace_store_save(struct database *db, const struct batch *b,
    const struct keys *keys, const char *host, struct err *e);

#endif
