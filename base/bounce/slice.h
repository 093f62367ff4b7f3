/*
 * slice - borrowed bytes, and a walk over their lines
 *
 * Mail from anywhere holds any bytes, so nothing here stops at a NUL.
 *
 * Ownership: a slice owns nothing.
 */
#ifndef BASE_BOUNCE_SLICE_H
#define BASE_BOUNCE_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *p;
	size_t n;
};

struct arena;

static inline struct slice
slice_of(const char *p, size_t n)
{
	return (struct slice){ p, n };
}

/* What is left behind the first `skip` bytes. */
static inline struct slice
slice_from(struct slice s, size_t skip)
{
	return skip < s.n ? slice_of(s.p + skip, s.n - skip)
			  : slice_of(s.p + s.n, 0);
}

/* Takes the next line off the front of *rest, without its LF or CR LF. */
bool slice_line(struct slice *rest, struct slice *ret_line);

/* Without blanks and tabs at both ends. */
struct slice slice_trim(struct slice s);

/* ASCII letters alike; all of s, its beginning, anywhere in it. */
bool slice_is(struct slice s, const char *word);
bool slice_starts(struct slice s, const char *word);
bool slice_has(struct slice s, const char *lower_word);

/* A copy that ends in a NUL, at most max bytes, cut between characters. */
const char *slice_string(struct slice s, size_t max, struct arena *arena);

#endif
