#include "composer/inbox/mail_quote.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "composer/inbox/mail_html.h"

#define BARE_MAX 200   /* bytes of a line that are looked at */
#define HEAD_MAX 24    /* lines of the head of a quoted mail */
#define ANNOUNCE_MAX 4 /* lines that "On ... wrote:" may take */

/* A line, and what it is. */
struct line {
	const char *s;
	size_t n;
	int depth; /* of marked quotes around it */
	bool mark; /* begins or ends one */
	bool gone;
};

struct cut {
	struct line *lines;
	size_t n;
};

static bool
is_ornament(char c)
{
	return c == '*' || c == '\\' || c == '_' || c == '[' || c == '`' ||
	    c == *MAIL_HTML_QUOTE || c == *MAIL_HTML_QUOTE_END;
}

/* Lower case, without the marks of Markdown and of quotes, blanks made one. */
static const char *
bare(const struct line *l, char ret[BARE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < l->n && n < BARE_MAX - 1; i++) {
		char c = (char)tolower((unsigned char)l->s[i]);

		if (is_ornament(c) || (n == 0 && (c == '>' || c == ' ')) ||
		    (c == ' ' && ret[n - 1] == ' '))
			continue;
		ret[n++] = c;
	}
	while (n > 0 && ret[n - 1] == ' ')
		n--;
	ret[n] = '\0';
	return ret;
}

static bool
begins(const char *s, const char *const *with)
{
	for (; *with != NULL; with++)
		if (strncmp(s, *with, strlen(*with)) == 0)
			return true;
	return false;
}

static bool
holds(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strstr(s, *words) != NULL)
			return true;
	return false;
}

static bool
is_blank(const struct line *l)
{
	char s[BARE_MAX];

	return l->mark || l->n == 0 || bare(l, s)[0] == '\0';
}

static bool
is_quoted(const struct line *l)
{
	return l->depth > 0 || (l->n > 0 && l->s[0] == '>');
}

static void
split(struct arena *a, const char *text, struct cut *ret)
{
	size_t n = 1;
	int depth = 0;

	for (const char *p = text; *p != '\0'; p++)
		n += *p == '\n';
	ret->lines = arena_alloc(a, n * sizeof(*ret->lines));
	ret->n = 0;
	for (const char *p = text; *p != '\0'; p += *p == '\n') {
		struct line *l = &ret->lines[ret->n++];

		l->s = p;
		l->n = strcspn(p, "\n");
		p += l->n;
		l->mark = l->n > 0 &&
		    (*l->s == *MAIL_HTML_QUOTE ||
			*l->s == *MAIL_HTML_QUOTE_END);
		if (l->mark && *l->s == *MAIL_HTML_QUOTE)
			depth++;
		l->depth = depth;
		if (l->mark && *l->s == *MAIL_HTML_QUOTE_END && depth > 0)
			depth--;
	}
}

/*
 * A mail that was passed on
 */

/* "---------- Forwarded message ---------" */
static bool
is_forward_line(const char *s)
{
	static const char *const words[] = { "forwarded message",
		"doorgestuurd bericht", "doorgestuurde bericht",
		"doorgezonden bericht", "weitergeleitete nachricht",
		"message transf", NULL };

	return (s[0] == '-' || strncmp(s, "begin", 5) == 0) && holds(s, words);
}

static bool
is_original_line(const char *s)
{
	static const char *const words[] = { "original message",
		"oorspronkelijk bericht", "origineel bericht",
		"oorspronkelijk e-mailbericht", "nsprüngliche nachricht",
		NULL };

	return s[0] == '-' && s[1] == '-' && holds(s, words);
}

/* "From:" in one of its languages: 1 from, 2 date, 3 to, 4 subject, 5 other. */
static int
head_field(const char *s)
{
	static const struct {
		const char *name;
		int field;
	} names[] = { { "from:", 1 }, { "van:", 1 }, { "von:", 1 },
		{ "de:", 1 }, { "sent:", 2 }, { "verzonden:", 2 },
		{ "date:", 2 }, { "datum:", 2 }, { "gesendet:", 2 },
		{ "to:", 3 }, { "aan:", 3 }, { "an:", 3 }, { "subject:", 4 },
		{ "onderwerp:", 4 }, { "betreff:", 4 }, { "cc:", 5 },
		{ "bcc:", 5 }, { "reply-to:", 5 }, { "antwoord aan:", 5 },
		{ "beantwoorden:", 5 }, { "importance:", 5 },
		{ "urgentie:", 5 }, { "attachments:", 5 }, { "bijlagen:", 5 } };

	for (size_t i = 0;
	     strchr(s, ':') != NULL && i < sizeof(names) / sizeof(names[0]);
	     i++)
		if (strncmp(s, names[i].name, strlen(names[i].name)) == 0)
			return names[i].field;
	return 0;
}

/* Lines of the head that begins here; 0: none does.  It has a From first or
 * second, and two more of the usual fields. */
static size_t
head_length(const struct cut *c, size_t at)
{
	char s[BARE_MAX];
	unsigned int seen = 0, count = 0;
	size_t i;

	if (head_field(bare(&c->lines[at], s)) == 0)
		return 0;
	for (i = at; i < c->n && i - at < HEAD_MAX; i++) {
		int field = head_field(bare(&c->lines[i], s));

		/* What is no field continues the one above it. */
		if (is_blank(&c->lines[i]) ||
		    (field > 0 && field < 5 && (seen & 1u << field) != 0))
			break;
		if (field > 0 && field < 5) {
			seen |= 1u << field;
			count++;
		}
	}
	return (seen & 2u) != 0 && count >= 3 ? i - at : 0;
}

/* Over what is blank, and marks. */
static size_t
skip_blank(const struct cut *c, size_t i)
{
	while (i < c->n && is_blank(&c->lines[i]))
		i++;
	return i;
}

/* Where the passed on text begins and the lines above it; false: nothing was
 * passed on. */
static bool
find_forward(const struct cut *c, bool forwarded, size_t *ret_from,
    size_t *ret_to)
{
	char s[BARE_MAX];

	for (size_t i = 0; i < c->n; i++) {
		bool says = is_forward_line(bare(&c->lines[i], s)) ||
		    (forwarded && is_original_line(s));
		size_t head = says ? skip_blank(c, i + 1) : i;
		size_t n = head < c->n && (says || forwarded)
		    ? head_length(c, head)
		    : 0;

		if (!says && n == 0)
			continue;
		*ret_from = i;
		*ret_to = head + n;
		return true;
	}
	return false;
}

/* One level of quoting less: the head of what was passed on stood in it. */
static void
unquote(struct cut *c, bool quoted, int depth)
{
	for (size_t i = 0; i < c->n; i++) {
		struct line *l = &c->lines[i];

		l->depth = l->depth > depth ? l->depth - depth : 0;
		if (l->mark && l->depth == 0)
			l->gone = true;
		if (!quoted || l->n == 0 || *l->s != '>')
			continue;
		l->s++;
		l->n--;
		if (l->n > 0 && *l->s == ' ') {
			l->s++;
			l->n--;
		}
	}
}

/*
 * An answer
 */

/* The last line of "On 24 November 2026 Jan wrote:" is at i; where it begins,
 * or i + 1 when it is something else. */
static size_t
announcement(const struct cut *c, size_t i)
{
	static const char *const verbs[] = { "schreef", "geschreven", "wrote",
		"schrieb", "crit", NULL };
	static const char *const starts[] = { "op ", "on ", "am ", "le ",
		"van:", "from:", NULL };
	char s[BARE_MAX];
	size_t n = strlen(bare(&c->lines[i], s)), first = i + 1;

	if (n == 0 || s[n - 1] != ':')
		return i + 1;
	for (size_t k = i + 1; k-- > 0 && i - k < ANNOUNCE_MAX;) {
		if (is_blank(&c->lines[k]))
			break;
		if (first > i && holds(bare(&c->lines[k], s), verbs))
			first = k;
		if (first <= i && begins(bare(&c->lines[k], s), starts))
			return k;
	}
	return first;
}

static void
drop(struct cut *c, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		c->lines[i].gone = true;
}

/* Quoted lines behind an announcement, marked quotes anywhere. */
static void
drop_quotes(struct cut *c)
{
	bool announced = false;
	size_t last = SIZE_MAX; /* line with words */

	for (size_t i = 0; i < c->n; i++) {
		struct line *l = &c->lines[i];

		if (is_quoted(l)) {
			size_t from =
			    last != SIZE_MAX ? announcement(c, last) : 0;

			if (last != SIZE_MAX && from <= last) {
				drop(c, from, last + 1);
				announced = true;
			}
			if (announced || l->depth > 0)
				l->gone = true;
			last = SIZE_MAX;
		} else if (!is_blank(l)) {
			last = i;
		}
	}
}

/* The head of a quoted mail ends what the sender wrote. */
static void
drop_original(struct cut *c)
{
	char s[BARE_MAX];

	for (size_t i = 0; i < c->n; i++)
		if (!c->lines[i].gone &&
		    (is_original_line(bare(&c->lines[i], s)) ||
			head_length(c, i) > 0)) {
			drop(c, i, c->n);
			return;
		}
}

/*
 * What stands below
 */
static void
drop_signature(struct cut *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct line *l = &c->lines[i];
		size_t n = l->n;
		const char *s = l->s;

		if (n > 0 && *s == '\\') {
			s++;
			n--;
		}
		while (n > 2 && (s[n - 1] == ' ' || s[n - 1] == '\\'))
			n--;
		if (!l->gone && n == 2 && memcmp(s, "--", 2) == 0) {
			drop(c, i, c->n);
			return;
		}
	}
}

static void
drop_advertisement(struct cut *c)
{
	static const char *const lines[] = { "verstuurd vanaf mijn",
		"verzonden vanaf mijn", "verzonden met mijn",
		"verstuurd met proton", "verstuurd vanuit", "verzonden vanuit",
		"sent from my", "sent from outlook", "sent from mail for",
		"sent with proton", "get outlook for", "outlook voor ",
		"download outlook voor", "outlook downloaden",
		"gesendet von mein", NULL };
	char s[BARE_MAX];

	for (size_t i = c->n; i-- > 0;) {
		struct line *l = &c->lines[i];

		if (l->gone || is_blank(l))
			continue;
		if (!begins(bare(l, s), lines))
			return;
		l->gone = true;
	}
}

/* What is left, with at most one blank line together and none around. */
static void
write(struct buf *b, const struct cut *c)
{
	bool gap = b->len > 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct line *l = &c->lines[i];
		size_t n = l->n;

		while (n > 0 && l->s[n - 1] == ' ')
			n--;
		if (l->gone || l->mark || n == 0) {
			gap = b->len > 0;
			continue;
		}
		if (b->len > 0)
			(void)buf_adds(b, gap ? "\n\n" : "\n");
		gap = false;
		(void)buf_add(b, l->s, n);
	}
}

static void
cut_part(struct cut *c, struct buf *b)
{
	size_t was = b->len;

	drop_quotes(c);
	drop_original(c);
	drop_signature(c);
	drop_advertisement(c);
	write(b, c);
	/* A break needs a line to follow. */
	if (b->len > was && b->data[b->len - 1] == '\\' &&
	    (b->len < 2 || b->data[b->len - 2] != '\\'))
		b->data[--b->len] = '\0';
}

const char *
mail_quote_cut(struct arena *a, const char *text, bool forwarded)
{
	struct cut all, top, rest = { NULL, 0 };
	size_t from, to;
	const char *ret;
	struct buf b;

	split(a, text, &all);
	top = all;
	if (find_forward(&all, forwarded, &from, &to)) {
		const struct line *head = &all.lines[to > from ? to - 1 : from];

		top.n = from;
		rest = (struct cut){ all.lines + to, all.n - to };
		unquote(&rest, head->n > 0 && *head->s == '>', head->depth);
	}
	buf_init(&b, strlen(text) + 2);
	cut_part(&top, &b);
	cut_part(&rest, &b);
	ret = arena_memdup(a, b.data, b.len);
	buf_done(&b);
	return ret;
}
