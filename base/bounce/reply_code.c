#include "base/bounce/reply_code.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A number of one to three digits; -1 when there is none. */
static int
number(const char *s, size_t n, size_t *at)
{
	int value = 0;
	size_t i = *at;

	while (i < n && is_digit(s[i]) && i - *at < 3)
		value = value * 10 + (s[i++] - '0');
	if (i == *at)
		return -1;
	*at = i;
	return value;
}

/* At s[*at]; moves behind it. */
static bool
status_at(const char *s, size_t n, size_t *at, struct enhanced_status *ret)
{
	size_t i = *at;
	struct enhanced_status st;

	if (n - i < 5 || s[i + 1] != '.' ||
	    (s[i] != '2' && s[i] != '4' && s[i] != '5'))
		return false;
	st.class = s[i] - '0';
	i += 2;
	st.subject = number(s, n, &i);
	if (st.subject == -1 || i == n || s[i++] != '.')
		return false;
	st.detail = number(s, n, &i);
	/* Not of an IP address, a version or a name. */
	if (st.detail == -1 || (i < n && is_alnum(s[i])) ||
	    (i + 1 < n && s[i] == '.' && is_digit(s[i + 1])))
		return false;
	*at = i;
	*ret = st;
	return true;
}

bool
enhanced_status_next(const char *text, size_t n, size_t *at,
    struct enhanced_status *ret_status)
{
	for (size_t i = *at; i < n; i++) {
		/* "550-5.1.1" */
		if (i > 0 && (is_alnum(text[i - 1]) || text[i - 1] == '.'))
			continue;
		if (status_at(text, n, &i, ret_status)) {
			*at = i;
			return true;
		}
	}
	*at = n;
	return false;
}

/* Where a reply may begin. */
static bool
begins_reply(const char *s, size_t i)
{
	while (i > 0 && (s[i - 1] == ' ' || s[i - 1] == '\t'))
		i--;
	return i == 0 || strchr("\r\n.:;<>([\"'", s[i - 1]) != NULL;
}

int
reply_code_find(const char *text, size_t n)
{
	for (size_t i = 0; i + 3 <= n; i++) {
		const char *s = text + i;

		if ((s[0] != '4' && s[0] != '5') || !is_digit(s[1]) ||
		    !is_digit(s[2]) || (i > 0 && is_alnum(s[-1])))
			continue;
		if (i + 3 < n && strchr(" -\r\n\t", s[3]) == NULL)
			continue;
		if (begins_reply(text, i))
			return (s[0] - '0') * 100 + (s[1] - '0') * 10 +
			    (s[2] - '0');
	}
	return 0;
}
