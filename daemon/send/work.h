/*
 * work - a leased chunk: recipients to send to, and what is still open of it
 *
 * The clerk fills one from what the database leased; the worker takes the rows
 * one by one and hands the chunk back when nothing of it is under way any
 * more.  The messages it needs come along, ready to be spliced.
 *
 * Ownership: work_free() frees rows and addresses and lets go of the messages,
 *   which are shared by all works.
 * Errors: messages_get() gives ERR_SYS for a stored message that is missing or
 *   damaged, ERR_LIMIT for one that is too large, and those of the database.
 * Limits: MESSAGES_KEPT messages are kept beyond those in use.
 * Threads: a work belongs to one thread at a time; messages may be let go of
 *   by any.
 */
#ifndef DAEMON_SEND_WORK_H
#define DAEMON_SEND_WORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/splice.h"

struct database;
struct err;
struct keys;
struct rows;

#define MESSAGES_KEPT 4

struct stored_message {
	int64_t id;
	struct message message;
	bool has[SLOT_KINDS]; /* kinds of slots in it */
	atomic_int users;
	struct stored_message *next;
};

/* Of one thread, the clerk. */
struct messages {
	const struct keys *keys;      /* some are stored sealed */
	struct stored_message *first; /* the one used last comes first */
};

void messages_done(struct messages *m);
/* The caller lets go of it by messages_release(). */
int messages_get(struct messages *m, struct database *db, int64_t id,
    struct stored_message **ret, struct err *e);
void messages_release(struct stored_message *m);

struct work_row {
	int32_t seq;
	int64_t subscriber; /* 0: none */
	struct stored_message *message;
	const unsigned char *sealed;
	size_t nsealed;
	bool deliverable;
};

struct work {
	int64_t mailing;
	int chunk;
	int attempt;
	int64_t dated_at;
	int64_t leased_ms; /* clock_now_ms() */
	bool probe;	   /* one message is enough to know */
	struct work_row *rows;
	int n;

	/* The worker's */
	int next;   /* row not yet looked at */
	int open;   /* rows in flight */
	int parked; /* rows that wait for their destination */
	int *later; /* numbers that have to wait for their destination */
	int nlater;
	int64_t later_ms; /* for so long */
	bool given_up;	  /* no further row is to be taken */
	struct work *next_work;

	unsigned char *bytes; /* of the sealed addresses */
};

/* The rows [from, to) of a lease are one chunk. */
int work_new(struct work **ret, const struct rows *rows, int from, int to,
    struct messages *messages, struct database *db, struct err *e);
void work_free(struct work *w);

#endif
