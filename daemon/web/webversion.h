/*
 * webversion - an edition as a page on the web
 *
 * The same words as the mail, without what belongs to a reader: links to leave
 * or to change something are taken out, with the sentence they stand in when
 * nothing else is in it.  Links to web versions stay and keep to the reader.
 *
 * Errors: ERR_SYS for an edition that cannot be read.
 * Limits: WEBVERSION_BYTES_MAX.
 * Threads: no state.
 */
#ifndef DAEMON_WEB_WEBVERSION_H
#define DAEMON_WEB_WEBVERSION_H

#include <stddef.h>

struct buf;
struct err;

#define WEBVERSION_BYTES_MAX ((size_t)2 * 1024 * 1024)

/* html has the placeholders of base/slot.h; token is for SLOT_WEB_VERSION. */
int webversion_write(const char *html, const char *token, struct buf *out,
    struct err *e);

#endif
