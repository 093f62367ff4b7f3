#include "base/bounce/phrases.h"

#include <ctype.h>
#include <string.h>

#define BUCKETS 1024

static const struct phrase {
	enum phrases kind;
	const char *words;
	size_t n;
} phrases[] = {
#define P(kind, words) { PHRASES_##kind, words, sizeof(words) - 1 },
#include "base/bounce/phrases.def"
#undef P
};

#define PHRASES (sizeof(phrases) / sizeof(phrases[0]))

/* Phrases by their first two bytes: numbers from 1, 0 ends a chain. */
static unsigned short first[BUCKETS], following[PHRASES + 1];

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
bucket(const char *p)
{
	unsigned int a = (unsigned char)p[0], b = (unsigned char)p[1];

	return ((a >= 'A' && a <= 'Z' ? a | 32 : a) * 31 +
		   (is_blank((unsigned char)b)	  ? ' '
			   : b >= 'A' && b <= 'Z' ? b | 32
						  : b)) %
	    BUCKETS;
}

void
phrases_init(void)
{
	memset(first, 0, sizeof(first));
	for (size_t i = PHRASES; i > 0; i--) {
		size_t b = bucket(phrases[i - 1].words);

		following[i] = first[b];
		first[b] = (unsigned short)i;
	}
}

/* How much of text the words take, from its start; 0 when it is not them. */
static size_t
match(const struct phrase *phrase, struct slice text)
{
	size_t at = 0;

	for (const char *w = phrase->words; *w != '\0'; w++) {
		unsigned char c;

		if (at == text.n)
			return 0;
		c = (unsigned char)text.p[at];
		if (*w == ' ') {
			if (!is_blank(c))
				return 0;
			while (
			    at < text.n && is_blank((unsigned char)text.p[at]))
				at++;
			continue;
		}
		if (c >= 'A' && c <= 'Z')
			c |= 32;
		if (c != (unsigned char)*w)
			return 0;
		at++;
	}
	return at;
}

unsigned int
phrases_in(unsigned int kinds, struct slice text)
{
	unsigned int found = 0;
	bool in_word = false;

	for (size_t i = 0; i + 1 < text.n && found != kinds; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool starts = !in_word || c >= 0xc0;

		in_word = isalnum(c);
		if (!starts || is_blank(c))
			continue;
		for (size_t p = first[bucket(text.p + i)]; p != 0;
		     p = following[p])
			if ((phrases[p - 1].kind & kinds & ~found) != 0 &&
			    match(&phrases[p - 1], slice_from(text, i)) > 0)
				found |= phrases[p - 1].kind;
	}
	return found;
}

static bool
starts(enum phrases kind, struct slice text, bool whole)
{
	if (text.n < 2)
		return false;
	for (size_t p = first[bucket(text.p)]; p != 0; p = following[p]) {
		size_t n = phrases[p - 1].kind == kind
		    ? match(&phrases[p - 1], text)
		    : 0;

		if (n > 0 && (!whole || n == text.n))
			return true;
	}
	return false;
}

bool
phrases_start(enum phrases kind, struct slice text)
{
	return starts(kind, text, false);
}

bool
phrases_is(enum phrases kind, struct slice text)
{
	return starts(kind, text, true);
}

bool
phrases_end(enum phrases kind, struct slice text)
{
	for (size_t i = 0; i < PHRASES; i++) {
		size_t n = phrases[i].n;

		if (phrases[i].kind == kind && n <= text.n &&
		    (n == text.n ||
			!isalnum((unsigned char)text.p[text.n - n - 1])) &&
		    match(&phrases[i], slice_from(text, text.n - n)) == n)
			return true;
	}
	return false;
}
