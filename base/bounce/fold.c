#include "base/bounce/fold.h"

#include <stdbool.h>
#include <string.h>
#include <unicode/utf8.h>

#define LOCAL_PART_MAX 320

struct folding {
	char *out;
	size_t n, max;
};

/* U+00C0 to U+017F without accents. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiii"
			    "dnooooo ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggg"
			    "gggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooo"
			    "oooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* What a byte is, of the least that has to be known of it. */
enum {
	BLANK = 1, /* layout, brackets, quotes, marks between words */
	LOCAL = 2, /* atext and dot (RFC 5322, 3.2.3), or RFC 6531 */
	DIGIT = 4,
	ALNUM = 8,
};

static const unsigned char kinds[256] = {
	[0 ... ' '] = BLANK,
	['!'] = LOCAL,
	['"'] = BLANK,
	['#'] = BLANK | LOCAL,
	['$'] = BLANK | LOCAL,
	['%' ... '\''] = LOCAL,
	['('] = BLANK,
	[')'] = BLANK,
	['*'] = BLANK | LOCAL,
	['+'] = LOCAL,
	[','] = BLANK,
	['-' ... '/'] = LOCAL,
	['0' ... '9'] = LOCAL | ALNUM | DIGIT,
	[':' ... '<'] = BLANK,
	['='] = BLANK | LOCAL,
	['>'] = BLANK,
	['?'] = LOCAL,
	['A' ... 'Z'] = LOCAL | ALNUM,
	['['] = BLANK,
	['\\'] = BLANK,
	[']'] = BLANK,
	['^'] = BLANK | LOCAL,
	['_'] = BLANK | LOCAL,
	['`'] = LOCAL,
	['a' ... 'z'] = LOCAL | ALNUM,
	['{' ... '~'] = BLANK | LOCAL,
	[0x7f] = BLANK,
	[0x80 ... 0xff] = LOCAL,
};

static bool
is(char c, unsigned char kind)
{
	return (kinds[(unsigned char)c] & kind) != 0;
}

static bool
after_blank(const struct folding *f)
{
	return f->n == 0 || f->out[f->n - 1] == ' ';
}

static void
put(struct folding *f, char c)
{
	if (f->n < f->max && !(c == ' ' && after_blank(f)))
		f->out[f->n++] = c;
}

/* "5.1.1" in s: how long it is, or 0. */
static size_t
status_length(const char *s, size_t n)
{
	size_t i = 1;

	if (n < 5 || (s[0] != '2' && s[0] != '4' && s[0] != '5'))
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (i == n || s[i++] != '.')
			return 0;
		for (; i < n && is(s[i], DIGIT) && digits < 3; digits++)
			i++;
		if (digits == 0)
			return 0;
	}
	/* Not of an IP address or a version. */
	if (i < n &&
	    (is(s[i], ALNUM) ||
		(s[i] == '.' && i + 1 < n && is(s[i + 1], DIGIT))))
		return 0;
	return i;
}

/* A reply code and what may follow it, where a word begins: in a reply of
 * several lines they stand in the middle of a sentence. */
static size_t
code_length(const char *s, size_t n)
{
	size_t i = 0;

	if (n >= 3 && (s[0] == '2' || s[0] == '4' || s[0] == '5') &&
	    is(s[1], DIGIT) && is(s[2], DIGIT) &&
	    (n == 3 || s[3] == '-' || s[3] == ' '))
		i = n == 3 ? 3 : 4;
	return i + status_length(s + i, n - i);
}

/* An address where a word begins. */
static size_t
address_length(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && i < LOCAL_PART_MAX && is(s[i], LOCAL))
		i++;
	if (i == 0 || i + 1 >= n || s[i] != '@' || !is(s[i + 1], ALNUM))
		return 0;
	for (i++; i < n && (is(s[i], ALNUM) || s[i] == '.' || s[i] == '-');)
		i++;
	while (s[i - 1] == '.' || s[i - 1] == '-')
		i--;
	return i;
}

/* Quotes are left out, blanks and dashes made plain, capitals made small;
 * 0 for what is left out. */
static UChar32
simplify(UChar32 c)
{
	if (c >= 0xc0 && c < 0x180)
		return (unsigned char)latin[c - 0xc0];
	if (c == 0xad || c == 0xb4 || (c >= 0x300 && c < 0x370) || c == 0x2bc ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2018 && c <= 0x201b) ||
	    c == 0x2032 || c == 0xfeff)
		return 0;
	if (c < 0xc0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
	    (c >= 0x201c && c <= 0x201f) || c == 0x2026 || c == 0x2039 ||
	    c == 0x203a || c == 0x3000)
		return ' ';
	if (c >= 0x2010 && c <= 0x2015)
		return '-';
	if (c >= 0xff01 && c <= 0xff5e)
		return c - 0xff01 + '!';
	if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	return c;
}

static void
put_ascii(struct folding *f, char c)
{
	if (is(c, BLANK))
		put(f, ' ');
	else if (c >= 'A' && c <= 'Z')
		put(f, (char)(c - 'A' + 'a'));
	else if (c != '\'' && c != '`')
		put(f, c);
}

static void
put_wide(struct folding *f, UChar32 c)
{
	char bytes[U8_MAX_LENGTH];
	size_t n = 0;

	/* Windows-1252, where only the apostrophe matters. */
	if (c == 0x91 || c == 0x92)
		return;
	c = simplify(c);
	if (c == 0)
		return;
	if (c < 0x80) {
		put_ascii(f, (char)c);
		return;
	}
	U8_APPEND_UNSAFE(bytes, n, c);
	if (f->n + n <= f->max) {
		memcpy(f->out + f->n, bytes, n);
		f->n += n;
	}
}

static size_t
fold_one_wide(struct folding *f, const char *s, size_t n)
{
	size_t i = 0;
	UChar32 c;

	U8_NEXT(s, i, n, c);
	if (c < 0) {
		i = 1;
		c = (unsigned char)s[0];
	}
	put_wide(f, c);
	return i;
}

/* "e-mail" is "email" to everybody. */
static bool
is_hyphen_of_email(const struct folding *f, const char *s, size_t n)
{
	return n > 1 && s[0] == '-' && (s[1] == 'm' || s[1] == 'M') &&
	    f->n > 0 && f->out[f->n - 1] == 'e' &&
	    (f->n == 1 || f->out[f->n - 2] == ' ');
}

/* At the beginning of a word: what stands for itself.  Returns its length. */
static size_t
fold_token(struct folding *f, const char *s, size_t n, bool *ret_in_word)
{
	size_t used = address_length(s, n);

	*ret_in_word = used > 0;
	if (used > 0)
		put(f, '@');
	else
		/* Behind it the next word begins. */
		used = code_length(s, n);
	return used;
}

size_t
fold(char *out, size_t max, const char *text, size_t n)
{
	struct folding f = { .out = out, .max = max };
	bool in_word = false;

	for (size_t i = 0; i < n && f.n < max;) {
		const char *s = text + i;
		size_t left = n - i, used = 0;

		if (!in_word && is(*s, LOCAL))
			used = fold_token(&f, s, left, &in_word);
		if (used == 0)
			in_word = is(*s, LOCAL) && *s != '#'; /* "#5.1.1" */
		if (used > 0)
			;
		else if ((*s & 0x80) != 0)
			used = fold_one_wide(&f, s, left);
		else if (*s == '.' && left > 1 && s[1] == '.') {
			while (used < left && s[used] == '.')
				used++;
			put(&f, ' ');
		} else {
			used = 1;
			if (!is_hyphen_of_email(&f, s, left))
				put_ascii(&f, *s);
		}
		i += used;
	}
	return f.n;
}
