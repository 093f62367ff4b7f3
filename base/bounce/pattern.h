/*
 * pattern - many patterns looked for in one pass over a text
 *
 * A pattern is plain words: "(mailbox|inbox) full|over * quota".  A bar
 * separates alternatives, of all of it or in brackets, which do not nest.  A star stands for what may come between (PATTERN_GAP bytes);
 * without a blank beside it, it may also be part of a word: "reject*".  ^ and
 * $ are the beginning and the end of the text.  Words match whole.  Pattern
 * and text are folded (base/bounce/fold.h).
 *
 * All pieces between stars are one Aho-Corasick automaton (CACM 18.6, 1975).
 *
 * Ownership: the names the patterns come from stay the caller's.
 * Errors: a pattern that says nothing, or too many of them, aborts: they are
 *   part of the program.
 * Threads: after pattern_set_new() only read.
 */
#ifndef BASE_BOUNCE_PATTERN_H
#define BASE_BOUNCE_PATTERN_H

#include <stddef.h>

#define PATTERN_GROUPS 4
#define PATTERN_GAP 80

struct pattern {
	const char *text;
	unsigned int group; /* < PATTERN_GROUPS */
};

struct pattern_set;

void pattern_set_free(struct pattern_set *set);

struct pattern_set *pattern_set_new(const struct pattern *patterns, size_t n)
    __attribute__((malloc, returns_nonnull));

/* For each group the first pattern of the list that is in the folded text, or
 * -1. */
void pattern_set_find(const struct pattern_set *set, const char *folded,
    size_t n, int ret_first[PATTERN_GROUPS]);

#endif
