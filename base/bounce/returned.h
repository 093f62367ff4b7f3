/*
 * returned - a message that came back, on record, and what follows from it
 *
 * bounce_read() says what the message says; here it is tied to a reader by the
 * tokens that we made (base/keys.h) and handed to the database, which decides
 * (sql/migrations/0016-return.sql).  Each message counts once, whichever
 * mailbox it is read from and however often.
 *
 * What names anybody is sealed: the message itself, which is kept for seven
 * days, who wrote it and its subject.  Addresses in what a mail system said are
 * replaced by "<...>".  Of a receipt nothing is kept.
 *
 * A reader who leaves is a line in the journal of departures before the
 * transaction is committed.
 *
 * Ownership: everything is borrowed for the call.
 * Errors: those of the database; ERR_TEMP when the journal cannot be written
 *   (a full disk): nothing happened then, and the message is to be handed in
 *   again.
 * Limits: of a message larger than BOUNCE_MESSAGE_MAX no copy is kept.
 * Threads: those of a struct database.
 */
#ifndef BASE_BOUNCE_RETURNED_H
#define BASE_BOUNCE_RETURNED_H

#include <stdbool.h>
#include <stddef.h>

struct bounce;
struct config;
struct database;
struct err;
struct keys;

struct returned_mail {
	const char *mailbox;
	const char *key; /* what the mailbox calls it, for ever */
	const char *bytes;
	size_t n;
	const char *envelope_to; /* NULL: not known */
};

enum returned_effect {
	RETURNED_NOTHING,
	RETURNED_COUNTED,   /* one of the failures that add up */
	RETURNED_DEAD,	    /* the reader is undeliverable now */
	RETURNED_LEFT,	    /* the reader has left */
	RETURNED_BLOCKED,   /* about us, not about the reader */
	RETURNED_REVIEW,    /* a person has to look */
	RETURNED_FORWARDED, /* will go to the help desk as it is */
};

/* As in the database and on the command line. */
const char *returned_effect_word(enum returned_effect effect);

int returned_known(struct database *db, const struct keys *keys,
    const struct returned_mail *mail, bool *ret_known, struct err *e);

/* by: who handed it in, a role or a person. */
int returned_take(struct database *db, const struct keys *keys,
    const struct config *config, const char *by,
    const struct returned_mail *mail, const struct bounce *bounce,
    enum returned_effect *ret, struct err *e);

/* It could not be read, and why: a whole sentence. */
int returned_aside(struct database *db, const struct keys *keys,
    const struct returned_mail *mail, const char *why, struct err *e);

#endif
