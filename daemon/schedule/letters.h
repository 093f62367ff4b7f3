/*
 * letters - what editors and administrators are told by mail
 *
 * Reports, holds and alarms, as SQL function letters_due() has them.  Each is
 * a mailing of its own, stored in the transaction that marks it as told.
 *
 * Ownership: letters_open() borrows configuration and keys and gives what
 *   letters_close() takes, also after an error and of one that is all zero.
 * Errors: letters_open(): those of template_load().
 * Limits: CONFIG_NOTIFY_MAX people of each kind.
 * Threads: one.
 */
#ifndef DAEMON_SCHEDULE_LETTERS_H
#define DAEMON_SCHEDULE_LETTERS_H

struct config;
struct database;
struct err;
struct keys;
struct template;

struct letters {
	const struct config *config;
	const struct keys *keys;
	struct template *alarm, *report;
};

int letters_open(struct letters *l, const struct config *c,
    const struct keys *k, struct err *e);
void letters_close(struct letters *l);

/* Store what is due. */
int letters_round(struct letters *l, struct database *d, struct err *e);

#endif
