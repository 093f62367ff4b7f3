/*
 * journal - what a worker was about to send, and what came of it, on disk
 *
 * The intent to let a message go is appended before its last byte leaves, its
 * result when the reply is in; both wait in memory until journal_flush(),
 * which is one write a turn of the loop.  After a crash, intents without a
 * result are the messages of which nobody knows (RFC 1047); journal_replay
 * finds them.  A result is forgotten once it stands in the database.
 *
 * A file that has grown to JOURNAL_FILE_MAX is followed by the next one.  Files
 * go oldest first, each once all intents in it have come to an end, because a
 * later file holds results of an earlier one.  The worker keeps its files
 * locked (flock) until then; a file without a lock belongs to nobody any more.
 *
 * Ownership: journal_open() returns for journal_close().  Nothing is allocated
 *   by the other calls.
 * Errors: from journal_flush() with what the system says (a full disk); the
 *   records stay in memory, a torn line is cut off or left behind in a file
 *   that gets no further line, and the next flush writes them all anew.  No
 *   message may leave before it succeeds.  journal_open() gives ERR_CONFIG when
 *   the folder is not there or may not be written.
 * Limits: JOURNAL_PENDING_MAX bytes in memory; journal_room() says how many
 *   more records are certain to fit, and passing it aborts.  With
 *   JOURNAL_FILES_MAX files waiting for an end the newest goes on growing.
 * Threads: one.
 * Source: the intent log of isync (src/sync.c), queue durability of Postfix
 *   (src/global/mail_stream.c).
 */
#ifndef DAEMON_SEND_JOURNAL_H
#define DAEMON_SEND_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/send/journal_line.h"

struct err;
struct journal;

#define JOURNAL_FILE_MAX ((uint64_t)4 * 1024 * 1024)
#define JOURNAL_FILES_MAX 64
#define JOURNAL_PENDING_MAX ((size_t)1024 * 1024)

enum journal_sync {
	JOURNAL_SYNC_NEVER, /* the kernel writes when it likes */
	JOURNAL_SYNC_TURN,  /* fdatasync() in every journal_flush() */
};

/* worker: shorter than JOURNAL_WORKER_MAX (journal_dir.h), not "". */
int journal_open(struct journal **ret, const char *dir, const char *worker,
    enum journal_sync sync, struct err *e);

/* Removes the files when every intent has come to an end, flushes otherwise. */
void journal_close(struct journal *j);

/* Flushes and leaves the files to whoever replays them: leases are open that
 * only a journal can say were not used. */
void journal_leave(struct journal *j);

size_t journal_room(const struct journal *j);

/* Returns what journal_settled() wants to hear. */
uint32_t journal_intent(struct journal *j, const struct journal_key *k);
void journal_result(struct journal *j, const struct journal_key *k,
    const struct journal_result *r);
void journal_unsent(struct journal *j, const struct journal_key *k);

/* Write what is pending; does nothing when that is nothing. */
int journal_flush(struct journal *j, struct err *e)
    __attribute__((warn_unused_result));

/* One intent of that file has come to an end that is safe elsewhere (or needs
 * to be safe nowhere: unsent). */
void journal_settled(struct journal *j, uint32_t file);

#endif
