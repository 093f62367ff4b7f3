#include "composer/inbox/mail_auth.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 320 /* an address fits */

struct parser {
	const char *p;
};

/* Blanks and comments, which nest (RFC 5322 3.2.2). */
static void
skip_cfws(struct parser *x)
{
	int depth = 0;

	for (; *x->p != '\0'; x->p++) {
		if (*x->p == '(')
			depth++;
		else if (depth > 0 && *x->p == '\\' && x->p[1] != '\0')
			x->p++;
		else if (depth > 0 && *x->p == ')')
			depth--;
		else if (depth == 0 && strchr(" \t\r\n", *x->p) == NULL)
			return;
	}
}

/* A word or a quoted string, up to what ends it; "" for none. */
static const char *
read_value(struct parser *x, char ret[VALUE_MAX])
{
	bool quoted;
	size_t n = 0;

	skip_cfws(x);
	quoted = *x->p == '"';
	x->p += quoted;
	for (; *x->p != '\0'; x->p++) {
		if (quoted ? *x->p == '"'
			   : strchr(" \t\r\n;=()", *x->p) != NULL)
			break;
		if (quoted && *x->p == '\\' && x->p[1] != '\0')
			x->p++;
		if (n < VALUE_MAX - 1)
			ret[n++] = *x->p;
	}
	x->p += quoted && *x->p == '"';
	ret[n] = '\0';
	/* What was cut may not be taken for what it is not. */
	if (n == VALUE_MAX - 1)
		ret[0] = '\0';
	return ret;
}

static bool
skip_char(struct parser *x, char c)
{
	skip_cfws(x);
	if (*x->p != c)
		return false;
	x->p++;
	return true;
}

/* The domain of From is d, or lies below it. */
static bool
is_aligned(const char *from, const char *d)
{
	const char *at = strrchr(d, '@');
	size_t n, k = strlen(from);

	if (at != NULL)
		d = at + 1;
	n = strlen(d);
	return n > 0 && strchr(d, '.') != NULL && k >= n &&
	    strcasecmp(from + k - n, d) == 0 &&
	    (k == n || from[k - n - 1] == '.');
}

/* The property by which a method names a domain. */
static bool
names_domain(const char *method, const char *property)
{
	if (strcasecmp(method, "dmarc") == 0)
		return strcasecmp(property, "header.from") == 0;
	if (strcasecmp(method, "dkim") == 0)
		return strcasecmp(property, "header.d") == 0 ||
		    strcasecmp(property, "header.i") == 0;
	return strcasecmp(method, "spf") == 0 &&
	    strcasecmp(property, "smtp.mailfrom") == 0;
}

/* One "method=result property=value ...": 1 it vouches for the domain, 0 it
 * does not, -1 it cannot be read, so nothing behind it can be trusted. */
static int
read_result(struct parser *x, const char *domain)
{
	char method[VALUE_MAX], result[VALUE_MAX], property[VALUE_MAX],
	    value[VALUE_MAX];
	bool aligned = false, foreign = false;
	char *version;

	(void)read_value(x, method);
	version = strchr(method, '/');
	if (version != NULL)
		*version = '\0';
	if (!skip_char(x, '='))
		return strcasecmp(method, "none") == 0 ? 0 : -1;
	(void)read_value(x, result);
	for (;;) {
		skip_cfws(x);
		if (*x->p == '\0' || *x->p == ';')
			break;
		(void)read_value(x, property);
		if (!skip_char(x, '='))
			return -1;
		(void)read_value(x, value);
		if (!names_domain(method, property))
			continue;
		if (is_aligned(domain, value))
			aligned = true;
		else
			foreign = true;
	}
	return strcasecmp(result, "pass") == 0 && aligned && !foreign;
}

enum mail_auth
mail_auth_read(const char *field, const char *authserv_id, const char *domain)
{
	struct parser x = { field };
	char value[VALUE_MAX];
	enum mail_auth found = MAIL_AUTH_FAIL;
	int rc = 0;

	if (strcasecmp(read_value(&x, value), authserv_id) != 0)
		return MAIL_AUTH_NONE;
	skip_cfws(&x);
	if (*x.p != ';')
		(void)read_value(&x, value); /* a version */
	for (int n = 0; n < MAIL_AUTH_RESULTS_MAX && skip_char(&x, ';'); n++) {
		skip_cfws(&x);
		if (*x.p == '\0')
			break;
		rc = read_result(&x, domain);
		if (rc == -1)
			return MAIL_AUTH_FAIL;
		if (rc == 1)
			found = MAIL_AUTH_PASS;
	}
	skip_cfws(&x);
	return *x.p == '\0' ? found : MAIL_AUTH_FAIL;
}
