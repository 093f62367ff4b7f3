#include "base/catalogue.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define DOMAIN_MAX 32
#define KEY_MAX 4096

static const char *const languages[] = { "nl", "en" };

static void
domain_of(char domain[DOMAIN_MAX], const char *lang)
{
	(void)snprintf(domain, DOMAIN_MAX, "tweeluik-%s", lang);
}

int
catalogue_init(const char *dir, struct err *e)
{
	char domain[DOMAIN_MAX];

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return err_set(e, ERR_SYS, "The locale C.UTF-8 is missing");
	/* LANGUAGE would override the choice made per request. */
	(void)unsetenv("LANGUAGE");
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		domain_of(domain, languages[i]);
		if (bindtextdomain(domain, dir) == NULL ||
		    bind_textdomain_codeset(domain, "UTF-8") == NULL)
			return err_set(e, ERR_SYS,
			    "The catalogue %s cannot be opened", domain);
	}
	return 0;
}

const char *
catalogue_text(const char *lang, const char *msgid)
{
	char domain[DOMAIN_MAX];

	if (msgid[0] == '\0') /* gettext would answer its header */
		return msgid;
	domain_of(domain, lang);
	return dgettext(domain, msgid);
}

const char *
catalogue_context(const char *lang, const char *context, const char *msgid)
{
	char domain[DOMAIN_MAX], key[KEY_MAX];
	const char *text;

	domain_of(domain, lang);
	if ((size_t)snprintf(key, sizeof(key), "%s\004%s", context, msgid) >=
	    sizeof(key))
		return msgid;
	text = dgettext(domain, key);
	return text == key ? msgid : text;
}

const char *
catalogue_plural(const char *lang, const char *one, const char *many,
    unsigned long n)
{
	char domain[DOMAIN_MAX];

	domain_of(domain, lang);
	return dngettext(domain, one, many, n);
}
