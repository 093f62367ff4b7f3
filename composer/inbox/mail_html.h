/*
 * mail_html - the HTML of a mail as our small Markdown
 *
 * Paragraphs, lists, links and emphasis stay, a heading is a line in bold, a
 * table of data is a line a row.  What a reader would not see goes: scripts,
 * styles, comments, what is hidden, pictures (of one in a link its words stay).
 * Where a mail program marks a quoted mail, lines of MAIL_HTML_QUOTE and
 * MAIL_HTML_QUOTE_END stand around it for composer/inbox/mail_quote.h; a
 * signature that is marked goes.
 *
 * Ownership: the buffer is the caller's.
 * Errors: buf_full() of the buffer.
 * Limits: libxml2's: 256 levels; the rest of a deeper document is left out.
 *   Nothing is fetched.
 * Threads: no state; xmlInitParser() belongs before the first thread.
 */
#ifndef COMPOSER_INBOX_MAIL_HTML_H
#define COMPOSER_INBOX_MAIL_HTML_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define MAIL_HTML_QUOTE "\x01"
#define MAIL_HTML_QUOTE_END "\x02"

/* ret_links: there are links with words of their own. */
void
mail_html_markdown(struct buf *b, const char *html, size_t n, bool *ret_links);

#endif
