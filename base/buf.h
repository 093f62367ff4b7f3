/*
 * buf - a growable byte buffer that knows its maximum
 *
 * Ownership: the buffer owns its bytes; buf_done() frees them.
 * Errors: buf_add() and friends return -1 and mark the buffer as full once
 *   the maximum would be passed; later additions fail too, so a caller may
 *   check buf_full() once at the end.  Out of memory aborts.
 * Limits: max_bytes of buf_init(), not counting the NUL kept behind the data.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* never NULL, always NUL-terminated */
	size_t len;
	size_t size;
	size_t max;
	bool full;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b);
void buf_clear(struct buf *b);

int buf_add(struct buf *b, const void *p, size_t n);
int buf_adds(struct buf *b, const char *s);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static inline bool
buf_full(const struct buf *b)
{
	return b->full;
}

#endif
