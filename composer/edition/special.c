#include "composer/edition/special.h"

#include <string.h>

const char *const special_words[SPECIAL_KINDS] = {
	[SPECIAL_NONE] = "",
	[SPECIAL_INVITATION] = "invitation",
	[SPECIAL_REPORT] = "report",
	[SPECIAL_URGENT] = "urgent",
	[SPECIAL_CORRECTION] = "correction",
};

enum special
special_of(const char *word)
{
	for (int s = SPECIAL_NONE + 1; word != NULL && s < SPECIAL_KINDS; s++)
		if (strcmp(word, special_words[s]) == 0)
			return (enum special)s;
	return SPECIAL_NONE;
}

const char *const *
special_editions(enum special s, size_t *ret_n)
{
	static const char *const names[SPECIAL_EDITIONS_MAX] = { "nl", "en",
		"both" };

	*ret_n = s == SPECIAL_INVITATION ? 1 : SPECIAL_EDITIONS_MAX;
	return names + SPECIAL_EDITIONS_MAX - *ret_n;
}

bool
special_has_edition(enum special s, const char *name)
{
	size_t n;
	const char *const *names = special_editions(s, &n);

	while (n-- > 0)
		if (strcmp(names[n], name) == 0)
			return true;
	return false;
}
