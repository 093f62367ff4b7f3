/*
 * reading - what a stranger wrote is read by a process that can do little
 *
 * reading_start() leaves a nursery behind: a process that was forked before
 * there were keys, passwords or connections, and that forks a child for every
 * reading_run().  The child has the bytes and nothing else: no descriptor but
 * the pipe for its answer, none to be had (so no file and no socket), no key in
 * its memory, and limits on time and memory.  Its answer is JSON, and as
 * strange as the bytes: whoever takes it checks it.
 *
 * Ownership: reading_stop() ends the nursery, which also ends with the program.
 *   The answer is the caller's to json_decref().
 * Errors: ERR_INPUT or ERR_LIMIT for bytes that cannot be read (slugs unreadable,
 *   crashed, too-large, too-slow); ERR_TEMP when there is no room for a process;
 *   ERR_SYS (slug reading-gone) when nothing can be read any more.
 * Limits: READING_CPU_SECONDS, READING_WALL_MS, READING_MEMORY beside what the
 *   program has, READING_ANSWER_MAX.
 * Threads: reading_start() before the first; reading_run() by any, one at a
 *   time.
 */
#ifndef DAEMON_MAILBOX_READING_H
#define DAEMON_MAILBOX_READING_H

#include <jansson.h>
#include <stddef.h>

struct err;
struct reading;

#define READING_CPU_SECONDS 5
#define READING_WALL_MS 30000
#define READING_MEMORY ((size_t)256 * 1024 * 1024)
#define READING_ANSWER_MAX ((size_t)16 * 1024 * 1024)

/* What the child does; it fails with ERR_INPUT or ERR_LIMIT. */
typedef int
reading_work(const char *bytes, size_t n, json_t **ret, struct err *e);

/* prepare is called once, in the nursery, for what the children need ready. */
int reading_start(struct reading **ret, void (*prepare)(void), struct err *e);
void reading_stop(struct reading *r);

int reading_run(struct reading *r, reading_work *work, const char *bytes,
    size_t n, json_t **ret, struct err *e);

#endif
