/*
 * smtp_reply - incremental parser for SMTP server replies (RFC 5321, 4.2)
 *
 * Feed bytes in any portions; a complete (possibly multi-line) reply comes
 * out once its last line has arrived.
 *
 * Ownership: the parser is a plain value and owns nothing.  text is valid
 *   until the next call.
 * Errors: ERR_PROTO for anything that is not a reply, ERR_LIMIT for a reply
 *   that is too long.  After an error the connection is unusable.
 * Limits: SMTP_REPLY_MAX bytes of text, SMTP_REPLY_LINES lines.
 */
#ifndef DAEMON_SEND_SMTP_REPLY_H
#define DAEMON_SEND_SMTP_REPLY_H

#include <stddef.h>

struct err;

#define SMTP_REPLY_MAX 4096
#define SMTP_REPLY_LINES 100

enum smtp_reply_state {
	SMTP_REPLY_CODE, /* in the three digits */
	SMTP_REPLY_SEP,	 /* SP, '-' or CR after them */
	SMTP_REPLY_TEXT,
	SMTP_REPLY_LF, /* after CR */
};

struct smtp_reply {
	int code; /* 200..599 when complete */
	unsigned int lines;
	size_t len; /* of text; lines joined by '\n' */
	char text[SMTP_REPLY_MAX];

	enum smtp_reply_state state;
	unsigned int digits;
	int line_code;
	int last;
};

void smtp_reply_init(struct smtp_reply *r);

/*
 * Consume bytes from [*p, end) and advance *p.  Returns 1 when a reply is
 * complete (call smtp_reply_init() before the next), 0 when more input is
 * needed, -1 on error.
 */
int smtp_reply_feed(struct smtp_reply *r, const char **p, const char *end,
    struct err *e) __attribute__((warn_unused_result));

#endif
