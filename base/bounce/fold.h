/*
 * fold - text of a mail as rules compare it
 *
 * Lower case without accents; any white space, quote, bracket or mark that
 * carries no meaning is one blank; an address is a single @, so that a name in
 * it is never taken for a word; "550-5.1.1 " in the middle of a reply of
 * several lines is gone.  What is not UTF-8 is read as Windows-1252.
 *
 * Ownership: the caller's buffer, which gets no NUL.
 * Limits: what does not fit is left out.
 * Threads: no state.
 */
#ifndef BASE_BOUNCE_FOLD_H
#define BASE_BOUNCE_FOLD_H

#include <stddef.h>

/* Returns the length, at most max. */
size_t fold(char *out, size_t max, const char *text, size_t n);

#endif
