#include "daemon/send/smtp_status.h"

#include <stdio.h>

/* A number of one to three digits at *p; -1 when there is none. */
static int
number(const char **p)
{
	const char *s = *p;
	int n = 0;

	while (*s >= '0' && *s <= '9' && s - *p < 3)
		n = n * 10 + (*s++ - '0');
	if (s == *p || (**p == '0' && s - *p > 1))
		return -1;
	*p = s;
	return n;
}

bool
smtp_status_parse(struct smtp_status *ret_status, const char *text)
{
	struct smtp_status st;

	if (*text != '2' && *text != '4' && *text != '5')
		return false;
	st.class = *text++ - '0';
	if (*text++ != '.' || (st.subject = number(&text)) == -1)
		return false;
	if (*text++ != '.' || (st.detail = number(&text)) == -1)
		return false;
	if (*text != '\0' && *text != ' ' && *text != '\r' && *text != '\n')
		return false;
	*ret_status = st;
	return true;
}

bool
smtp_status_of_reply(struct smtp_status *ret_status, int code, const char *text)
{
	struct smtp_status st;

	if (!smtp_status_parse(&st, text) || st.class != code / 100)
		return false;
	*ret_status = st;
	return true;
}

void
smtp_status_format(const struct smtp_status *status, char *out, size_t size)
{
	if (status->class == 0)
		out[0] = '\0';
	else
		(void)snprintf(out, size, "%d.%d.%d", status->class,
		    status->subject, status->detail);
}
