#include "daemon/send/smtp_message.h"

#include <stdlib.h>
#include <string.h>

enum { IN_LOCAL_PART = 1, IN_DOMAIN = 2, IN_BOTH = 3 };

/* Stricter than RFC 5321: no quoted local parts, no address literals, no
 * UTF-8.  One CR LF here would be a second recipient. */
static const unsigned char address_chars[256] = {
	['a' ... 'z'] = IN_BOTH,
	['A' ... 'Z'] = IN_BOTH,
	['0' ... '9'] = IN_BOTH,
	['.'] = IN_BOTH,
	['-'] = IN_BOTH,
	['!'] = IN_LOCAL_PART,
	['#' ... '\''] = IN_LOCAL_PART,
	['*'] = IN_LOCAL_PART,
	['+'] = IN_LOCAL_PART,
	['/'] = IN_LOCAL_PART,
	['='] = IN_LOCAL_PART,
	['?'] = IN_LOCAL_PART,
	['^' ... '`'] = IN_LOCAL_PART,
	['{' ... '~'] = IN_LOCAL_PART,
};

static size_t
span(const char *s, unsigned char where)
{
	size_t n = 0;

	while ((address_chars[(unsigned char)s[n]] & where) != 0)
		n++;
	return n;
}

bool
smtp_address_ok(const char *address)
{
	size_t local = span(address, IN_LOCAL_PART), domain;

	if (local == 0 || local > SMTP_LOCAL_PART_MAX || address[local] != '@')
		return false;
	domain = span(address + local + 1, IN_DOMAIN);
	return domain > 0 && address[local + 1 + domain] == '\0' &&
	    local + 1 + domain <= SMTP_ADDRESS_MAX;
}

/* The pieces together are empty or end in CRLF. */
static bool
ends_line(const struct iovec *iov, int n)
{
	char tail[2] = "\r\n";
	size_t have = 0;

	while (n-- > 0 && have < 2) {
		const char *p = iov[n].iov_base;

		for (size_t i = iov[n].iov_len; i > 0 && have < 2; i--)
			tail[1 - have++] = p[i - 1];
	}
	return have != 1 && memcmp(tail, "\r\n", 2) == 0;
}

/* BDAT announces it: one byte off, and content is read as commands. */
static bool
has_size(const struct smtp_message *msg)
{
	uint64_t bytes = 0;

	for (int i = 0; i < msg->iov_len; i++)
		bytes += msg->iov[i].iov_len;
	return bytes == msg->size_bytes;
}

static int
not_sent(struct smtp_result *ret, enum smtp_stage stage, int subject,
    int detail, const char *text)
{
	smtp_result_set(ret, stage, SMTP_NOT_SENT, text);
	ret->status = (struct smtp_status){ 5, subject, detail };
	return -1;
}

int
smtp_message_check(const struct smtp_message *msg, uint64_t max_bytes,
    struct smtp_result *ret_result)
{
	if (msg->from[0] != '\0' && !smtp_address_ok(msg->from))
		return not_sent(ret_result, SMTP_MAIL, 1, 7,
		    "The envelope sender is not an address that can be sent");
	if (!smtp_address_ok(msg->to))
		return not_sent(ret_result, SMTP_RCPT, 1, 3,
		    "The recipient is not an address that can be sent");
	if (max_bytes != 0 && msg->size_bytes > max_bytes)
		return not_sent(ret_result, SMTP_MAIL, 3, 4,
		    "The message is larger than the mail server accepts");
	if (!ends_line(msg->iov, msg->iov_len))
		return not_sent(ret_result, SMTP_MAIL, 6, 0,
		    "The message does not end with a line end");
	if (!has_size(msg))
		abort();
	return 0;
}
