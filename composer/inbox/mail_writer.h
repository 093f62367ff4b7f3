/*
 * mail_writer - Markdown, written word by word
 *
 * Blanks are made one, marks of emphasis hug their words, and line breaks are
 * remembered until there is something to stand behind them.
 *
 * Ownership: the buffer is the caller's.
 * Errors: buf_full() of the buffer.
 * Limits: MAIL_WRITER_INDENT bytes of marks in front of a line; what is deeper
 *   stands as deep.
 * Threads: no state.
 */
#ifndef COMPOSER_INBOX_MAIL_WRITER_H
#define COMPOSER_INBOX_MAIL_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define MAIL_WRITER_INDENT 32

enum mail_break { MAIL_BREAK_NONE, MAIL_BREAK_LINE, MAIL_BREAK_PARAGRAPH };

struct mail_writer {
	struct buf *out;
	bool inline_only; /* one line, without breaks */
	bool in_link;	  /* where no other link can be */
	int pre;	  /* line feeds count */
	int bold, em;	  /* wanted; more than one does not show */
	bool has_bold, has_em;
	bool blank; /* before the next word */
	bool fresh; /* nothing on this line yet */
	enum mail_break pending;
	char indent[MAIL_WRITER_INDENT + 1]; /* of following lines */
	size_t nindent;
	char mark[MAIL_WRITER_INDENT + 1]; /* of the first line of an item */
	bool has_mark;
	size_t nouter; /* bytes of the indent before it */
	int lists;     /* around */
	bool items;    /* in the inmost of them, so far */
};

void mail_writer_init(struct mail_writer *w, struct buf *out, bool inline_only);
void mail_writer_end(struct mail_writer *w);

/* Text of a document, which may be anything. */
void mail_writer_text(struct mail_writer *w, const char *s);
/* Markdown that is a word of its own. */
void mail_writer_word(struct mail_writer *w, const char *markdown);

/* At least such a break before what follows; a newline counts up. */
void mail_writer_break(struct mail_writer *w, enum mail_break kind);
void mail_writer_newline(struct mail_writer *w);
/* A line of its own with a control character. */
void mail_writer_mark(struct mail_writer *w, const char *mark);

void mail_writer_bold(struct mail_writer *w, int by);
void mail_writer_em(struct mail_writer *w, int by);

void mail_writer_list(struct mail_writer *w);
void mail_writer_list_end(struct mail_writer *w);
/* An item, or a quote, and what it gives back for its end. */
size_t mail_writer_item(struct mail_writer *w, const char *mark);
void mail_writer_item_end(struct mail_writer *w, size_t was);

#endif
