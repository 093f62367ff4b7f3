/*
 * mail_url - links as they stand in a mail
 *
 * Outlook and Google wrap a link in one of their own that tells them who
 * follows it; what comes out is the link that was meant.
 *
 * Ownership: nothing is kept.
 * Limits: MAIL_URL_MAX bytes; a longer link is none.
 * Threads: no state.
 * Source: RFC 3986.
 */
#ifndef COMPOSER_INBOX_MAIL_URL_H
#define COMPOSER_INBOX_MAIL_URL_H

#include <stddef.h>

struct buf;

#define MAIL_URL_MAX ((size_t)2000)

/* Bytes of the link (http, https) that begins at s, without the punctuation
 * of the sentence around it; 0: none does. */
size_t mail_url_length(const char *s, size_t n);

/* Add the link that was meant, fit for both <...> and [...](...) of Markdown;
 * -1, with nothing added, when it is no link of http, https or mailto. */
int mail_url_add(struct buf *b, const char *s, size_t n);

#endif
