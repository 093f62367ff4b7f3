/*
 * journal_replay - what workers that no longer run have left behind
 *
 * All files of one run of a worker are read together, oldest first, and each
 * key is told once, with the last that is known of it: a result may stand in a
 * later file than its intent, or without one when the file of the intent is
 * gone already.  The database may know more than a journal does; what it knows
 * goes first.
 *
 * A damaged line and everything after it in that file is ignored; the rest of
 * the journal counts.  So does a folder that another host left behind.
 *
 * Ownership: journal_replay() returns for journal_replayed().
 * Errors: ERR_SYS when a file cannot be read, ERR_CONFIG when one is of another
 *   version of this program; both leave it as it is, and are told once no other
 *   journal is left to replay.
 * Limits: memory in proportion to the records.
 * Threads: any number, also of processes: a lock gives each journal to one.
 */
#ifndef DAEMON_SEND_JOURNAL_REPLAY_H
#define DAEMON_SEND_JOURNAL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/send/journal_dir.h"
#include "daemon/send/journal_line.h"

struct err;

enum journal_state {
	JOURNAL_INTENDED, /* may have been sent, nobody knows */
	JOURNAL_ENDED,	  /* result holds how */
	JOURNAL_UNSENT,	  /* never handed out */
};

struct journal_record {
	struct journal_key key;
	enum journal_state state;
	struct journal_result result;
};

struct journal_replay {
	char worker[JOURNAL_WORKER_MAX];
	/* Every intent is in it: written under the running kernel, or synced
	 * every turn, and not damaged.  Otherwise the last of it may have been
	 * lost with the power. */
	bool complete;
	struct journal_record *records;
	size_t n;
	struct journal_files *files;
};

/* 1 with *ret, 0 when there is none. */
int journal_replay(const char *dir, struct journal_replay *ret, struct err *e)
    __attribute__((warn_unused_result));

/* Lets the files go; with done they are removed. */
void journal_replayed(struct journal_replay *r, bool done);

#endif
