#include "composer/message/header.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unicode/utf8.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slot.h"
#include "base/splice.h"
#include "composer/message/vet.h"

#define LINE_MAX_WORDS 78   /* RFC 5322 2.1.1 */
#define LINE_MAX_ENCODED 76 /* RFC 2047 2 */
#define WORDS_MAX 4096

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ATOMS ALNUM "!#$%&'*+-/=?^_`{|}~ " /* atext and space */
#define Q_PLAIN ALNUM "!*+-/" /* RFC 2047 5 (3): fit for a phrase as well */

struct field {
	struct message *out;
	size_t line_max;
	size_t column;
	bool first; /* nothing but the name so far */
};

static struct field
field_start(struct message *out, const char *name)
{
	(void)buf_addf(&out->bytes, "%s:", name);
	return (struct field){ out, LINE_MAX_WORDS, strlen(name) + 1, true };
}

static void
field_end(struct field *f)
{
	(void)buf_adds(&f->out->bytes, "\r\n");
}

static size_t
width_of(const char *s, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		int slot = slot_at(s + i);

		width += slot != -1 ? slot_width(slot) : 1;
		i += slot != -1 ? strlen(slot_placeholder(slot)) : 1;
	}
	return width;
}

/* A word with the space before it.  Never folded right after the name: some
 * readers (Python's email) take that space for a part of the value. */
static void
field_word(struct field *f, const char *s, size_t n)
{
	size_t width = width_of(s, n);

	if (f->column + width > f->line_max && !f->first) {
		(void)buf_adds(&f->out->bytes, "\r\n");
		f->column = 0;
	}
	for (size_t i = 0; i < n;) {
		int slot = slot_at(s + i);

		if (slot != -1)
			(void)message_add_slot(f->out, slot);
		else
			(void)buf_addc(&f->out->bytes, s[i]);
		i += slot != -1 ? strlen(slot_placeholder(slot)) : 1;
	}
	f->column += width;
	f->first = false;
}

/* s starts with a space.  Of a run of spaces all go with the word behind, so
 * that no line holds nothing but spaces. */
static void
field_words(struct field *f, const char *s)
{
	while (*s != '\0') {
		size_t n = strspn(s, " ");

		n += strcspn(s + n, " ");
		field_word(f, s, n);
		s += n;
	}
}

/* The Q encoding of the character that s starts with; moves s behind it. */
static size_t
q_character(const char **s, char ret[3 * U8_MAX_LENGTH + 1])
{
	size_t n = 0;

	do {
		char c = *(*s)++;

		if (c == ' ')
			ret[n++] = '_';
		else if (strchr(Q_PLAIN, c) != NULL)
			ret[n++] = c;
		else
			n += (size_t)snprintf(ret + n, 4, "=%02X",
			    (unsigned int)(unsigned char)c);
	} while (U8_IS_TRAIL(**s));
	return n;
}

static void
field_encoded(struct field *f, const char *s)
{
	static const char start[] = " =?utf-8?Q?", end[] = "?=";
	struct buf *out = &f->out->bytes;

	f->line_max = LINE_MAX_ENCODED;
	(void)buf_adds(out, start);
	f->column += strlen(start);
	while (*s != '\0') {
		char q[3 * U8_MAX_LENGTH + 1];
		size_t n = q_character(&s, q);

		if (f->column + n + strlen(end) > f->line_max) {
			(void)buf_addf(out, "%s\r\n%s", end, start);
			f->column = strlen(start);
		}
		(void)buf_add(out, q, n);
		f->column += n;
	}
	(void)buf_adds(out, end);
	f->column += strlen(end);
	f->first = false;
}

/* Besides text that is not ASCII: what would be read as an encoded-word, lose
 * its outer spaces or make a line too long. */
static bool
must_encode(const char *s)
{
	if (s[0] == ' ' || s[strlen(s) - 1] == ' ' || strstr(s, "=?") != NULL)
		return true;
	for (size_t i = 0, word = 0; s[i] != '\0'; i++) {
		word = s[i] == ' ' ? 0 : word + 1;
		if ((s[i] & 0x80) != 0 || word > LINE_MAX_WORDS / 2)
			return true;
	}
	return strstr(s, "     ") != NULL;
}

int
header_text(struct message *out, const char *name, const char *text,
    struct err *e)
{
	if (vet_line(name, text, e) == -1)
		return -1;
	struct field f = field_start(out, name);
	if (must_encode(text)) {
		field_encoded(&f, text);
	} else {
		char line[VET_LINE_MAX + 2];

		(void)snprintf(line, sizeof(line), " %s", text);
		field_words(&f, line);
	}
	field_end(&f);
	return 0;
}

static void
field_quoted(struct field *f, const char *s)
{
	char quoted[2 * VET_LINE_MAX + 4] = " \"";
	size_t n = 2;

	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			quoted[n++] = '\\';
		quoted[n++] = *s;
	}
	quoted[n++] = '"';
	quoted[n] = '\0';
	field_words(f, quoted);
}

static void
field_phrase(struct field *f, const char *s)
{
	char line[VET_LINE_MAX + 2];

	if (must_encode(s)) {
		field_encoded(f, s);
	} else if (s[strspn(s, ATOMS)] != '\0' || strstr(s, "  ") != NULL) {
		field_quoted(f, s);
	} else {
		(void)snprintf(line, sizeof(line), " %s", s);
		field_words(f, line);
	}
}

int
header_phrase(struct message *out, const char *name, const char *phrase,
    const char *inner, struct err *e)
{
	char angle[VET_LINE_MAX + 4];
	bool has_phrase = phrase != NULL && phrase[0] != '\0';

	if ((has_phrase && vet_line(name, phrase, e) == -1) ||
	    vet_line(name, inner, e) == -1)
		return -1;
	struct field f = field_start(out, name);
	if (has_phrase)
		field_phrase(&f, phrase);
	(void)snprintf(angle, sizeof(angle), " <%s>", inner);
	field_words(&f, angle);
	field_end(&f);
	return 0;
}

/* Visible ASCII, single spaces between, slots. */
static bool
is_words(const char *s)
{
	bool space = true;

	for (size_t i = 0; s[i] != '\0';) {
		bool slot = slot_at(s + i) != -1;

		if (!slot && (s[i] < ' ' || s[i] > '~'))
			return false;
		if (s[i] == ' ' && space)
			return false;
		space = s[i] == ' ';
		i += slot ? strlen(slot_placeholder(SLOT_TO)) : 1;
	}
	return !space;
}

int
header_words(struct message *out, struct err *e, const char *name,
    const char *fmt, ...)
{
	char line[WORDS_MAX] = " ";
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line + 1, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) - 1 || !is_words(line + 1))
		return err_set(e, ERR_INPUT, "The value of %s is not valid",
		    name);
	struct field f = field_start(out, name);
	field_words(&f, line);
	field_end(&f);
	return 0;
}

int
header_letter(struct message *out, const struct header_letter *h, struct err *e)
{
	if (header_words(out, e, "Date", "%s", slot_placeholder(SLOT_DATE)) ==
		-1 ||
	    header_phrase(out, "From", h->from_name, h->from_address, e) ==
		-1 ||
	    header_words(out, e, "To", "%s", slot_placeholder(SLOT_TO)) == -1)
		return -1;
	if (h->reply_to != NULL &&
	    header_words(out, e, "Reply-To", "%s", h->reply_to) == -1)
		return -1;
	if (header_text(out, "Subject", h->subject, e) == -1)
		return -1;
	return header_words(out, e, "Message-ID", "<%s@%s>",
	    slot_placeholder(SLOT_MESSAGE_ID), h->list_id);
}
