/*
 * smtp_status - enhanced mail system status codes (RFC 3463, RFC 2034)
 *
 *	status  = class "." subject "." detail
 *	class   = "2" / "4" / "5"
 *	subject = detail = 1*3digit, without leading zeros
 *
 * Errors: anything else is no status, which is an answer and not an error:
 *   most replies have none.
 */
#ifndef DAEMON_SEND_SMTP_STATUS_H
#define DAEMON_SEND_SMTP_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#define SMTP_STATUS_MAX 16 /* "5.123.456" and a NUL, rounded up */

struct smtp_status {
	int class; /* 0 for no status */
	int subject;
	int detail;
};

/*
 * Read the status at the beginning of text; it must end there or before a
 * space or a line end.  False, and *ret_status untouched, for anything else.
 */
bool smtp_status_parse(struct smtp_status *ret_status, const char *text);

/* The same for the text of a reply, whose class must be that of its code
 * (RFC 2034, section 4). */
bool smtp_status_of_reply(struct smtp_status *ret_status, int code,
    const char *text);

/* "5.1.1", or "" for no status; size of at least SMTP_STATUS_MAX. */
void
smtp_status_format(const struct smtp_status *status, char *out, size_t size);

#endif
