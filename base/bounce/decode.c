#include "base/bounce/decode.h"

#include <gmime/gmime-encodings.h>
#include <string.h>
#include <strings.h>
#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include "base/arena.h"

enum decode_transfer
decode_transfer_of(const char *encoding)
{
	if (strncasecmp(encoding, "base64", 6) == 0)
		return DECODE_BASE64;
	if (strncasecmp(encoding, "quoted-printable", 16) == 0)
		return DECODE_QUOTED;
	return DECODE_NONE;
}

struct slice
decode_transfer(struct slice s, enum decode_transfer t, struct arena *arena)
{
	GMimeEncoding state;
	char *out;

	if (t == DECODE_NONE)
		return s;
	g_mime_encoding_init_decode(&state,
	    t == DECODE_BASE64 ? GMIME_CONTENT_ENCODING_BASE64
			       : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	out = arena_alloc(arena, g_mime_encoding_outlen(&state, s.n) + 1);
	return slice_of(out, g_mime_encoding_step(&state, s.p, s.n, out));
}

static bool
is_utf8(struct slice s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	int32_t i = 0, n = (int32_t)s.n;
	UChar32 c;

	while (i < n) {
		while (i < n && p[i] < 0x80)
			i++;
		if (i == n)
			break;
		U8_NEXT(p, i, n, c);
		/* A character cut off at the end is no fault of the sender. */
		if (c < 0)
			return n - i < 4 && i + 3 >= n && s.n > 4;
	}
	return true;
}

/* NULL: no such character set. */
static const char *
convert(struct slice s, const char *charset, struct arena *arena, size_t *ret_n)
{
	UErrorCode fault = U_ZERO_ERROR;
	UConverter *from = ucnv_open(charset, &fault);
	int32_t size = (int32_t)(s.n * 3 + 16);
	char *out;

	if (U_FAILURE(fault))
		return NULL;
	out = arena_alloc(arena, (size_t)size);
	*ret_n = (size_t)ucnv_toAlgorithmic(UCNV_UTF8, from, out, size, s.p,
	    (int32_t)s.n, &fault);
	ucnv_close(from);
	return U_FAILURE(fault) ? NULL : out;
}

struct slice
decode_charset(struct slice s, const char *charset, struct arena *arena)
{
	const char *out = NULL;
	size_t n = 0;
	bool is_escaped = strncasecmp(charset, "iso-2022", 8) == 0 ||
	    strncasecmp(charset, "utf-7", 5) == 0 ||
	    strncasecmp(charset, "utf-16", 6) == 0;

	if (!is_escaped && is_utf8(s))
		return s;
	if (*charset != '\0' && strcasecmp(charset, "us-ascii") != 0 &&
	    strcasecmp(charset, "utf-8") != 0)
		out = convert(s, charset, arena, &n);
	if (out == NULL)
		out = convert(s, "windows-1252", arena, &n);
	return out != NULL ? slice_of(out, n) : slice_of("", 0);
}

/* "=?charset?B?text?=" at p; returns how long it is, 0 when it is none. */
static size_t
encoded_word(const char *p, struct arena *arena, struct slice *ret)
{
	const char *charset = p + 2, *encoding, *text, *end;
	struct slice raw;
	char name[64];
	size_t n;

	if (strncmp(p, "=?", 2) != 0 ||
	    (encoding = strchr(charset, '?')) == NULL || encoding[1] == '\0' ||
	    encoding[2] != '?')
		return 0;
	text = encoding + 3;
	n = strcspn(charset, "?*");
	if ((end = strstr(text, "?=")) == NULL || n == 0 || n >= sizeof(name) ||
	    end - p > 1024)
		return 0;
	memcpy(name, charset, n);
	name[n] = '\0';
	raw = slice_of(text, (size_t)(end - text));
	if (encoding[1] == 'B' || encoding[1] == 'b') {
		raw = decode_transfer(raw, DECODE_BASE64, arena);
	} else {
		char *copy = arena_memdup(arena, raw.p, raw.n);

		for (char *c = copy; *c != '\0'; c++)
			if (*c == '_')
				*c = ' ';
		raw = decode_transfer(slice_of(copy, raw.n), DECODE_QUOTED,
		    arena);
	}
	*ret = decode_charset(raw, name, arena);
	return (size_t)(end + 2 - p);
}

const char *
decode_words(const char *header, struct arena *arena)
{
	const char *p = header, *blank = NULL; /* after an encoded word */
	struct slice all =
	    decode_charset(slice_of(header, strlen(header)), "", arena);
	char *out;
	size_t n = 0, size;

	if (strstr(header, "=?") == NULL)
		return slice_string(all, all.n, arena);
	size = strlen(header) * 6 + 1;
	out = arena_alloc(arena, size);
	while (*p != '\0' && n + 2 < size) {
		struct slice word;
		size_t used = encoded_word(p, arena, &word);

		if (used > 0) {
			/* RFC 2047 6.2: blanks between two are not there. */
			if (blank != NULL)
				n -= (size_t)(p - blank);
			for (size_t i = 0; i < word.n && n + 2 < size; i++)
				if ((unsigned char)word.p[i] >= ' ')
					out[n++] = word.p[i];
			p += used;
			blank = p;
			continue;
		}
		if (*p != ' ')
			blank = NULL;
		out[n++] = *p++;
	}
	all = decode_charset(slice_of(out, n), "", arena);
	return slice_string(all, all.n, arena);
}
