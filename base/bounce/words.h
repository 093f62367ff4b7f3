/*
 * words - whom a report without fields is about
 *
 * Mail systems that write no fields still write lists: an address at the
 * start of a line ("<user@host>: ...", "    user@host", "user@host on ..."),
 * behind a label ("Recipient: user@host"), or in the line of an SMTP reply
 * ("550 user@host... User unknown").  The first of these shapes that names
 * anybody counts.  What we sent ourselves, quoted at the end, is cut off
 * first and read for whom it was written to.
 *
 * Ownership: results belong to the arena or are slices of the text.
 * Limits: WORDS_LINES_MAX lines, WORDS_MAX recipients.
 */
#ifndef BASE_BOUNCE_WORDS_H
#define BASE_BOUNCE_WORDS_H

#include "base/bounce/fields.h"

#define WORDS_MAX 200
#define WORDS_LINES_MAX 2000

struct words_recipient {
	const char *address;
	struct slice section; /* what is said about this one */
};

struct words {
	struct words_recipient v[WORDS_MAX];
	size_t n;
	/* An SMTP reply or a list names them: no mere mention in a sentence. */
	bool is_listed;
	bool is_told; /* one stands in the sentence that says it failed */
};

/* Cuts text before what we sent; *ret_original is that, empty for none. */
struct slice words_cut(struct slice text, struct slice *ret_original);

/* not_them: addresses that are ours or the mail system's own.  original: the
 * header fields of what we sent, or NULL. */
void words_read(struct slice text, const char *not_them,
    const struct fields *original, struct arena *arena, struct words *ret);

/* A local part alone on its line, under a line that says it failed. */
bool words_local(struct slice text, struct slice *ret);

/* The part of the text that speaks of address; empty when none does. */
struct slice words_about(struct slice text, const char *address);

#endif
