#include "base/bounce/scrub.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"

#define ENDS " \t<>()[]{},;:\"'"
#define HIDDEN "<...>"

/* Shorter ones are words of every sentence. */
#define SIDE_MIN 3

static bool
is_in_word(char c)
{
	return c != '\0' &&
	    (strchr(ENDS ".!?@|/=", c) == NULL || (c & 0x80) != 0);
}

/* Where side stands at s as a word of its own. */
static bool
stands_alone(const char *text, const char *s, const char *side, size_t n)
{
	if (n < SIDE_MIN || strncasecmp(s, side, n) != 0)
		return false;
	return (s == text || !is_in_word(s[-1])) && !is_in_word(s[n]);
}

/* The length of what has to go at s, or 0. */
static size_t
names(const char *text, const char *s, const char *address)
{
	size_t word = strcspn(s, ENDS), local, domain;
	const char *at;

	if ((s == text || strchr(ENDS, s[-1]) != NULL) &&
	    memchr(s, '@', word) != NULL && word > 1)
		return word;
	if (address == NULL || (at = strrchr(address, '@')) == NULL)
		return 0;
	local = (size_t)(at - address);
	domain = strlen(at + 1);
	if (stands_alone(text, s, address, local))
		return local;
	return stands_alone(text, s, at + 1, domain) ? domain : 0;
}

const char *
scrub(struct arena *arena, const char *text, const char *address)
{
	struct buf out;
	const char *ret;

	buf_init(&out, (strlen(HIDDEN) + 1) * (strlen(text) + 1));
	for (const char *s = text; *s != '\0';) {
		size_t n = names(text, s, address);

		if (n > 0 && s > text && s[-1] == '<' && s[n] == '>')
			(void)buf_adds(&out, "...");
		else if (n > 0)
			(void)buf_adds(&out, HIDDEN);
		else
			(void)buf_addc(&out, *s);
		s += n > 0 ? n : 1;
	}
	ret = arena_memdup(arena, out.data, out.len);
	buf_done(&out);
	return ret;
}
