#include "composer/issue/check_add.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/err.h"
#include "composer/issue/issue.h"

void
check_add(struct check *ck, enum check_severity severity, const char *slug,
    int64_t item, const char *fix, const char *fmt, ...)
{
	struct check_finding *f = arena_alloc(ck->arena, sizeof(*f));
	va_list ap;

	va_start(ap, fmt);
	f->text = arena_vprintf(ck->arena, catalogue_text(ck->lang, fmt), ap);
	va_end(ap);
	f->severity = severity;
	f->slug = slug;
	f->item = item;
	f->fix = fix == NULL ? "" : fix;
	ck->blocking += severity == CHECK_BLOCKING;
	ck->warnings += severity == CHECK_WARNING;
	*ck->end = f;
	ck->end = &f->next;
}

const char *
check_language(const struct check *ck, const char *name)
{
	const char *msgid = strcmp(name, "nl") == 0 ? N_("Dutch")
	    : strcmp(name, "en") == 0		    ? N_("English")
						    : N_("Both");

	return catalogue_text(ck->lang, msgid);
}

const char *
check_severity_word(enum check_severity s)
{
	return s == CHECK_BLOCKING ? "blocking"
	    : s == CHECK_WARNING   ? "warning"
				   : "ok";
}

/* Part of a word, also in letters outside ASCII. */
static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool
has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		if ((p == text || !in_word(p[-1])) && !in_word(p[n]))
			return true;
	return false;
}

const char *
check_leftover(const char *text)
{
	if (has_word(text, "TK"))
		return "TK";
	if (has_word(text, "XXX"))
		return "XXX";
	return strcasestr(text, "[vertalen]") != NULL ? "[vertalen]" : NULL;
}

char *
check_normal(struct arena *a, const char *text)
{
	char *copy = arena_alloc(a, strlen(text) + 1), *w = copy;

	for (const char *p = text; *p != '\0'; p++)
		if (!isspace((unsigned char)*p))
			*w++ = *p;
		else if (w != copy && w[-1] != ' ')
			*w++ = ' ';
	if (w != copy && w[-1] == ' ')
		w--;
	*w = '\0';
	return copy;
}

void
check_link(struct check *ck, const char *url, int64_t item)
{
	for (size_t i = 0; i < ck->nlinks; i++)
		if (strcmp(ck->links[i].url, url) == 0)
			return;
	if (ck->nlinks == LINKS_MAX)
		return;
	if (!links_well_formed(url)) {
		check_add(ck, CHECK_BLOCKING, "link-malformed", item,
		    item == 0 ? NULL
			      : arena_printf(ck->arena,
				    "tweeluik item edit %lld", (long long)item),
		    N_("The link '%s' is not complete"), url);
		return;
	}
	ck->links[ck->nlinks++] =
	    (struct link){ .url = arena_strdup(ck->arena, url), .item = item };
}
