/*
 * mail_lang - in which language a text is written, by its commonest words
 *
 * Ownership: what comes out is a constant.
 * Threads: no state.
 */
#ifndef COMPOSER_INBOX_MAIL_LANG_H
#define COMPOSER_INBOX_MAIL_LANG_H

/* "nl", "en"; NULL when the text does not say. */
const char *mail_lang_guess(const char *title, const char *body);

#endif
