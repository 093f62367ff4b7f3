#include "base/bounce/addresses.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/utf8.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/bounce/decode.h"
#include "base/bounce/fields.h"

#define XCHAR_MAX 6 /* hexadecimal digits: RFC 6533 3 */

static bool
is_local(unsigned char c)
{
	return isalnum(c) || c >= 0x80 ||
	    (c != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

static bool
is_domain(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || c == '.' || c == '-' || c == '_';
}

/* U+3000 to U+9FFF and U+F000 to U+FFFF: writing without blanks, and its
 * marks. */
static bool
is_ideograph(const char *p)
{
	unsigned char lead = (unsigned char)p[0];

	return ((lead >= 0xe3 && lead <= 0xe9) || lead == 0xef) &&
	    (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80;
}

/* Where the local part before the @ at `at` begins; at when there is none. */
static size_t
local_start(struct slice s, size_t at)
{
	static const char *const prefixes[] = { "smtp=", "to=" };
	size_t i = at;

	if (i > 0 && s.p[i - 1] == '"') {
		for (i--; i > 0 && at - i < ADDRESSES_LOCAL_MAX;)
			if (s.p[--i] == '"' && (i == 0 || s.p[i - 1] != '\\'))
				return i;
		return at;
	}
	while (i > 0 && at - i < ADDRESSES_LOCAL_MAX &&
	    is_local((unsigned char)s.p[i - 1]) &&
	    !(i > 2 && is_ideograph(s.p + i - 3)))
		i--;
	/* Marks of quoting and lists, not the beginning of a name; but
	 * "=?utf-8?Q?...?=" is one. */
	while (i < at && strchr("'*.`=/|~", s.p[i]) != NULL &&
	    !slice_starts(slice_from(s, i), "=?"))
		i++;
	/* "550-user@host" */
	if (at - i > 4 && (s.p[i] == '4' || s.p[i] == '5') &&
	    isdigit((unsigned char)s.p[i + 1]) &&
	    isdigit((unsigned char)s.p[i + 2]) && s.p[i + 3] == '-')
		i += 4;
	/* "dda:SMTP=user@host", "to=user@host" */
	for (size_t k = 0; k < sizeof(prefixes) / sizeof(prefixes[0]); k++)
		if (slice_starts(slice_of(s.p + i, at - i), prefixes[k]))
			i += strlen(prefixes[k]);
	return i;
}

/* The last label is of ASCII or it is not; in a sentence without blanks
 * ("user@host.example您好") the words follow at once. */
static size_t
label_end(struct slice s, size_t at, size_t end)
{
	size_t label = end;

	while (label > at && s.p[label - 1] != '.')
		label--;
	if (label < end && (s.p[label] & 0x80) == 0)
		while (label < end && (s.p[label] & 0x80) == 0)
			label++;
	else
		label = end;
	return label;
}

static size_t
domain_end(struct slice s, size_t at)
{
	size_t i = at;

	if (i < s.n && s.p[i] == '[') {
		const char *close =
		    memchr(s.p + i, ']', s.n - i < 64 ? s.n - i : 64);

		return close != NULL ? (size_t)(close + 1 - s.p) : at;
	}
	while (
	    i < s.n && i - at < ADDRESS_MAX && is_domain((unsigned char)s.p[i]))
		i++;
	i = label_end(s, at, i);
	while (i > at && strchr(".-_", s.p[i - 1]) != NULL)
		i--;
	return i;
}

bool
addresses_next(struct slice text, size_t *at, struct slice *ret)
{
	while (*at < text.n) {
		const char *sign = memchr(text.p + *at, '@', text.n - *at);
		size_t mid, start, end;

		if (sign == NULL)
			break;
		mid = (size_t)(sign - text.p);
		start = local_start(text, mid);
		end = domain_end(text, mid + 1);
		if (start < *at && *at < mid)
			start = *at;
		*at = mid + 1;
		if (start == mid || end == mid + 1 ||
		    memchr(sign, '.', end - mid) == NULL || sign[1] == '.')
			continue;
		*ret = slice_of(text.p + start, end - start);
		*at = end;
		return true;
	}
	*at = text.n;
	return false;
}

bool
addresses_is(struct slice s)
{
	const char *sign = memrchr(s.p, '@', s.n);
	size_t mid = sign != NULL ? (size_t)(sign - s.p) : 0;

	if (mid == 0 || mid + 1 == s.n || s.n > 2 * ADDRESS_MAX ||
	    local_start(s, mid) != 0)
		return false;
	for (size_t i = mid + 1; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' ||
		    strchr("<>()\",;", s.p[i]) != NULL)
			return false;
	return true;
}

/* "\x{FC}" becomes the character, "+2B" the byte when it is xtext (RFC 3461 4):
 * only capitals, and of what may stand so. */
static struct slice
unescape(struct slice s, struct arena *arena)
{
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		struct slice rest = slice_from(s, i);
		char digits[XCHAR_MAX + 1] = "", *end;
		unsigned long c;

		if (slice_starts(rest, "\\x{")) {
			memcpy(digits, rest.p + 3,
			    rest.n - 3 < XCHAR_MAX ? rest.n - 3 : XCHAR_MAX);
			c = strtoul(digits, &end, 16);
			if (*digits != '\0' &&
			    rest.p[3 + (end - digits)] == '}' && c >= ' ' &&
			    c <= 0x10ffff && !U_IS_SURROGATE(c)) {
				U8_APPEND_UNSAFE(out, n, (UChar32)c);
				i += 3 + (size_t)(end - digits);
				continue;
			}
		} else if (rest.n > 2 && rest.p[0] == '+' &&
		    (slice_starts(rest, "+2B") || slice_starts(rest, "+3D"))) {
			out[n++] = rest.p[1] == '2' ? '+' : '=';
			i += 2;
			continue;
		}
		out[n++] = s.p[i];
	}
	return slice_of(out, n);
}

static struct slice
without_brackets(struct slice s)
{
	s = slice_trim(s);
	if (s.n > 1 && s.p[0] == '<') {
		const char *close = memchr(s.p, '>', s.n);

		s = slice_trim(slice_of(s.p + 1,
		    close != NULL ? (size_t)(close - s.p) - 1 : s.n - 1));
	}
	return s;
}

const char *
addresses_of_field(struct slice value, struct arena *arena)
{
	const char *text = field_unfold(value, arena);
	struct slice s = slice_of(text, strlen(text));
	const char *type = memchr(s.p, ';', s.n);
	struct slice all;
	size_t at = 0;

	/* Twice where a gateway copied a field with its type. */
	for (; type != NULL && memchr(s.p, '@', (size_t)(type - s.p)) == NULL;
	     type = memchr(s.p, ';', s.n)) {
		if (slice_starts(s, "x400") || slice_starts(s, "x-unix"))
			return NULL;
		s = slice_trim(slice_from(s, (size_t)(type - s.p) + 1));
	}
	s = without_brackets(s);
	if (s.n > 2 * ADDRESS_MAX)
		return NULL;
	if (memmem(s.p, s.n, "=?", 2) != NULL) {
		text = decode_words(slice_string(s, s.n, arena), arena);
		s = slice_of(text, strlen(text));
	}
	all = s = unescape(s, arena);
	/* "user@host (a comment)" */
	for (size_t i = 0; i < s.n && s.p[0] != '"'; i++)
		if (s.p[i] == ' ')
			s.n = i;
	if (!addresses_is(s) && !(addresses_next(all, &at, &s)))
		return NULL;
	return slice_string(s, s.n, arena);
}

bool
addresses_same(struct slice a, struct slice b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}
