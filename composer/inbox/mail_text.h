/*
 * mail_text - the plain text of a mail as our small Markdown
 *
 * Paragraphs are put together again (format=flowed, or lines broken at some
 * width), a line break that somebody meant stays one, bullets become list
 * marks, bare links get their brackets.
 *
 * Ownership: the buffers are the caller's.
 * Errors: buf_full() of the buffer.
 * Threads: no state.
 * Source: RFC 3676.
 */
#ifndef COMPOSER_INBOX_MAIL_TEXT_H
#define COMPOSER_INBOX_MAIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* A character as it comes in: itself, ' ' for every kind of blank, 0 for what
 * nobody sees or nobody may send (base/text.h): soft hyphens, joiners, marks
 * that turn the direction of writing. */
int32_t mail_text_char(int32_t c);

/* The bytes as UTF-8 of such characters, with line feeds at the ends of lines.
 * What is no UTF-8 is read as Windows-1252. */
void mail_text_clean(struct buf *b, const char *s, size_t n);

/* Without the line breaks that the sender's program made. */
void mail_text_unflow(struct buf *b, const char *s, bool delsp);

/* As Markdown.  unflowed: every line break was meant. */
void mail_text_markdown(struct buf *b, const char *s, bool unflowed);

/* Add words that are not Markdown, escaped where they would be.  fresh: at
 * the beginning of a line. */
void mail_text_escape(struct buf *b, const char *s, size_t n, bool fresh);

#endif
