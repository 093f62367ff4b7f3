#include "composer/inbox/mail_writer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unicode/utf8.h>

#include "composer/inbox/mail_text.h"
#include "composer/inbox/mail_url.h"

#define WORD_MAX 4096

void
mail_writer_init(struct mail_writer *w, struct buf *out, bool inline_only)
{
	*w = (struct mail_writer){ .out = out,
		.inline_only = inline_only,
		.fresh = true };
}

/*
 * Breaks
 */
static void
close_emphasis(struct mail_writer *w)
{
	if (w->has_em)
		(void)buf_adds(w->out, "*");
	if (w->has_bold)
		(void)buf_adds(w->out, "**");
	w->has_em = w->has_bold = false;
}

void
mail_writer_end(struct mail_writer *w)
{
	close_emphasis(w);
}

/* A line without words, outside of what begins behind it. */
static void
add_blank_line(struct mail_writer *w)
{
	size_t n = w->has_mark ? w->nouter : w->nindent;

	while (n > 0 && w->indent[n - 1] == ' ')
		n--;
	(void)buf_addc(w->out, '\n');
	(void)buf_add(w->out, w->indent, n);
}

static void
begin_line(struct mail_writer *w)
{
	if (w->out->len > 0) {
		close_emphasis(w);
		if (w->pending == MAIL_BREAK_PARAGRAPH)
			add_blank_line(w);
		else if (!w->has_mark && !w->fresh)
			(void)buf_addc(w->out, '\\');
		(void)buf_addc(w->out, '\n');
	}
	if (w->has_mark)
		(void)buf_adds(w->out, w->mark);
	else
		(void)buf_add(w->out, w->indent, w->nindent);
	w->has_mark = false;
	w->pending = MAIL_BREAK_NONE;
	w->blank = false;
	w->fresh = true;
}

void
mail_writer_break(struct mail_writer *w, enum mail_break kind)
{
	w->blank = true;
	/* The mark of an item waits for the first of its words. */
	if (!w->inline_only && !w->has_mark && w->pending < kind)
		w->pending = kind;
}

void
mail_writer_newline(struct mail_writer *w)
{
	mail_writer_break(w,
	    w->pending == MAIL_BREAK_NONE ? MAIL_BREAK_LINE
					  : MAIL_BREAK_PARAGRAPH);
}

void
mail_writer_mark(struct mail_writer *w, const char *mark)
{
	if (w->inline_only)
		return;
	close_emphasis(w);
	if (w->out->len > 0 && w->out->data[w->out->len - 1] != '\n')
		(void)buf_addc(w->out, '\n');
	(void)buf_addf(w->out, "%s\n", mark);
	w->pending = MAIL_BREAK_PARAGRAPH;
}

/*
 * Words
 */
void
mail_writer_bold(struct mail_writer *w, int by)
{
	w->bold += by;
}

void
mail_writer_em(struct mail_writer *w, int by)
{
	w->em += by;
}

/* To what is wanted, with the blank outside of the marks. */
static void
begin_word(struct mail_writer *w)
{
	bool bold = w->bold > 0, em = w->em > 0;

	if ((w->pending != MAIL_BREAK_NONE || w->out->len == 0 ||
		w->has_mark) &&
	    !w->inline_only)
		begin_line(w);
	if (w->has_em && (!em || w->has_bold != bold)) {
		(void)buf_adds(w->out, "*");
		w->has_em = false;
	}
	if (w->has_bold && !bold) {
		(void)buf_adds(w->out, "**");
		w->has_bold = false;
		/* **Note:**text would not end the bold (CommonMark 6.2). */
		w->blank |= w->out->len > 2 &&
		    ispunct((unsigned char)w->out->data[w->out->len - 3]);
	}
	if (w->blank && !w->fresh)
		(void)buf_addc(w->out, ' ');
	w->blank = false;
	if (bold && !w->has_bold)
		(void)buf_adds(w->out, "**");
	if (em && !w->has_em)
		(void)buf_adds(w->out, "*");
	w->has_bold = bold;
	w->has_em = em;
}

void
mail_writer_word(struct mail_writer *w, const char *markdown)
{
	begin_word(w);
	(void)buf_adds(w->out, markdown);
	w->fresh = false;
}

static void
add_word(struct mail_writer *w, const char *s, size_t n)
{
	bool fresh = w->fresh || w->pending != MAIL_BREAK_NONE || w->has_mark;
	size_t before = 0, url;

	begin_word(w);
	w->fresh = false;
	fresh = fresh && !w->inline_only;
	/* A link that is written out, perhaps behind a bracket. */
	while (before < n && strchr("(\"'", s[before]) != NULL)
		before++;
	url = w->in_link ? 0 : mail_url_length(s + before, n - before);
	if (url > 0) {
		mail_text_escape(w->out, s, before, fresh);
		(void)buf_addc(w->out, '<');
		(void)mail_url_add(w->out, s + before, url);
		(void)buf_addc(w->out, '>');
		s += before + url;
		n -= before + url;
		fresh = false;
	}
	mail_text_escape(w->out, s, n, fresh);
}

void
mail_writer_text(struct mail_writer *w, const char *s)
{
	char word[WORD_MAX];
	size_t n = 0, len = strlen(s);

	for (size_t i = 0; i < len;) {
		UChar32 c;

		U8_NEXT(s, i, len, c);
		c = mail_text_char(c);
		if (c == 0 || c < 0)
			continue;
		if (c != ' ' && c != '\n') {
			U8_APPEND_UNSAFE(word, n, c);
			if (n < WORD_MAX - U8_MAX_LENGTH)
				continue;
		}
		if (n > 0)
			add_word(w, word, n);
		n = 0;
		if (c == '\n' && w->pre > 0)
			mail_writer_newline(w);
		else if (c == ' ' || c == '\n')
			w->blank = true;
	}
	if (n > 0)
		add_word(w, word, n);
}

/*
 * Lists
 */
void
mail_writer_list(struct mail_writer *w)
{
	mail_writer_break(w,
	    w->lists == 0 ? MAIL_BREAK_PARAGRAPH : MAIL_BREAK_LINE);
	w->lists++;
	w->items = false;
}

void
mail_writer_list_end(struct mail_writer *w)
{
	w->lists--;
	w->items = w->lists > 0;
	mail_writer_break(w, MAIL_BREAK_PARAGRAPH);
}

size_t
mail_writer_item(struct mail_writer *w, const char *mark)
{
	size_t was = w->nindent, n = strlen(mark);

	/* Items follow each other without a blank line. */
	if (mark[0] != '>' && (w->lists > 1 || w->items) &&
	    w->pending == MAIL_BREAK_PARAGRAPH)
		w->pending = MAIL_BREAK_LINE;
	w->items = w->lists > 0;
	mail_writer_break(w, MAIL_BREAK_LINE);
	if (was + n > MAIL_WRITER_INDENT)
		return was;
	(void)snprintf(w->mark, sizeof(w->mark), "%s%s", w->indent, mark);
	w->has_mark = true;
	w->nouter = was;
	for (size_t i = 0; i < n; i++)
		w->indent[w->nindent++] = mark[0] == '>' ? mark[i] : ' ';
	w->indent[w->nindent] = '\0';
	return was;
}

void
mail_writer_item_end(struct mail_writer *w, size_t was)
{
	/* An item without words has no mark either. */
	w->has_mark = false;
	w->nindent = was;
	w->indent[was] = '\0';
	mail_writer_break(w, MAIL_BREAK_LINE);
}
