#include "daemon/send/smtp_ehlo.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const mechanisms[SMTP_MECHANISMS] = {
	[SMTP_SCRAM_SHA_256] = "SCRAM-SHA-256",
	[SMTP_SCRAM_SHA_1] = "SCRAM-SHA-1",
	[SMTP_PLAIN] = "PLAIN",
	[SMTP_LOGIN] = "LOGIN",
};

/* The next word of a line; its length, 0 at the end. */
static size_t
next_word(const char **p)
{
	*p += strspn(*p, " ");
	return strcspn(*p, " \n");
}

static bool
is_word(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

static void
parse_auth(struct smtp_ehlo *ret, const char *p)
{
	size_t n;

	for (; (n = next_word(&p)) > 0; p += n)
		for (int i = 0; i < SMTP_MECHANISMS; i++)
			if (is_word(p, n, mechanisms[i]))
				ret->mechanisms[i] = true;
}

static void
parse_line(struct smtp_ehlo *ret, const char *p)
{
	size_t n = next_word(&p);

	if (is_word(p, n, "STARTTLS"))
		ret->starttls = true;
	else if (is_word(p, n, "PIPELINING"))
		ret->pipelining = true;
	else if (is_word(p, n, "CHUNKING"))
		ret->chunking = true;
	else if (is_word(p, n, "AUTH"))
		parse_auth(ret, p + n);
	else if (is_word(p, n, "SIZE")) {
		ret->size = true;
		p += n;
		if (next_word(&p) > 0 && *p >= '0' && *p <= '9')
			ret->size_max_bytes = strtoull(p, NULL, 10);
	}
}

void
smtp_ehlo_parse(struct smtp_ehlo *ret, const char *text)
{
	const char *line = text;

	memset(ret, 0, sizeof(*ret));
	/* The first line is a greeting, whatever words it holds. */
	while ((line = strchr(line, '\n')) != NULL)
		parse_line(ret, ++line);
}

const char *
smtp_ehlo_best_mechanism(const struct smtp_ehlo *ehlo)
{
	for (int i = 0; i < SMTP_MECHANISMS; i++)
		if (ehlo->mechanisms[i])
			return mechanisms[i];
	return NULL;
}
