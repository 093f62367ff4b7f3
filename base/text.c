#include "base/text.h"

#include <unicode/utf8.h>

static bool
is_layout(const char *s, size_t n, size_t at)
{
	return s[at] == '\n' || s[at] == '\t' ||
	    (s[at] == '\r' && at + 1 < n && s[at + 1] == '\n');
}

enum text_fault
text_check(const char *s, size_t n, bool lines, size_t *ret_at)
{
	size_t i = 0;

	while (i < n) {
		size_t at = i;
		UChar32 c;

		U8_NEXT(s, i, n, c);
		*ret_at = at;
		if (c < 0)
			return TEXT_NOT_UTF8;
		if ((c < 0x20 && !(lines && is_layout(s, n, at))) ||
		    (c >= 0x7f && c < 0xa0))
			return TEXT_CONTROL;
		if (c >= 0xe000 && c <= 0xf8ff)
			return TEXT_PRIVATE;
	}
	return TEXT_OK;
}

size_t
text_length(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}
