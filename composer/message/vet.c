#include "composer/message/vet.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/err.h"
#include "base/slot.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ATEXT ALNUM "!#$%&'*+-/=?^_`{|}~"
#define URL_CHARACTERS ALNUM "-._~:/?#[]@!$&'*+,;=%"

static int
unfit(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, "The value of %s is not valid", what);
}

static int
vet_present(const char *what, const char *value, struct err *e)
{
	if (value == NULL || value[0] == '\0')
		return err_set(e, ERR_INPUT, "The value of %s is missing",
		    what);
	if (strlen(value) > VET_LINE_MAX)
		return err_set(e, ERR_INPUT, "The value of %s is too long",
		    what);
	return 0;
}

static bool
is_body_slot(UChar32 c)
{
	return c > 0xe000 + SLOT_TO && c < 0xe000 + SLOT_KINDS;
}

static int
vet_characters(const char *what, const char *value, bool body, struct err *e)
{
	for (size_t i = 0; value[i] != '\0';) {
		UChar32 c;

		U8_NEXT(value, i, SIZE_MAX, c);
		if (c < 0)
			return err_set(e, ERR_INPUT,
			    "The value of %s is not valid UTF-8", what);
		if (body &&
		    (c == '\t' || c == '\n' || c == '\r' || is_body_slot(c)))
			continue;
		if (u_charType(c) == U_CONTROL_CHAR)
			return err_set(e, ERR_INPUT,
			    "The value of %s has a line break or control "
			    "character in it",
			    what);
		if (u_charType(c) == U_PRIVATE_USE_CHAR)
			return err_set(e, ERR_INPUT,
			    "The value of %s has a private-use character in "
			    "it",
			    what);
	}
	return 0;
}

int
vet_line(const char *what, const char *value, struct err *e)
{
	if (vet_present(what, value, e) == -1)
		return -1;
	return vet_characters(what, value, false, e);
}

int
vet_body(const char *what, const char *value, struct err *e)
{
	if (value == NULL || value[0] == '\0')
		return err_set(e, ERR_INPUT, "The value of %s is missing",
		    what);
	return vet_characters(what, value, true, e);
}

static bool
is_host(const char *s)
{
	size_t labels = 0;

	if (strlen(s) > 253)
		return false;
	for (;; s++) {
		size_t n = strspn(s, ALNUM "-");

		if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
			return false;
		labels++;
		s += n;
		if (*s == '\0')
			return labels > 1;
		if (*s != '.')
			return false;
	}
}

static bool
is_address(const char *s)
{
	const char *at = strchr(s, '@');

	/* "=?" looks like an encoded-word, which an address never has. */
	if (at == NULL || at - s > 64 || strlen(s) > SLOT_TO_MAX ||
	    strstr(s, "=?") != NULL)
		return false;
	for (;; s++) {
		size_t n = strspn(s, ATEXT);

		if (n == 0)
			return false;
		s += n;
		if (s == at)
			return is_host(at + 1);
		if (*s != '.')
			return false;
	}
}

int
vet_address(const char *what, const char *value, struct err *e)
{
	if (vet_present(what, value, e) == -1)
		return -1;
	return is_address(value) ? 0 : unfit(e, what);
}

int
vet_host(const char *what, const char *value, struct err *e)
{
	if (vet_present(what, value, e) == -1)
		return -1;
	return is_host(value) ? 0 : unfit(e, what);
}

int
vet_url(const char *what, const char *value, struct err *e)
{
	if (vet_present(what, value, e) == -1)
		return -1;
	if (strncmp(value, "https://", 8) != 0 || value[8] == '\0' ||
	    value[strspn(value, URL_CHARACTERS)] != '\0')
		return unfit(e, what);
	return 0;
}
