/*
 * reader - a thread that reads one mailbox for as long as the role runs
 *
 * It has a connection to the mailbox and one to the database, and makes them
 * anew when something is wrong with either, after a pause that grows from a
 * second to five minutes.  How it goes is in the table mailbox, for
 * `tweeluik status`.
 *
 * Ownership: what the setup points to must outlive the reader.
 * Errors: reader_start() ERR_CONFIG for a password that cannot be read.
 * Threads: all calls from one thread, which is another than the reader's.
 */
#ifndef DAEMON_MAILBOX_READER_H
#define DAEMON_MAILBOX_READER_H

#include <stdbool.h>

#include "base/config.h"

struct err;
struct keys;
struct reader;
struct reading;

struct reader_setup {
	const struct config *config;
	const struct keys *keys;
	struct reading *reading;
	int stop_fd;
	bool once;  /* one round, then end */
	bool check; /* see whether all is there, do not begin */
};

int reader_start(struct reader **ret, const struct reader_setup *setup,
    const struct config_mailbox *mailbox, struct err *e);

/* Wait for its end, and free it. */
void reader_join(struct reader *r);

enum reader_state {
	READER_STARTS,
	READER_READS,
	READER_FAILS, /* and tries again */
	READER_ENDED, /* with `once`: all was read */
	READER_BROKEN /* and does not try again */
};

/* ret_error is filled for READER_FAILS and READER_BROKEN. */
enum reader_state reader_state(struct reader *r, struct err *ret_error);
const char *reader_name(const struct reader *r);

#endif
