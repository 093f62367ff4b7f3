/*
 * reply_code - the codes that stand in an answer of a mail system
 *
 * An enhanced status (RFC 3463) may be anywhere in it, also as "(#5.1.1)"; a
 * reply code (RFC 5321, 4.2.1) counts only where a reply begins: at the
 * beginning of a line, or behind a mark, as in "said: 550".
 *
 * Threads: no state.
 */
#ifndef BASE_BOUNCE_REPLY_CODE_H
#define BASE_BOUNCE_REPLY_CODE_H

#include <stdbool.h>
#include <stddef.h>

struct enhanced_status {
	int class; /* 2, 4 or 5; 0 for none */
	int subject, detail;
};

/* The next one from *at on, which is moved behind it. */
bool enhanced_status_next(const char *text, size_t n, size_t *at,
    struct enhanced_status *ret_status);

/* The first code of a refusal, 400 to 599, or 0. */
int reply_code_find(const char *text, size_t n);

#endif
