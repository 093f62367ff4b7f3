/*
 * intake - a mail from a mailbox, read apart and put on record
 *
 * What a mailbox is for decides how its mails are read and what becomes of
 * them (struct intake_use).  In every case a mail is known already, or a child
 * process reads it (reading.h) and what it means is committed, or it is set
 * aside with the reason; only then may it leave its mailbox.
 *
 * Ownership: struct intake borrows everything.
 * Errors: those of the database, the journal of departures and the source:
 *   nothing has left the mailbox then, and all of it may be done again.
 * Limits: INTAKE_MAX; what is larger stays where it is.
 * Threads: one struct intake a thread.
 */
#ifndef DAEMON_MAILBOX_INTAKE_H
#define DAEMON_MAILBOX_INTAKE_H

#include "base/bounce/bounce.h"
#include "base/bounce/returned.h"
#include "base/config.h"
#include "daemon/mailbox/reading.h"

struct buf;
struct database;
struct err;
struct keys;
struct source;

#define INTAKE_MAX BOUNCE_MESSAGE_MAX

struct intake {
	const struct config *config;
	const struct keys *keys;
	struct reading *reading;
	struct database *db;
	const char *mailbox; /* its name */
	enum config_mailbox_use use;
	long handled; /* so far */
};

/* For each use: what the child does, and what is done with its answer, which
 * ends in a commit.  ret_effect is a word for the log. */
struct intake_use {
	reading_work *work;
	int (*take)(struct intake *in, const struct returned_mail *mail,
	    const json_t *said, const char **ret_effect, struct err *e);
};

/* The queries that this needs, for database_open(). */
extern const char *const intake_queries[];

/* In the nursery: what the work of every use needs. */
void intake_prepare(void);

int
intake_take(struct intake *in, const struct returned_mail *mail, struct err *e);

/* Mails of persons to the help desk (composer/letter/forward.h); what cannot be
 * passed on is in no other mail's way. */
int intake_pass_on(struct intake *in, struct err *e);

/* Everything that is in the mailbox now. */
int intake_round(struct intake *in, struct source *s, struct err *e);

#endif
