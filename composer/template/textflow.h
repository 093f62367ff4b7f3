/*
 * textflow - words into lines of 72 columns, behind prefixes
 *
 * Blocks are separated by one blank line unless the caller joins them.  A word
 * is never broken; a word that is a URL gets a line of its own and loses the
 * brackets and stops around it.
 *
 * Ownership: the buffer stays the caller's.
 * Errors: buf_full() of the buffer, once at the end.
 * Limits: TEXTFLOW_PREFIX_MAX bytes of prefixes; deeper ones are not drawn.
 */
#ifndef COMPOSER_TEMPLATE_TEXTFLOW_H
#define COMPOSER_TEMPLATE_TEXTFLOW_H

#include <stdbool.h>
#include <stddef.h>

#define TEXTFLOW_PREFIX_MAX 40

struct buf;

struct textflow {
	struct buf *out;
	char prefix[TEXTFLOW_PREFIX_MAX + 1]; /* in front of every line */
	char bullet[32]; /* replaces the end of the prefix on the next line */
	bool joined;	 /* the next block follows without a blank line */
};

void textflow_init(struct textflow *t, struct buf *out);

/* Lengthen the prefix; gives what textflow_pop() takes. */
size_t textflow_push(struct textflow *t, const char *prefix);
void textflow_pop(struct textflow *t, size_t mark);

/* Columns that text takes; columns left beside the prefix. */
size_t textflow_width(const char *text);
size_t textflow_room(const struct textflow *t);

/* Separate from what came before, unless joined. */
void textflow_block(struct textflow *t);

/* One line as it is; text wrapped, '\n' in it ends a line. */
void textflow_line(struct textflow *t, const char *text, size_t len);
void textflow_wrap(struct textflow *t, const char *text);

#endif
