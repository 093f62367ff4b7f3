/*
 * postman - letters to one person: written, and queued as mail
 *
 * What is due is a row of table letter.  Each becomes a mailing of its own, in
 * the transaction that marks it as written.  A kind of letter is a line in a
 * table: its template, its subject, how long it is worth sending, where its
 * link leads.  Letters of one kind and language are the same bytes, made once,
 * unless the kind has something to add to each.
 *
 * The database copies the address; this role reads none.
 *
 * Ownership: postman_open() borrows configuration and keys and gives what
 *   postman_close() takes, also after an error and of one that is all zero.
 * Errors: postman_open(): those of template_load().
 * Limits: POSTMAN_LETTERS_MAX letters a round.
 * Threads: one.
 */
#ifndef DAEMON_SCHEDULE_POSTMAN_H
#define DAEMON_SCHEDULE_POSTMAN_H

#include <stdbool.h>

#include "composer/letter/letter.h"

struct config;
struct database;
struct err;
struct keys;
struct template;

#define POSTMAN_LETTERS_MAX 100

enum postman_kind {
	POSTMAN_CONFIRM,
	POSTMAN_ALREADY,
	POSTMAN_FAREWELL,
	POSTMAN_DETAILS,
	POSTMAN_ADDRESS,
	POSTMAN_ADDRESS_CHANGED,
	POSTMAN_PROBE,
	POSTMAN_CHECK,
	POSTMAN_CONTRIBUTION,
	POSTMAN_KINDS
};

enum postman_language {
	POSTMAN_DUTCH,
	POSTMAN_ENGLISH,
	POSTMAN_BOTH,
	POSTMAN_LANGUAGES
};

struct postman {
	const struct config *config;
	const struct keys *keys;
	struct template *templates[POSTMAN_KINDS];
	struct postman_sheet { /* written before */
		bool there;
		struct letter letter;
	} sheets[POSTMAN_KINDS][POSTMAN_LANGUAGES];
};

int postman_open(struct postman *p, const struct config *c,
    const struct keys *k, struct err *e);
void postman_close(struct postman *p);

/* Write what is due; 1 when there may be more, else 0.  A letter that cannot
 * be written is logged and stays due. */
int postman_round(struct postman *p, struct database *d, struct err *e);

#endif
