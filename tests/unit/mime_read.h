/*
 * mime_read - readers of what the composer writes, sharing no code with it
 *
 * Strict where the composer promises more than a standard asks.  Each returns
 * the length of what it put in ret (of at least the size of its input, plus
 * one), or SIZE_MAX for a broken promise.
 */
#ifndef TESTS_MIME_READ_H
#define TESTS_MIME_READ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/splice.h"

/* The byte of two upper-case hexadecimal digits, or -1. */
static inline int
mime_read_hex(const char *s)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *high = s[0] != '\0' ? strchr(digits, s[0]) : NULL;
	const char *low =
	    high != NULL && s[1] != '\0' ? strchr(digits, s[1]) : NULL;

	return low == NULL ? -1 : (int)((high - digits) * 16 + (low - digits));
}

/* Quoted-printable, values in place: lines of at most 76, CRLF only, no space
 * before a line end, no line that starts with a dot or "From ". */
static inline size_t
mime_read_qp(const char *in, size_t n, char *ret)
{
	size_t len = 0, column = 0;

	for (size_t i = 0; i < n;) {
		const char *p = in + i;
		size_t left = n - i;

		if (left >= 2 && p[0] == '\r' && p[1] == '\n') {
			if (column > 76 ||
			    (len > 0 && column > 0 &&
				(in[i - 1] == ' ' || in[i - 1] == '\t')))
				return SIZE_MAX;
			memcpy(ret + len, p, 2);
			len += 2;
			i += 2;
			column = 0;
		} else if (left >= 3 && memcmp(p, "=\r\n", 3) == 0) {
			if (column + 1 > 76 || column == 0)
				return SIZE_MAX;
			i += 3;
			column = 0;
		} else if (left >= 3 && p[0] == '=' &&
		    mime_read_hex(p + 1) != -1) {
			ret[len++] = (char)mime_read_hex(p + 1);
			i += 3;
			column += 3;
		} else {
			if ((p[0] != '\t' && p[0] < ' ') || p[0] > '~' ||
			    p[0] == '=' || (column == 0 && p[0] == '.') ||
			    (column == 0 && left >= 5 &&
				memcmp(p, "From ", 5) == 0))
				return SIZE_MAX;
			ret[len++] = p[0];
			i++;
			column++;
		}
	}
	if (column > 76 ||
	    (n > 0 && column > 0 && (in[n - 1] == ' ' || in[n - 1] == '\t')))
		return SIZE_MAX;
	ret[len] = '\0';
	return len;
}

/* The body of the next field of a header, unfolded, without the space behind
 * the colon; name_max bytes of room for the name.  Moves *p behind it; SIZE_MAX
 * at the empty line and for a line that is no field. */
static inline size_t
mime_read_field(const char **p, char *name, size_t name_max, char *ret)
{
	const char *s = *p;
	size_t n = strspn(s,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "abcdefghijklmnopqrstuvwxyz-"),
	       len = 0;

	if (n == 0 || n >= name_max || s[n] != ':')
		return SIZE_MAX;
	memcpy(name, s, n);
	name[n] = '\0';
	for (s += n + 1;;) {
		size_t line = strcspn(s, "\r\n");

		if (s[line] != '\r' || s[line + 1] != '\n' ||
		    strspn(s, " \t") == line)
			return SIZE_MAX;
		memcpy(ret + len, s, line);
		len += line;
		s += line + 2;
		if (*s != ' ' && *s != '\t')
			break;
	}
	if (ret[0] != ' ')
		return SIZE_MAX;
	memmove(ret, ret + 1, --len);
	ret[len] = '\0';
	*p = s;
	return len;
}

/* Text with encoded-words (RFC 2047, Q): none over 75 characters, each whole
 * UTF-8 by itself. */
static inline size_t
mime_read_text(const char *in, char *ret)
{
	static const char start[] = "=?utf-8?Q?";
	size_t len = 0;

	while (*in != '\0') {
		if (strncmp(in, start, strlen(start)) != 0) {
			ret[len++] = *in++;
			continue;
		}
		const char *end = strstr(in + strlen(start), "?=");
		if (end == NULL || end + 2 - in > 75 ||
		    (end[2] != '\0' && end[2] != ' '))
			return SIZE_MAX;
		size_t first = len;
		for (in += strlen(start); in < end; in++) {
			if (*in != '=') {
				ret[len++] = *in;
				if (*in == '_')
					ret[len - 1] = ' ';
				continue;
			}
			if (mime_read_hex(in + 1) == -1)
				return SIZE_MAX;
			ret[len++] = (char)mime_read_hex(in + 1);
			in += 2;
		}
		/* Starts with no trail byte, ends with no lead byte. */
		if (first == len || (ret[first] & 0xc0) == 0x80)
			return SIZE_MAX;
		in = end + 2;
		if (*in == ' ' && strncmp(in + 1, start, strlen(start)) == 0)
			in++;
	}
	ret[len] = '\0';
	return len;
}

static const char *const mime_values[SLOT_KINDS] = {
	[SLOT_TO] = "a.reader@example.example",
	[SLOT_DATE] = "Thu, 10 Dec 2026 10:00:00 +0100",
	[SLOT_MESSAGE_ID] = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop",
	[SLOT_UNSUBSCRIBE] = "-UNSUBSCRIBE-0123456789abcdefghijklmnopq",
	[SLOT_LANGUAGE] = "_LANGUAGE-0123456789abcdefghijklmnopqrst",
	[SLOT_WEB_VERSION] = "WEB-VERSION-0123456789abcdefghijklmnopqr",
	[SLOT_PREFERENCES] = "PREFERENCES-0123456789abcdefghijklmnopqr",
	[SLOT_UNDO] = "UNDO-0123456789abcdefghijklmnopqrstuvwxy",
	[SLOT_CONFIRM] = "CONFIRM-0123456789abcdefghijklmnopqrstuv",
	[SLOT_MAIL_UNSUBSCRIBE] =
	    "ponmlkjihgfedcbazyxwvutsrq765432ponmlkjihgfedcba",
	[SLOT_DETAILS] = "DETAILS-0123456789abcdefghijklmnopqrstuv",
	[SLOT_ADDRESS] = "ADDRESS-0123456789abcdefghijklmnopqrstuv",
};

/* The message with mime_values in its slots, byte by byte. */
static inline size_t
mime_put_values(const struct message *m, char *ret)
{
	size_t len = 0, slot = 0;

	for (size_t i = 0; i <= m->bytes.len; i++) {
		for (; slot < m->nslots && m->slots[slot].offset == i; slot++) {
			const char *v = mime_values[m->slots[slot].kind];

			memcpy(ret + len, v, strlen(v));
			len += strlen(v);
		}
		if (i < m->bytes.len)
			ret[len++] = m->bytes.data[i];
	}
	ret[len] = '\0';
	return len;
}

/* What a text means: CRLF for any line end, values for placeholders. */
static inline size_t
mime_meaning(const char *text, char *ret)
{
	size_t len = 0;

	while (*text != '\0') {
		unsigned char c = (unsigned char)text[0];
		size_t n = 1;

		if (c == '\r' || c == '\n') {
			memcpy(ret + len, "\r\n", 2);
			len += 2;
			n = c == '\r' && text[1] == '\n' ? 2 : 1;
		} else if (c == 0xee && (unsigned char)text[1] == 0x80 &&
		    (unsigned char)text[2] >= 0x80 &&
		    (unsigned char)text[2] < 0x80 + SLOT_KINDS) {
			const char *v =
			    mime_values[(unsigned char)text[2] - 0x80];

			memcpy(ret + len, v, strlen(v));
			len += strlen(v);
			n = 3;
		} else {
			ret[len++] = text[0];
		}
		text += n;
	}
	ret[len] = '\0';
	return len;
}

/* A small reproducible generator (xorshift64). */
static inline uint64_t
mime_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
