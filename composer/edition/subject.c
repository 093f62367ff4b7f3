#include "composer/edition/subject.h"

#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/config.h"
#include "composer/edition/content_rules.h"

#define HALF_MAX ((size_t)1024)

/* Bytes of the first n characters. */
static size_t
bytes_of(const char *s, size_t n)
{
	size_t i = 0;

	for (; s[i] != '\0'; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && n-- == 0)
			break;
	return i;
}

/* At most SUBJECT_HEADLINE_MAX characters, cut behind a word. */
static bool
add_cut(const char *headline, struct buf *ret)
{
	size_t n = bytes_of(headline, SUBJECT_HEADLINE_MAX), word;

	if (headline[n] == '\0') {
		(void)buf_adds(ret, headline);
		return false;
	}
	n = bytes_of(headline, SUBJECT_HEADLINE_MAX - 3);
	for (word = n; word > 0 && headline[word] != ' ';)
		word--;
	if (word > 0)
		n = word;
	while (n > 0 && strchr(" ,;:", headline[n - 1]) != NULL)
		n--;
	(void)buf_add(ret, headline, n);
	(void)buf_adds(ret, "...");
	return true;
}

/* What is urgent goes out with the headline that there is. */
static const char *
headline_of(const struct content *c, enum content_lang lang)
{
	const char *h = c->texts[lang].headline;

	if (!content_has(h) && c->kind == SPECIAL_URGENT)
		h = c->texts[!lang].headline;
	return content_has(h) ? h : "";
}

/* One language of a special edition. */
static void
add_special(const struct content *c, const struct config *cfg,
    enum content_lang lang, const char *headline, struct buf *ret)
{
	const char *l = content_langs[lang];

	switch (c->kind) {
	case SPECIAL_INVITATION:
		/* TRANSLATORS: a subject line; %s is a headline */
		(void)buf_addf(ret, catalogue_text(l, N_("Invitation: %s")),
		    headline);
		break;
	case SPECIAL_REPORT:
		/* TRANSLATORS: a subject line; %s is a meeting */
		(void)buf_addf(ret, catalogue_text(l, N_("Report of %s")),
		    headline);
		break;
	case SPECIAL_URGENT:
		/* TRANSLATORS: a subject line; %s is a headline */
		(void)buf_addf(ret, catalogue_text(l, N_("Urgent: %s")),
		    headline);
		break;
	default:
		content_heading(c, cfg, lang, ret);
		if (headline[0] != '\0')
			(void)buf_addf(ret, ": %s", headline);
	}
}

bool
subject_write(const struct content *c, const struct config *cfg,
    const enum content_lang *langs, size_t nlangs, struct buf *ret)
{
	bool special = c->kind != SPECIAL_NONE, cut = false;
	bool corrects = c->kind == SPECIAL_CORRECTION, neutral = !corrects;
	size_t n = 0;

	for (size_t i = 0; i < nlangs; i++)
		neutral &= headline_of(c, langs[i])[0] == '\0';
	neutral |= cfg->neutral_subject;
	if (neutral || !special)
		content_label(&c->name, cfg, langs[0], neutral, ret);
	for (size_t i = 0; i < nlangs && !neutral; i++) {
		const char *h = headline_of(c, langs[i]);
		struct buf half;

		if (h[0] == '\0' && !corrects)
			continue;
		buf_init(&half, HALF_MAX);
		if (nlangs == 1)
			(void)buf_adds(&half, h);
		else
			cut |= add_cut(h, &half);
		if (n++ > 0)
			(void)buf_adds(ret, " | ");
		else if (!special)
			(void)buf_adds(ret, ": ");
		if (special)
			add_special(c, cfg, langs[i], half.data, ret);
		else
			(void)buf_adds(ret, half.data);
		buf_done(&half);
	}
	return cut;
}
