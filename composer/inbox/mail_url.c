#include "composer/inbox/mail_url.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

static bool
starts(const char *s, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n >= k && strncasecmp(s, with, k) == 0;
}

static bool
is_web(const char *s, size_t n)
{
	return starts(s, n, "https://") || starts(s, n, "http://");
}

static bool
ends_url(char c)
{
	return (unsigned char)c <= ' ' || c == '<' || c == '>' || c == '"' ||
	    c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' ||
	    c == '}' || c == 0x7f;
}

size_t
mail_url_length(const char *s, size_t n)
{
	size_t len = 0, open = 0, close = 0;

	if (!is_web(s, n))
		return 0;
	while (len < n && len <= MAIL_URL_MAX && !ends_url(s[len])) {
		open += s[len] == '(';
		close += s[len] == ')';
		len++;
	}
	for (; len > 0; len--) {
		char c = s[len - 1];

		if (c == ')' && close > open)
			close--;
		else if (strchr(".,;:!?'*_]", c) == NULL)
			break;
	}
	return len > strlen("https://") && len <= MAIL_URL_MAX ? len : 0;
}

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p =
	    c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

/* The value of a parameter of the query, decoded; false: it is not there. */
static bool
parameter(const char *s, size_t n, const char *name, struct buf *ret)
{
	size_t k = strlen(name), i = 0;

	while (i < n &&
	    !((s[i] == '?' || s[i] == '&' || s[i] == ';') &&
		starts(s + i + 1, n - i - 1, name) && i + 1 + k < n &&
		s[i + 1 + k] == '='))
		i++;
	if (i == n)
		return false;
	for (i += k + 2; i < n && s[i] != '&' && s[i] != '#'; i++) {
		int high = i + 2 < n && s[i] == '%' ? hex(s[i + 1]) : -1;
		int low = high >= 0 ? hex(s[i + 2]) : -1;

		if (low < 0) {
			(void)buf_addc(ret, s[i]);
			continue;
		}
		(void)buf_addc(ret, (char)(high * 16 + low));
		i += 2;
	}
	return true;
}

static bool
has_host(const char *s, size_t n, const char *domain)
{
	const char *host = memchr(s, ':', n);
	size_t k = strlen(domain), len;

	if (host == NULL || n - (size_t)(host - s) < 3)
		return false;
	host += 3;
	n -= (size_t)(host - s);
	for (len = 0; len < n && strchr("/?#:@", host[len]) == NULL; len++)
		;
	return len >= k && strncasecmp(host + len - k, domain, k) == 0 &&
	    (len == k || host[len - k - 1] == '.');
}

/* What is wrapped in a link of a system that watches who follows it. */
static bool
unwrap(const char *s, size_t n, struct buf *ret)
{
	static const struct {
		const char *domain, *parameter;
	} wrappers[] = {
		{ "safelinks.protection.outlook.com", "url" },
		{ "google.com", "q" },
		{ "google.nl", "q" },
		{ "statics.teams.cdn.office.net", "url" },
	};

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		/* Of Google only its redirect: a search is a link as well. */
		if (!has_host(s, n, wrappers[i].domain) ||
		    (wrappers[i].parameter[0] == 'q' &&
			memmem(s, n, "/url?", 5) == NULL))
			continue;
		buf_clear(ret);
		return parameter(s, n, wrappers[i].parameter, ret) &&
		    !buf_full(ret) && is_web(ret->data, ret->len);
	}
	return false;
}

static void
escape(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c <= ' ' || c >= 0x7f || strchr("<>()\\\"`", c) != NULL)
			(void)buf_addf(b, "%%%02X", c);
		else
			(void)buf_addc(b, (char)c);
	}
}

int
mail_url_add(struct buf *b, const char *s, size_t n)
{
	struct buf meant;

	while (n > 0 && (unsigned char)*s <= ' ') {
		s++;
		n--;
	}
	while (n > 0 && (unsigned char)s[n - 1] <= ' ')
		n--;
	if (n > MAIL_URL_MAX ||
	    !(is_web(s, n) ? n > strlen("https://") : starts(s, n, "mailto:")))
		return -1;
	buf_init(&meant, MAIL_URL_MAX);
	if (unwrap(s, n, &meant))
		escape(b, meant.data, meant.len);
	else
		escape(b, s, n);
	buf_done(&meant);
	return 0;
}
