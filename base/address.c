#include "base/address.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define LOCAL_MAX 64

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool
address_domain_ok(const char *s, size_t n)
{
	size_t label = 0, labels = 1;

	if (n == 0 || n > 253)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (label == 0 || s[i - 1] == '-')
				return false;
			label = 0;
			labels++;
			continue;
		}
		if (!is_alnum(s[i]) && (s[i] != '-' || label == 0))
			return false;
		if (++label > 63)
			return false;
	}
	/* A top-level domain is never all digits (RFC 3696, 2). */
	return labels > 1 && label > 0 && s[n - 1] != '-' &&
	    !(s[n - 1] >= '0' && s[n - 1] <= '9' && label < 4);
}

/* RFC 5321 Dot-string of atext. */
static bool
local_ok(const char *s, size_t n)
{
	if (n == 0 || n > LOCAL_MAX || s[0] == '.' || s[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.' && s[i - 1] == '.')
			return false;
		if (!is_alnum(s[i]) && s[i] != '.' &&
		    (s[i] == '\0' ||
			strchr("!#$%&'*+-/=?^_`{|}~", s[i]) == NULL))
			return false;
	}
	return true;
}

/* libidn2 with STD3 rules silently drops characters, so ASCII domains are
 * judged by our own rules and what it returns is judged again. */
static int
domain_to_ascii(char *out, size_t size, const char *s, size_t n)
{
	char in[ADDRESS_MAX + 1];
	char *ascii = NULL;
	bool plain = true;

	if (n > ADDRESS_MAX)
		return -1;
	memcpy(in, s, n);
	in[n] = '\0';
	for (size_t i = 0; i < n; i++)
		plain = plain && (unsigned char)in[i] < 0x80;
	if (!plain) {
		if (idn2_to_ascii_8z(in, &ascii,
			IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
			return -1;
		int k = snprintf(in, sizeof(in), "%s", ascii);
		idn2_free(ascii);
		if (k < 0 || (size_t)k >= sizeof(in))
			return -1;
		n = (size_t)k;
	}
	if (!address_domain_ok(in, n) || n >= size)
		return -1;
	for (size_t i = 0; i <= n; i++)
		out[i] = lower(in[i]);
	return 0;
}

int
address_parse(struct address *ret, const char *s, size_t n, struct err *e)
{
	struct address a;
	const char *at;
	size_t local;

	while (n > 0 && (*s == ' ' || *s == '\t'))
		s++, n--;
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (n == 0)
		return err_plain(e, ERR_INPUT, "empty", "There is no address");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return err_plain(e, ERR_INPUT, "control-character",
			    "The address has a line break or another control "
			    "character");
	if (n > 2 * (size_t)ADDRESS_MAX)
		return err_plain(e, ERR_INPUT, "too-long",
		    "The address is too long");
	if (memchr(s, ',', n) != NULL || memchr(s, ';', n) != NULL ||
	    memchr(s, ' ', n) != NULL)
		return err_plain(e, ERR_INPUT, "two-values",
		    "There is more than one value in the field");
	at = memchr(s, '@', n);
	if (at == NULL || at == s || at == s + n - 1)
		return err_plain(e, ERR_INPUT, "incomplete",
		    "The address is not complete");
	local = (size_t)(at - s);
	if (memchr(at + 1, '@', n - local - 1) != NULL)
		return err_plain(e, ERR_INPUT, "two-values",
		    "There is more than one value in the field");
	if (memchr(at + 1, '.', n - local - 1) == NULL)
		return err_plain(e, ERR_INPUT, "incomplete",
		    "There is no full stop after the @ of the address");
	if (local > LOCAL_MAX || n > ADDRESS_MAX)
		return err_plain(e, ERR_INPUT, "too-long",
		    "The address is too long");
	if (!local_ok(s, local))
		return err_plain(e, ERR_INPUT, "bad-local-part",
		    "The part before the @ of the address is not valid");
	memcpy(a.text, s, local + 1);
	if (domain_to_ascii(a.text + local + 1, sizeof(a.text) - local - 1,
		at + 1, n - local - 1) == -1)
		return err_plain(e, ERR_INPUT, "bad-domain",
		    "The part after the @ of the address is not valid");
	size_t i = 0;
	do
		a.compare[i] = lower(a.text[i]);
	while (a.text[i++] != '\0');
	*ret = a;
	return 0;
}

void
address_mask(char out[ADDRESS_MAX + 16], const char *address)
{
	const char *at = strchr(address, '@');

	(void)snprintf(out, ADDRESS_MAX + 16, "%.1s\u2022\u2022\u2022%s",
	    address, at != NULL ? at : "");
}
