/*
 * catalogue - the sentences of the programs in each language (GNU gettext)
 *
 * One text domain per language ("tweeluik-nl") under the process locale
 * C.UTF-8, so that one process answers in any language without installed
 * locales.  msgids are English.
 *
 * Ownership: what is returned lives as long as the process.
 * Errors: an unknown language or msgid yields the msgid.
 * Threads: catalogue_init() belongs before the first thread, the rest is safe.
 */
#ifndef BASE_CATALOGUE_H
#define BASE_CATALOGUE_H

struct err;

/* Marks a msgid for xgettext that is translated elsewhere. */
/* NOLINTNEXTLINE(readability-identifier-naming): gettext's own name */
#define N_(msgid) msgid

/* dir holds C.UTF-8/LC_MESSAGES/tweeluik-LANG.mo. */
int catalogue_init(const char *dir, struct err *e);

/* Sentence, sentence with context (msgctxt), plural forms. */
const char *catalogue_text(const char *lang, const char *msgid)
    __attribute__((format_arg(2)));
const char *catalogue_context(const char *lang, const char *context,
    const char *msgid) __attribute__((format_arg(3)));
const char *
catalogue_plural(const char *lang, const char *one, const char *many,
    unsigned long n) __attribute__((format_arg(2), format_arg(3)));

#endif
