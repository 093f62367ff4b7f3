/*
 * tally - what arrived: how often each recipient, how much, what was wrong
 *
 * A recipient is known by a keyed 64-bit hash of the address: sixteen bytes
 * for each in a table that doubles, 32 MB for a million.  Which of two
 * addresses came twice can be told only with tally_keep_addresses().
 *
 * Ownership: tally_new() to tally_free().
 * Errors: writing fails with ERR_SYS.  Out of memory aborts.
 * Threads: any; one lock around all of it.
 */
#ifndef TESTS_SINK_TALLY_H
#define TESTS_SINK_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct faults;
struct tally;

/* Things that are counted, in the order and by the names of the JSON. */
enum tally_count {
	TALLY_CONNECTIONS,
	TALLY_TLS,     /* connections with TLS */
	TALLY_RESUMED, /* those that resumed a session */
	TALLY_MESSAGES,
	TALLY_BYTES,
	TALLY_MISMATCHES,     /* messages that are like no template */
	TALLY_CHANGED,	      /* came again with other bytes */
	TALLY_UNSYNCHRONISED, /* input before the reply it must wait for */
	TALLY_COUNTS
};

struct tally *tally_new(bool keep_addresses);
void tally_free(struct tally *t);

void tally_add(struct tally *t, enum tally_count what, uint64_t n);

/* A message of size_bytes for these recipients, each ended by a NUL, is here
 * to stay.  own is a hash of what the recipient has of its own in it. */
void tally_deliver(struct tally *t, const char *recipients, size_t n,
    size_t size_bytes, uint32_t own);

/* Say on stderr what was wrong, the first time only, and count it. */
void tally_complain(struct tally *t, enum tally_count what, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Nothing to complain about. */
bool tally_is_clean(struct tally *t);

/* Both replace the file in one step; faults may be NULL. */
int tally_write_json(struct tally *t, struct faults *faults, const char *path,
    struct err *e);
int tally_write_list(struct tally *t, const char *path, struct err *e);

#endif
