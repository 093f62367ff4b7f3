#include "daemon/web/framing.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2 */
static const char token_chars[] = "!#$%&'*+-.^_`|~0123456789"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";

/* RFC 9110, 5.5: nothing but text and blanks. */
static bool
has_controls(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return true;
	return false;
}

void
framing_field(struct framing *f, const char *name, const char *value)
{
	f->fields++;
	if (value == NULL)
		value = "";
	if (name[0] == '\0' || name[strspn(name, token_chars)] != '\0' ||
	    has_controls(value))
		f->odd = true;
	if (strcasecmp(name, "Content-Length") == 0) {
		f->lengths++;
		if (value[0] == '\0' ||
		    value[strspn(value, "0123456789")] != '\0')
			f->odd = true;
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		f->codings++;
		if (strcasecmp(value, "chunked") != 0)
			f->odd = true;
	} else if (strcasecmp(name, "Host") == 0) {
		f->hosts++;
	}
}

bool
framing_fields_ok(const struct framing *f)
{
	return !f->odd && f->fields <= FRAMING_FIELDS_MAX && f->lengths <= 1 &&
	    f->codings <= 1 && f->hosts <= 1 &&
	    (f->lengths == 0 || f->codings == 0);
}

bool
framing_target_ok(const char *target)
{
	const char *p;

	if (target[0] != '/')
		return false;
	for (p = target; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#')
			return false;
		if (c != '%')
			continue;
		if (!isxdigit((unsigned char)p[1]) ||
		    !isxdigit((unsigned char)p[2]))
			return false;
		if (p[1] < '2' || strncasecmp(p, "%7f", 3) == 0)
			return false; /* an encoded control character */
		p += 2;
	}
	return p - target <= FRAMING_TARGET_MAX;
}
