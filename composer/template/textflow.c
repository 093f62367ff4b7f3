#include "composer/template/textflow.h"

#include <stdio.h>
#include <string.h>
#include <unicode/utf8.h>

#include "base/buf.h"
#include "composer/template/plaintext.h"

/* A line never gets narrower than this, whatever the prefixes. */
#define ROOM_MIN 20

void
textflow_init(struct textflow *t, struct buf *out)
{
	*t = (struct textflow){ .out = out, .joined = true };
}

size_t
textflow_push(struct textflow *t, const char *prefix)
{
	size_t mark = strlen(t->prefix);

	if (mark + strlen(prefix) <= TEXTFLOW_PREFIX_MAX)
		(void)snprintf(t->prefix + mark, sizeof(t->prefix) - mark, "%s",
		    prefix);
	return mark;
}

void
textflow_pop(struct textflow *t, size_t mark)
{
	t->prefix[mark] = '\0';
}

static size_t
width(const char *s, size_t len)
{
	size_t columns = 0;

	for (size_t i = 0; i < len;) {
		UChar32 c;

		U8_NEXT(s, i, len, c);
		columns +=
		    c >= 0xe000 && c <= 0xf8ff ? PLAINTEXT_SLOT_COLUMNS : 1;
	}
	return columns;
}

size_t
textflow_width(const char *text)
{
	return width(text, strlen(text));
}

size_t
textflow_room(const struct textflow *t)
{
	size_t used = strlen(t->prefix);

	return used + ROOM_MIN < PLAINTEXT_COLUMNS ? PLAINTEXT_COLUMNS - used
						   : ROOM_MIN;
}

void
textflow_line(struct textflow *t, const char *text, size_t len)
{
	size_t n = strlen(t->prefix), b = strlen(t->bullet);

	if (b > n)
		b = n;
	(void)buf_add(t->out, t->prefix, n - b);
	(void)buf_add(t->out, t->bullet, b);
	t->bullet[0] = '\0';
	(void)buf_add(t->out, text, len);
	/* No blanks at the end, but for the line "-- ". */
	while (
	    len == 0 && t->out->len > 0 && t->out->data[t->out->len - 1] == ' ')
		t->out->data[--t->out->len] = '\0';
	(void)buf_addc(t->out, '\n');
}

void
textflow_block(struct textflow *t)
{
	if (!t->joined && t->bullet[0] == '\0')
		textflow_line(t, "", 0);
	t->joined = false;
}

static bool
is_url(const char *word)
{
	return strncmp(word, "https://", 8) == 0 ||
	    strncmp(word, "http://", 7) == 0;
}

struct line {
	const char *start; /* NULL when empty */
	const char *end;
	size_t columns;
};

static void
flush(struct textflow *t, struct line *l)
{
	if (l->start != NULL)
		textflow_line(t, l->start, (size_t)(l->end - l->start));
	*l = (struct line){ .start = NULL };
}

static void
add_word(struct textflow *t, struct line *l, const char *word, size_t len)
{
	size_t columns = width(word, len);

	if (l->start != NULL && l->columns + 1 + columns > textflow_room(t))
		flush(t, l);
	if (l->start == NULL)
		*l = (struct line){ word, word, 0 };
	else
		l->columns++;
	l->end = word + len;
	l->columns += columns;
}

/* The URL in a word, without the brackets and stops of the sentence around
 * it; length 0 when there is none. */
static size_t
url_in(const char *word, size_t len, const char **ret_url)
{
	if (len > 0 && strchr("(<", *word) != NULL)
		word++, len--;
	if (!is_url(word))
		return 0;
	bool bracket = memchr(word, '(', len) != NULL;
	while (strchr(".,;:!?>", word[len - 1]) != NULL ||
	    (word[len - 1] == ')' && !bracket))
		len--;
	*ret_url = word;
	return len;
}

void
textflow_wrap(struct textflow *t, const char *text)
{
	struct line l = { .start = NULL };

	while (*text != '\0') {
		size_t len = strcspn(text, " \n"), url_len;
		const char *url;

		if ((url_len = url_in(text, len, &url)) > 0) {
			flush(t, &l);
			textflow_line(t, url, url_len);
		} else if (len > 0)
			add_word(t, &l, text, len);
		text += len;
		if (*text == '\n')
			flush(t, &l);
		if (*text != '\0')
			text++;
	}
	flush(t, &l);
}
