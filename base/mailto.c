#include "base/mailto.h"

#include <string.h>

#include "base/buf.h"

/* RFC 6068 2: outside of these a character is percent-encoded; a line ends in
 * CR LF (5). */
static void
add_encoded(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '\n')
			(void)buf_adds(b, "%0D%0A");
		else if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
				"UVWXYZ0123456789-._~@+!$'*",
			     *s) != NULL)
			(void)buf_addc(b, *s);
		else
			(void)buf_addf(b, "%%%02X", (unsigned char)*s);
}

static void
add_field(struct buf *b, char sign, const char *name, const char *value)
{
	(void)buf_addf(b, "%c%s=", sign, name);
	add_encoded(b, value);
}

void
mailto_write(struct buf *b, const char *address, const char *subject,
    const char *body)
{
	char sign = '?';

	(void)buf_adds(b, "mailto:");
	if (address != NULL)
		add_encoded(b, address);
	if (subject != NULL && subject[0] != '\0') {
		add_field(b, sign, "subject", subject);
		sign = '&';
	}
	if (body != NULL && body[0] != '\0')
		add_field(b, sign, "body", body);
}
