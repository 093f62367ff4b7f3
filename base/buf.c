#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1];

void
buf_init(struct buf *b, size_t max_bytes)
{
	b->data = empty;
	b->len = 0;
	b->size = 0;
	b->max = max_bytes;
	b->full = false;
}

void
buf_done(struct buf *b)
{
	if (b->size > 0)
		free(b->data);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->size > 0)
		b->data[0] = '\0';
}

/* Room for n more bytes and the NUL. */
static int
grow(struct buf *b, size_t n)
{
	size_t want = b->size > 0 ? b->size : 256;

	if (b->full || n > b->max - b->len) {
		b->full = true;
		return -1;
	}
	while (want < b->len + n + 1)
		want *= 2;
	if (want == b->size)
		return 0;
	char *p = realloc(b->size > 0 ? b->data : NULL, want);
	if (p == NULL)
		abort();
	b->data = p;
	b->size = want;
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	if (grow(b, n) == -1)
		return -1;
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	if (grow(b, (size_t)n) == -1)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}
