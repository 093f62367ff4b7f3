#include "base/bounce/slice.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

bool
slice_line(struct slice *rest, struct slice *ret_line)
{
	const char *lf;
	size_t n;

	if (rest->n == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->n);
	n = lf != NULL ? (size_t)(lf - rest->p) : rest->n;
	*ret_line = slice_of(rest->p, n);
	*rest = slice_from(*rest, n + 1);
	if (n > 0 && ret_line->p[n - 1] == '\r')
		ret_line->n--;
	return true;
}

struct slice
slice_trim(struct slice s)
{
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]) != NULL && s.p[0] != '\0') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL &&
	    s.p[s.n - 1] != '\0')
		s.n--;
	return s;
}

bool
slice_is(struct slice s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

bool
slice_starts(struct slice s, const char *word)
{
	size_t n = strlen(word);

	return s.n >= n && strncasecmp(s.p, word, n) == 0;
}

bool
slice_has(struct slice s, const char *lower_word)
{
	const char both[] = { lower_word[0],
		(char)(lower_word[0] >= 'a' && lower_word[0] <= 'z'
			? lower_word[0] - 'a' + 'A'
			: lower_word[0]) };
	size_t n = strlen(lower_word);

	for (size_t i = 0; i + n <= s.n; i++)
		if ((s.p[i] == both[0] || s.p[i] == both[1]) &&
		    strncasecmp(s.p + i, lower_word, n) == 0)
			return true;
	return false;
}

const char *
slice_string(struct slice s, size_t max, struct arena *arena)
{
	if (s.n > max)
		for (s.n = max; s.n > 0 && (s.p[s.n] & 0xc0) == 0x80;)
			s.n--;
	return arena_memdup(arena, s.p, s.n);
}
