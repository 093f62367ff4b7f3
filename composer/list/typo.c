#include "composer/list/typo.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Domains one edit apart that both exist (mail.com, gmail.com) are all named,
 * so that neither is taken for the other. */
static const char *const providers[] = { "gmail.com", "googlemail.com",
	"hotmail.com", "hotmail.nl", "outlook.com", "outlook.nl", "live.nl",
	"live.com", "msn.com", "yahoo.com", "yahoo.nl", "ymail.com",
	"icloud.com", "me.com", "proton.me", "protonmail.com", "kpnmail.nl",
	"ziggo.nl", "planet.nl", "xs4all.nl", "casema.nl", "home.nl",
	"hetnet.nl", "upcmail.nl", "chello.nl", "tele2.nl", "solcon.nl",
	"telfort.nl", "quicknet.nl", "zonnet.nl", "kpnplanet.nl", "gmx.net",
	"gmx.com", "gmx.de", "web.de", "aol.com", "mail.com", "email.com" };

/* At most one edit turns a into b. */
static bool
one_edit(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i = 0;

	while (a[i] != '\0' && a[i] == b[i])
		i++;
	if (la == lb)
		return strcmp(a + i + 1, b + i + 1) == 0 ||
		    (a[i] == b[i + 1] && a[i + 1] == b[i] &&
			strcmp(a + i + 2, b + i + 2) == 0);
	if (la + 1 == lb)
		return strcmp(a + i, b + i + 1) == 0;
	return la == lb + 1 && strcmp(a + i + 1, b + i) == 0;
}

const char *
typo_domain(const char *domain)
{
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
		if (strcmp(domain, providers[i]) == 0)
			return NULL;
		/* Short names are one edit from too much that exists. */
		if (found == NULL && strlen(providers[i]) > 7 &&
		    one_edit(domain, providers[i]))
			found = providers[i];
	}
	return found;
}
