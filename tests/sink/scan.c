#include "tests/sink/scan.h"

#include <stddef.h>

#define BLOCK 64

/* Simple enough for the compiler to make vectors of. */
static int
block_has(const char *p)
{
	unsigned char hit = 0;

	for (size_t i = 0; i < BLOCK; i++)
		hit |= (unsigned char)((p[i] == '\n') & (p[i + 1] == '.'));
	return hit;
}

static const char *
look(const char *p, const char *end)
{
	for (; end - p >= 3; p++)
		if (p[0] == '\r' && p[1] == '\n' && p[2] == '.')
			return p;
	return NULL;
}

const char *
scan_dot(const char *p, const char *end)
{
	const char *hit;

	/* p[0] cannot be the LF of a CRLF: blocks look from p + 1. */
	for (; end - p >= BLOCK + 2; p += BLOCK)
		if (block_has(p + 1) && (hit = look(p, p + BLOCK + 2)) != NULL)
			return hit;
	return look(p, end);
}
