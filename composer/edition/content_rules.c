#include "composer/edition/content_rules.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/config.h"

#define NAME_MAX_BYTES ((size_t)1024)

bool
content_has(const char *s)
{
	return s != NULL && s[0] != '\0';
}

bool
content_has_text(const struct content_item *i, enum content_lang lang)
{
	return i->sides[lang].ready && content_has(i->sides[lang].body);
}

bool
content_falls_back(const struct content_item *i, enum content_lang lang)
{
	return !content_has_text(i, lang) && content_has_text(i, !lang);
}

bool
content_left_out(const struct content_item *i, enum content_lang lang)
{
	return !content_has_text(i, lang) && i->sides[lang].absence != NULL &&
	    strcmp(i->sides[lang].absence, "speakers") == 0;
}

bool
content_kept_back(const struct content *c, const struct content_item *i)
{
	return c->public && !i->public;
}

int
content_number(const struct content *c, const struct content_item *item,
    enum content_lang lang)
{
	int n = 0;

	for (const struct content_item *i = c->items; i <= item; i++)
		n += !content_left_out(i, lang);
	return n;
}

bool
content_edition_valid(const char *name)
{
	return strcmp(name, "nl") == 0 || strcmp(name, "en") == 0 ||
	    strcmp(name, "both") == 0;
}

size_t
content_edition_langs(const char *name, const struct config *cfg,
    enum content_lang ret[CONTENT_LANGS])
{
	bool both = strcmp(name, "both") == 0;
	const char *first = both ? cfg->first_language : name;

	ret[0] = strcmp(first, "en") == 0 ? CONTENT_EN : CONTENT_NL;
	ret[1] = !ret[0];
	return both ? 2 : 1;
}

void
content_count(const struct content *c, enum content_lang lang,
    struct content_counts *ret)
{
	*ret = (struct content_counts){ .items = 0 };
	for (size_t i = 0; i < c->nitems; i++) {
		const struct content_item *item = &c->items[i];

		if (content_kept_back(c, item)) {
			ret->kept++;
			ret->questions += strcmp(item->kind, "question") == 0;
			continue;
		}
		if (content_left_out(item, lang)) {
			ret->left_out++;
			continue;
		}
		ret->items++;
		ret->texts += content_has_text(item, lang) ||
		    content_has_text(item, !lang);
		ret->fallbacks += content_falls_back(item, lang);
	}
}

static const char *
newsletter_name(const struct config *cfg, enum content_lang lang)
{
	return lang == CONTENT_NL ? cfg->name_nl : cfg->name_en;
}

void
content_label(const struct content_name *name, const struct config *cfg,
    enum content_lang lang, bool year, struct buf *ret)
{
	/* A word of both languages. */
	(void)buf_adds(ret,
	    strcmp(name->series, "extra") == 0 ? "Extra"
					       : newsletter_name(cfg, lang));
	if (name->number > 0)
		(void)buf_addf(ret, " %d", name->number);
	if (year)
		(void)buf_addf(ret, name->number > 0 ? ", %d" : " %d",
		    name->year);
}

/* In a sentence a name begins with a small letter. */
static void
correction_heading(const struct content *c, const struct config *cfg,
    enum content_lang lang, struct buf *ret)
{
	struct buf label;

	buf_init(&label, NAME_MAX_BYTES);
	content_label(&c->wrong, cfg, lang, false, &label);
	label.data[0] = (char)tolower((unsigned char)label.data[0]);
	/* TRANSLATORS: %s is an issue, "newsletter 12" */
	(void)buf_addf(ret,
	    catalogue_text(content_langs[lang], N_("Correction %s")),
	    label.data);
	buf_done(&label);
}

void
content_heading(const struct content *c, const struct config *cfg,
    enum content_lang lang, struct buf *ret)
{
	static const char *const words[SPECIAL_KINDS] = {
		[SPECIAL_NONE] = "",
		[SPECIAL_INVITATION] = N_("Invitation"),
		[SPECIAL_REPORT] = N_("Report"),
		[SPECIAL_URGENT] = N_("Urgent"),
	};

	if (c->kind == SPECIAL_CORRECTION)
		correction_heading(c, cfg, lang, ret);
	else if (c->kind != SPECIAL_NONE)
		(void)buf_adds(ret,
		    catalogue_text(content_langs[lang], words[c->kind]));
}
