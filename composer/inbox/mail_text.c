#include "composer/inbox/mail_text.h"

#include <ctype.h>
#include <string.h>
#include <unicode/utf8.h>

#include "base/buf.h"
#include "base/text.h"
#include "composer/inbox/mail_url.h"

/*
 * Characters
 */
int32_t
mail_text_char(int32_t c)
{
	switch (c) {
	case '\n':
		return c;
	case '\t':
	case '\f':
	case 0xa0:   /* no-break space */
	case 0x1680: /* ogham space */
	case 0x2028: /* line separator */
	case 0x2029:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return ' ';
	case 0xad:  /* soft hyphen */
	case 0x34f: /* grapheme joiner, which pads preheaders */
	case 0x61c:
	case 0x180e:
	case 0xfeff:
	case 0xfffc: /* object that was here */
		return 0;
	default:
		break;
	}
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xe000 && c <= 0xf8ff))
		return 0;
	if (c >= 0x2000 && c <= 0x200a)
		return ' ';
	/* Joiners and marks of direction; tags, which spell unseen words. */
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c >= 0xe0000)
		return 0;
	return c;
}

/* Windows-1252 where it differs from Latin 1. */
static const uint16_t windows[32] = { 0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026,
	0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0, 0,
	0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122,
	0x161, 0x203a, 0x153, 0, 0x17e, 0x178 };

static void
add_char(struct buf *b, int32_t c)
{
	char s[U8_MAX_LENGTH];
	size_t n = 0;

	U8_APPEND_UNSAFE(s, n, c);
	(void)buf_add(b, s, n);
}

void
mail_text_clean(struct buf *b, const char *s, size_t n)
{
	bool utf8 = true;

	for (size_t i = 0; i < n && utf8;) {
		UChar32 c;

		U8_NEXT(s, i, n, c);
		utf8 = c >= 0;
	}
	for (size_t i = 0; i < n;) {
		UChar32 c;

		if (utf8)
			U8_NEXT(s, i, n, c);
		else
			c = (unsigned char)s[i++];
		if (!utf8 && c >= 0x80 && c < 0xa0)
			c = windows[c - 0x80];
		if (c == '\r')
			c = i < n && s[i] == '\n' ? 0 : '\n';
		c = mail_text_char(c);
		if (c != 0)
			add_char(b, c);
	}
}

/*
 * Lines
 */
struct line {
	const char *s;
	size_t n;
};

static bool
next_line(const char **p, struct line *l)
{
	if (**p == '\0')
		return false;
	l->s = *p;
	l->n = strcspn(*p, "\n");
	*p += l->n + ((*p)[l->n] == '\n');
	return true;
}

static struct line
trimmed(struct line l)
{
	for (; l.n > 0 && *l.s == ' '; l.s++)
		l.n--;
	while (l.n > 0 && l.s[l.n - 1] == ' ')
		l.n--;
	return l;
}

static size_t
quote_depth(const struct line *l)
{
	size_t n = 0;

	while (n < l->n && l->s[n] == '>')
		n++;
	return n;
}

void
mail_text_unflow(struct buf *b, const char *s, bool delsp)
{
	bool flows = false;
	size_t depth = 0;
	struct line l;

	while (next_line(&s, &l)) {
		size_t quotes = quote_depth(&l);
		bool signature;

		l.s += quotes;
		l.n -= quotes;
		if (l.n > 0 && *l.s == ' ') { /* stuffed, 4.4 */
			l.s++;
			l.n--;
		}
		signature = l.n == 3 && memcmp(l.s, "-- ", 3) == 0;
		if (!flows || quotes != depth || signature) {
			if (b->len > 0)
				(void)buf_addc(b, '\n');
			for (size_t i = 0; i < quotes; i++)
				(void)buf_addc(b, '>');
			if (quotes > 0)
				(void)buf_addc(b, ' ');
		}
		depth = quotes;
		flows = !signature && l.n > 0 && l.s[l.n - 1] == ' ';
		if (flows && delsp)
			l.n--;
		(void)buf_add(b, l.s, l.n);
	}
}

/*
 * Markdown
 */

/* Bytes of the bullet or number with its blanks; 0: the line has none. */
static size_t
mark_length(const struct line *l, bool *ret_bullet)
{
	static const char *const bullets[] = { "-", "*", "+", "\u2022",
		"\u00b7", "\u2023", "\u25cf", "\u25aa", "\u2013" };
	size_t n = 0;

	*ret_bullet = true;
	for (size_t i = 0; i < sizeof(bullets) / sizeof(bullets[0]); i++) {
		size_t k = strlen(bullets[i]);

		if (l->n > k + 1 && memcmp(l->s, bullets[i], k) == 0 &&
		    l->s[k] == ' ') {
			n = k;
			break;
		}
	}
	if (n == 0) {
		*ret_bullet = false;
		while (n < l->n && n < 3 && isdigit((unsigned char)l->s[n]))
			n++;
		if (n == 0 || n + 2 > l->n || strchr(".)", l->s[n]) == NULL ||
		    l->s[n + 1] != ' ')
			return 0;
		n++;
	}
	while (n < l->n && l->s[n] == ' ')
		n++;
	return n;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* The words of a line, its bare links in brackets. */
static void
add_words(struct buf *b, const struct line *l)
{
	for (size_t i = 0; i < l->n; i++) {
		char before = i > 0 ? l->s[i - 1] : ' ';
		size_t n =
		    is_word(before) ? 0 : mail_url_length(l->s + i, l->n - i);
		bool bare = before != '<' &&
		    (before != '(' || i < 2 || l->s[i - 2] != ']');

		if (n == 0) {
			(void)buf_addc(b, l->s[i]);
			continue;
		}
		if (bare)
			(void)buf_addc(b, '<');
		(void)mail_url_add(b, l->s + i, n);
		if (bare)
			(void)buf_addc(b, '>');
		i += n - 1;
	}
}

#define WRAP_MIN 60 /* columns a program breaks lines at, at least ... */
#define WRAP_MAX 80 /* ... and at most */

/* Characters of the longest line that a program may have broken; 0: none was,
 * since there are longer ones. */
static size_t
width_of(const char *s)
{
	size_t width = WRAP_MIN;
	struct line l;

	while (next_line(&s, &l)) {
		size_t n = 0;

		for (size_t i = 0; i < l.n; i++)
			n += ((unsigned char)l.s[i] & 0xc0) != 0x80;
		/* A long link cannot be broken. */
		if (memchr(l.s, ' ', l.n) == NULL ||
		    memmem(l.s, l.n, "://", 3) != NULL)
			continue;
		if (n > WRAP_MAX)
			return 0;
		width = n > width ? n : width;
	}
	return width;
}

/* The first word of the next line would have fitted on this one, so the break
 * between them is no accident. */
static bool
is_meant(const struct line *l, const struct line *next, size_t width)
{
	const char *blank = memchr(next->s, ' ', next->n);
	size_t word = blank != NULL ? (size_t)(blank - next->s) : next->n;

	return width == 0 || l->n + 1 + word <= width;
}

static void
add_line(struct buf *b, struct line l)
{
	bool bullet;
	size_t mark = mark_length(&l, &bullet);

	if (mark > 0 && bullet) {
		(void)buf_adds(b, "- ");
		l.s += mark;
		l.n -= mark;
	}
	add_words(b, &l);
}

void
mail_text_markdown(struct buf *b, const char *s, bool unflowed)
{
	size_t width = unflowed ? 0 : width_of(s);
	struct line l, raw;
	bool item = false; /* in a list */

	for (bool more = next_line(&s, &raw); more;) {
		const char *rest = s;
		struct line next = { "", 0 };
		bool bullet, mark, next_mark;

		l = trimmed(raw);
		more = next_line(&rest, &raw);
		if (more)
			next = trimmed(raw);
		s = rest;
		mark = mark_length(&l, &bullet) > 0;
		next_mark = mark_length(&next, &bullet) > 0;
		/* What is indented belongs to the item above it. */
		item = mark || (item && l.n > 0);
		if (item && !mark)
			(void)buf_adds(b, "  ");
		add_line(b, l);
		if (l.n > 0 && next.n > 0 && !next_mark && l.s[0] != '>' &&
		    is_meant(&l, &next, width))
			(void)buf_addc(b, '\\');
		(void)buf_addc(b, '\n');
		/* A list begins a paragraph. */
		if (next_mark && !item && l.n > 0)
			(void)buf_addc(b, '\n');
	}
}

/* The word begins what Markdown takes for a list, a heading, a quote or a
 * rule. */
static bool
begins_block(const char *s, size_t n)
{
	size_t digits = 0;

	while (digits < n && isdigit((unsigned char)s[digits]))
		digits++;
	return strchr("#>=~", s[0]) != NULL ||
	    (strchr("-+*", s[0]) != NULL &&
		(n == 1 || s[1] == ' ' || s[1] == s[0])) ||
	    (digits > 0 && digits < n && strchr(".)", s[digits]) != NULL &&
		(digits + 1 == n || s[digits + 1] == ' '));
}

void
mail_text_escape(struct buf *b, const char *s, size_t n, bool fresh)
{
	if (n > 0 && fresh && begins_block(s, n)) {
		/* A number is escaped at its point. */
		while (isdigit((unsigned char)*s)) {
			(void)buf_addc(b, *s++);
			n--;
		}
		(void)buf_addc(b, '\\');
		(void)buf_addc(b, *s++);
		n--;
	}
	for (size_t i = 0; i < n; i++) {
		char c = s[i], next = i + 1 < n ? s[i + 1] : ' ';
		bool inside =
		    i > 0 && is_word(s[i - 1]) && i + 1 < n && is_word(next);

		if (strchr("\\`*[]", c) != NULL || (c == '_' && !inside) ||
		    (c == '<' && next != ' ') ||
		    (c == '&' && (isalnum((unsigned char)next) || next == '#')))
			(void)buf_addc(b, '\\');
		(void)buf_addc(b, c);
	}
}
