/*
 * forward - what a person wrote to an address for machines, passed on to the
 *   help desk as it came
 *
 * Whoever answers a newsletter may need help, so no mail of a person stays
 * where only programs look.  The database says what is due and how much of it
 * an hour may bring (returned_forward_next()); each is a mailing of its own, in
 * the transaction that marks it as passed on.  It is stored sealed, as whoever
 * wrote is in it.
 *
 * What cannot be passed on is marked with the reason and waits for a person.
 *
 * Errors: those of the database and of keys that do not open.
 * Threads: those of a struct database.
 */
#ifndef COMPOSER_LETTER_FORWARD_H
#define COMPOSER_LETTER_FORWARD_H

struct config;
struct database;
struct err;
struct keys;

/* Pass on what is due; says how many, which is fewer than there are when an
 * hour has brought enough. */
int forward_round(struct database *db, const struct keys *keys,
    const struct config *config, int *ret_n, struct err *e);

#endif
