#include "base/bounce/decode.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/utf8.h>

#include "base/address.h"
#include "base/arena.h"

#define ENTITY_MAX 10

/* What begins or ends one begins a line. */
static bool
is_block(struct slice name)
{
	static const char *const blocks[] = { "br", "p", "div", "tr", "li",
		"h1", "h2", "h3", "h4", "ul", "ol", "table", "hr", "pre",
		"blockquote", "dt", "dd" };

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (slice_is(name, blocks[i]))
			return true;
	return false;
}

/* Behind the end tag of an element whose content nobody reads. */
static size_t
skip_element(struct slice s, size_t at, const char *name)
{
	for (size_t i = at; i + 2 < s.n; i++) {
		const char *lt = memchr(s.p + i, '<', s.n - i);

		if (lt == NULL)
			return s.n;
		i = (size_t)(lt - s.p);
		if (slice_starts(slice_from(s, i + 1), "/") &&
		    slice_starts(slice_from(s, i + 2), name))
			return i;
	}
	return s.n;
}

/* A tag or comment at s.p[at] == '<'; returns where it ends. */
static size_t
tag(struct slice s, size_t at, char *ret_blank)
{
	struct slice rest = slice_from(s, at + 1), name;
	const char *gt = memchr(rest.p, '>', rest.n);
	bool closes = slice_starts(rest, "/");
	size_t end;

	*ret_blank = '\0';
	if (gt == NULL)
		return s.n;
	end = (size_t)(gt + 1 - s.p);
	if (slice_starts(rest, "!--")) {
		const char *close = memmem(rest.p, rest.n, "-->", 3);

		return close != NULL ? (size_t)(close + 3 - s.p) : s.n;
	}
	name = slice_from(rest, closes ? 1 : 0);
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i])) {
			name.n = i;
			break;
		}
	if (is_block(name))
		*ret_blank = '\n';
	else if (slice_is(name, "td") || slice_is(name, "th"))
		*ret_blank = ' ';
	if (!closes && slice_is(name, "style"))
		return skip_element(s, end, "style");
	if (!closes && slice_is(name, "script"))
		return skip_element(s, end, "script");
	return end;
}

/* "<user@host>" that was not written as HTML wants it. */
static bool
is_address(struct slice s)
{
	size_t n = 0;

	while (n < s.n && n < ADDRESS_MAX && s.p[n] > ' ' &&
	    strchr("<>\"'=", s.p[n]) == NULL)
		n++;
	return n < s.n && s.p[n] == '>' && memchr(s.p, '@', n) != NULL;
}

/* "&lt;" at s.p[at]; returns where it ends, at when it is none. */
static size_t
entity(struct slice s, size_t at, char *out, size_t *n)
{
	static const struct {
		const char *name, *text;
	} entities[] = { { "lt;", "<" }, { "gt;", ">" }, { "amp;", "&" },
		{ "quot;", "\"" }, { "apos;", "'" }, { "nbsp;", " " } };
	struct slice rest = slice_from(s, at + 1);
	char digits[ENTITY_MAX + 1] = "", *end;
	long c;

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (slice_starts(rest, entities[i].name)) {
			out[(*n)++] = entities[i].text[0];
			return at + 1 + strlen(entities[i].name);
		}
	if (!slice_starts(rest, "#"))
		return at;
	memcpy(digits, rest.p + 1,
	    rest.n - 1 < ENTITY_MAX ? rest.n - 1 : ENTITY_MAX);
	c = digits[0] == 'x' || digits[0] == 'X' ? strtol(digits + 1, &end, 16)
						 : strtol(digits, &end, 10);
	if (*end != ';' || c <= 0 || c > 0x10ffff || U_IS_SURROGATE(c))
		return at;
	U8_APPEND_UNSAFE(out, *n, (UChar32)(c == 0xa0 ? ' ' : c));
	return at + 2 + (size_t)(end - digits) + 1;
}

struct slice
decode_html(struct slice s, struct arena *arena)
{
	char *out = arena_alloc(arena, s.n + 8);
	size_t n = 0, i = 0;

	while (i < s.n) {
		char c = s.p[i], blank = '\0';

		if (c == '<' && !is_address(slice_from(s, i + 1))) {
			i = tag(s, i, &blank);
			c = blank;
		} else if (c == '&') {
			size_t end = entity(s, i, out, &n);

			if (end > i) {
				i = end;
				continue;
			}
			i++;
		} else {
			if (c == '\n' || c == '\r' || c == '\t')
				c = ' ';
			i++;
		}
		if (c == ' ' &&
		    (n == 0 || out[n - 1] == ' ' || out[n - 1] == '\n'))
			continue;
		if (c != '\0')
			out[n++] = c;
	}
	return slice_of(out, n);
}
