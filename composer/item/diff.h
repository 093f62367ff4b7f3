/*
 * diff - what changed between two texts, word by word
 *
 * The longest common subsequence of words (runs of characters between blanks);
 * blanks and line breaks alone are no change.
 *
 * Ownership: parts are in the arena and point into the texts.
 * Limits: beyond DIFF_CELLS_MAX (words of one times words of the other, after
 *   the common beginning and end) the middle counts as changed whole.
 * Threads: no state.
 */
#ifndef COMPOSER_ITEM_DIFF_H
#define COMPOSER_ITEM_DIFF_H

#include <stddef.h>

struct arena;
struct buf;

#define DIFF_CELLS_MAX ((size_t)4 * 1024 * 1024)

enum diff_kind { DIFF_SAME, DIFF_OLD, DIFF_NEW };

/* A part runs from its first word to its last; blank is what follows it. */
struct diff_part {
	enum diff_kind kind;
	const char *text;
	size_t n;
	const char *blank;
	size_t nblank;
};

struct diff {
	const struct diff_part *parts;
	size_t nparts;
};

void diff_words(struct arena *a, const char *old_text, const char *new_text,
    struct diff *ret);

/* As [-old-] [+new+]; returns -1 when the buffer is full. */
int diff_write(struct buf *b, const struct diff *d);

#endif
