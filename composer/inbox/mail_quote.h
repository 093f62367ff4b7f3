/*
 * mail_quote - what somebody wrote in a mail, apart from what stands around it
 *
 * Of an answer the quoted mail goes, and the line that announces it; of a mail
 * that was passed on the head goes, with its addresses, and the text stays.  The
 * signature goes, and the advertisement of the program.
 *
 * Ownership: what comes out is in the arena.
 * Limits: linear in the length of the text.
 * Threads: no state.
 * Source: RFC 3676 4.3 (the signature); the rest is custom.
 */
#ifndef COMPOSER_INBOX_MAIL_QUOTE_H
#define COMPOSER_INBOX_MAIL_QUOTE_H

#include <stdbool.h>

struct arena;

/* text: plain, or as mail_html_markdown() writes it.  forwarded: the subject
 * says so. */
const char *mail_quote_cut(struct arena *a, const char *text, bool forwarded);

#endif
