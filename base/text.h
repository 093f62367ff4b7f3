/*
 * text - what people may type: UTF-8 that can be printed
 *
 * Control characters would break a record, a header or a terminal; the
 * private-use characters U+E000..U+F8FF mark slots inside an encoded message
 * (a reader's own values), so none may come from outside.
 *
 * Ownership: nothing is kept.
 * Threads: no state.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum text_fault {
	TEXT_OK,
	TEXT_NOT_UTF8,
	TEXT_CONTROL, /* C0, DEL, C1 */
	TEXT_PRIVATE, /* U+E000..U+F8FF */
};

/* The first fault and the byte where it is.  lines: tab, CR LF and LF are
 * fine (a CR alone is not). */
enum text_fault text_check(const char *s, size_t n, bool lines, size_t *ret_at);

/* Characters, of text without faults. */
size_t text_length(const char *s);

#endif
