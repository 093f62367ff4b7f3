#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "base/slot.h"
#include "composer/edition/content.h"
#include "composer/edition/content_rules.h"
#include "composer/edition/markdown.h"
#include "composer/template/xpath.h"

#define VALUE_MAX ((size_t)4096)

/* One language of an edition. */
struct place {
	const struct content *c;
	const struct config *cfg;
	enum content_lang lang, other;
	bool both;
	bool first; /* the other language comes below */
	struct err *e;
};

static xmlNodePtr
add(xmlNodePtr dst, const char *name)
{
	xmlNodePtr x = xmlNewChild(dst, NULL, XCHAR name, NULL);

	if (x == NULL)
		abort();
	return x;
}

static void
set(xmlNodePtr x, const char *name, const char *value)
{
	if (content_has(value) &&
	    xmlNewProp(x, XCHAR name, XCHAR value) == NULL)
		abort();
}

static void
set_int(xmlNodePtr x, const char *name, long n)
{
	char value[24];

	(void)snprintf(value, sizeof(value), "%ld", n);
	set(x, name, value);
}

static void setf(xmlNodePtr x, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
setf(xmlNodePtr x, const char *name, const char *fmt, ...)
{
	char value[VALUE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	set(x, name, value);
}

static void
add_text(xmlNodePtr dst, const char *name, const char *text, const char *lang)
{
	xmlNodePtr x;

	if (!content_has(text))
		return;
	x = add(dst, name);
	xmlNodeAddContent(x, XCHAR text);
	set(x, "lang", lang);
}

/* RFC 6068 2: outside of these a character is percent-encoded. */
static void
add_encoded(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
			   "Z0123456789-._~@+!$'*",
			*s) != NULL)
			(void)buf_addc(b, *s);
		else
			(void)buf_addf(b, "%%%02X", (unsigned char)*s);
}

static void
set_mailto(xmlNodePtr x, const char *name, const char *address,
    const char *subject)
{
	struct buf b;

	buf_init(&b, VALUE_MAX);
	(void)buf_adds(&b, "mailto:");
	add_encoded(&b, address);
	if (content_has(subject)) {
		(void)buf_adds(&b, "?subject=");
		add_encoded(&b, subject);
	}
	set(x, name, b.data);
	buf_done(&b);
}

/* href where a link may lead there, and what people know it by: a host name,
 * or an address. */
static void
set_url(xmlNodePtr x, const char *url)
{
	const char *from = strchr(url, ':') + 1, *at;
	bool mail = strncasecmp(url, "mailto:", 7) == 0;
	size_t n;

	if (markdown_url_fits(url))
		set(x, "href", url);
	from += strspn(from, "/");
	n = strcspn(from, mail ? "?" : "/?#");
	if (!mail && (at = memchr(from, '@', n)) != NULL) {
		n -= (size_t)(at + 1 - from);
		from = at + 1;
	}
	if (!mail && strncasecmp(from, "www.", 4) == 0) {
		from += 4;
		n -= 4;
	}
	setf(x, mail ? "address" : "site", "%.*s", (int)n, from);
}

/* Parts of an item */

static int
add_markdown(const struct place *p, xmlNodePtr dst, const char *name,
    const char *text, const char *lang)
{
	xmlNodePtr x = add(dst, name);

	set(x, "lang", lang);
	return markdown_render(text, x, p->e);
}

static int
add_body(const struct place *p, xmlNodePtr x, const struct content_item *i)
{
	const char *other = content_langs[p->other];
	xmlNodePtr label;

	if (content_has_text(i, p->lang))
		return add_markdown(p, x, "body", i->sides[p->lang].body, NULL);
	if (!content_falls_back(i, p->lang))
		return 0;
	label = add(x, "missing");
	set(label, "only", other);
	if (i->sides[p->lang].absence != NULL)
		set(label, "follows", "yes");
	if (!p->both)
		return add_markdown(p, x, "body", i->sides[p->other].body,
		    other);
	set(label, "where", p->first ? "below" : "above");
	set_int(label, "n", content_number(p->c, i, p->other));
	setf(label, "anchor", "%s%d", other, content_number(p->c, i, p->other));
	return 0;
}

static void
add_link(const struct place *p, xmlNodePtr x, const struct content_item *i)
{
	xmlNodePtr link;

	if (!content_has(i->link) || !markdown_url_fits(i->link))
		return;
	link = add(x, "link");
	set_url(link, i->link);
	if (content_has(i->link_lang) &&
	    strcmp(i->link_lang, content_langs[p->lang]) != 0)
		set(link, "lang", i->link_lang);
}

static void
add_event(const struct place *p, xmlNodePtr x, const struct content_item *i)
{
	xmlNodePtr event, sign_up;

	if (strcmp(i->kind, "event") != 0)
		return;
	event = add(x, "event");
	set(event, "start", i->starts);
	set(event, "end", i->ends);
	set(event, "place", i->place);
	set(event, "online", i->online ? "yes" : NULL);
	set(event, "forward", i->may_forward ? "yes" : NULL);
	if (content_has(i->sign_up) && markdown_url_fits(i->sign_up)) {
		sign_up = add(event, "sign-up");
		set_url(sign_up, i->sign_up);
	}
	if (i->public)
		setf(event, "calendar",
		    p->lang == CONTENT_NL ? "%s/agenda/%lld.ics"
					  : "%s/events/%lld.ics",
		    p->cfg->base_url, (long long)i->id);
}

static void
add_organisation(const struct place *p, xmlNodePtr x,
    const struct content_item *i)
{
	const struct content_organisation *o = i->organisation;
	const struct content_side *s = &i->sides[p->lang];
	xmlNodePtr org, site;

	if (o == NULL)
		return;
	org = add(x, "organisation");
	set(org, "place", o->place);
	set(org, "address", o->address);
	set(org, "contact", o->contact);
	set(org, "phone", o->phone);
	set(org, "email", o->email);
	set(org, "aim", s->aim);
	set(org, "capacity", s->capacity);
	if (content_has(s->capacity))
		set(org, "capacity-date", o->capacity_date);
	if (!content_has(s->aim) && content_has(i->sides[p->other].aim))
		set(org, "aim-only", content_langs[p->other]);
	if (content_has(o->website) && strchr(o->website, ':') != NULL) {
		site = add(org, "website");
		set_url(site, o->website);
	}
}

static void
add_question(const struct place *p, xmlNodePtr x, const struct content_item *i)
{
	xmlNodePtr question;
	char reference[32];

	if (strcmp(i->kind, "question") != 0)
		return;
	question = add(x, "question");
	set(question, "region", i->region);
	set(question, "answer-by", i->answer_by);
	if (content_has(i->reference)) {
		(void)snprintf(reference, sizeof(reference), "V-%s",
		    i->reference);
		set(question, "reference", reference);
		set_mailto(question, "reply", p->cfg->reply_to, reference);
	}
	set(question, "address", p->cfg->reply_to);
}

static int
add_item(const struct place *p, xmlNodePtr section,
    const struct content_item *i)
{
	const struct content_side *s = &i->sides[p->lang];
	int n = content_number(p->c, i, p->lang);
	xmlNodePtr x = add(section, "item");

	set_int(x, "n", n);
	setf(x, "anchor", "%s%d", content_langs[p->lang], n);
	if (content_has(s->title))
		add_text(x, "title", s->title, NULL);
	else
		add_text(x, "title", i->sides[p->other].title,
		    content_langs[p->other]);
	if (add_body(p, x, i) == -1)
		return err_prefix(p->e, "item %lld", (long long)i->id);
	add_link(p, x, i);
	add_event(p, x, i);
	add_organisation(p, x, i);
	add_question(p, x, i);
	return 0;
}

/* Languages */

static int
add_sections(const struct place *p, xmlNodePtr side)
{
	const char *section = "";
	xmlNodePtr x = NULL;

	for (size_t i = 0; i < p->c->nitems; i++) {
		const struct content_item *item = &p->c->items[i];

		if (content_left_out(item, p->lang))
			continue;
		if (strcmp(item->section, section) != 0) {
			section = item->section;
			x = add(side, "section");
			set(x, "kind", item->kind);
			set(x, "title", item->sides[p->lang].topic);
		}
		if (add_item(p, x, item) == -1)
			return -1;
	}
	return 0;
}

static void
set_counts(const struct place *p, xmlNodePtr side)
{
	struct content_counts n;

	content_count(p->c, p->lang, &n);
	set_int(side, "items", n.items);
	set_int(side, "left-out", n.left_out);
	if (n.texts > 0 && n.texts == n.fallbacks)
		set(side, "untranslated", "yes");
}

/* A special edition is called what it is, and has its number beside it. */
static void
set_labels(const struct place *p, xmlNodePtr side)
{
	struct buf label, number;

	buf_init(&label, VALUE_MAX);
	buf_init(&number, VALUE_MAX);
	content_label(&p->c->name, p->cfg, p->lang, true, &number);
	if (p->c->kind == SPECIAL_NONE)
		content_label(&p->c->name, p->cfg, p->lang, false, &label);
	else
		content_heading(p->c, p->cfg, p->lang, &label);
	set(side, "short", label.data);
	set(side, "label",
	    p->c->kind == SPECIAL_NONE ? number.data : label.data);
	if (p->c->kind != SPECIAL_NONE)
		set(side, "number", number.data);
	buf_done(&number);
	buf_done(&label);
}

/* An invitation is passed on: its links belong to nobody. */
static void
set_links(const struct place *p, xmlNodePtr x)
{
	const char *lang = content_langs[p->lang], *base = p->cfg->base_url;

	if (p->c->kind == SPECIAL_INVITATION) {
		setf(x, "web",
		    p->lang == CONTENT_NL ? "%s/uitnodiging/%d-%d"
					  : "%s/invitation/%d-%d",
		    base, p->c->name.number, p->c->name.year);
		return;
	}
	setf(x, "web", "%s/m/%s/%s", base, slot_placeholder(SLOT_WEB_VERSION),
	    lang);
	setf(x, "choose", "%s/t/%s/%s", base, slot_placeholder(SLOT_LANGUAGE),
	    lang);
	setf(x, "choose-other", "%s/t/%s/%s", base,
	    slot_placeholder(SLOT_LANGUAGE), content_langs[p->other]);
}

/* Then that is what the invitation is for. */
static bool
one_event(const struct content *c, enum content_lang lang)
{
	int n = 0;

	for (size_t i = 0; i < c->nitems; i++)
		n += strcmp(c->items[i].kind, "event") == 0 &&
		    !content_left_out(&c->items[i], lang);
	return n == 1;
}

static int
add_side(const struct place *p, xmlNodePtr edition)
{
	const struct content_text *t = &p->c->texts[p->lang];
	xmlNodePtr x = add(edition, "side");

	set(x, "lang", content_langs[p->lang]);
	set(x, "other", content_langs[p->other]);
	set(x, "dir", "ltr");
	set_labels(p, x);
	set_links(p, x);
	if (p->c->kind == SPECIAL_INVITATION && one_event(p->c, p->lang))
		set(x, "invites", "yes");
	set_mailto(x, "subscribe", p->cfg->reply_to,
	    p->lang == CONTENT_NL ? p->cfg->name_nl : p->cfg->name_en);
	set_counts(p, x);
	set(x, "preheader", t->preheader);
	if (content_has(t->opening) &&
	    add_markdown(p, x, "opening", t->opening, NULL) == -1)
		return err_prefix(p->e, "opening");
	return add_sections(p, x);
}

static void
set_edition(const struct content *c, const struct config *cfg, xmlNodePtr x)
{
	const char *base = cfg->base_url;

	set(x, "kind", special_words[c->kind]);
	set(x, "date", c->planned);
	set(x, "sender", cfg->sender);
	set(x, "postal", cfg->postal_address);
	set(x, "reply-to", cfg->reply_to);
	if (cfg->archive)
		setf(x, "archive", "%s/archief", base);
	setf(x, "unsubscribe", "%s/u/%s", base,
	    slot_placeholder(SLOT_UNSUBSCRIBE));
	if (c->kind != SPECIAL_INVITATION)
		setf(x, "preferences", "%s/v/%s", base,
		    slot_placeholder(SLOT_PREFERENCES));
}

int
content_document(const struct content *c, const struct config *cfg,
    const char *edition, const char *subject, xmlDocPtr *ret_doc, struct err *e)
{
	xmlDocPtr doc = xmlNewDoc(XCHAR "1.0");
	enum content_lang langs[CONTENT_LANGS];
	size_t n = content_edition_langs(edition, cfg, langs);
	xmlNodePtr x;

	if (doc == NULL)
		abort();
	x = xmlNewDocNode(doc, NULL, XCHAR "edition", NULL);
	(void)xmlDocSetRootElement(doc, x);
	set(x, "name", edition);
	set(x, "subject", subject);
	set(x, "lang", content_langs[langs[0]]);
	set_edition(c, cfg, x);
	for (size_t i = 0; i < n; i++) {
		struct place p = { c, cfg, langs[i], !langs[i], n == 2, i == 0,
			e };

		if (add_side(&p, x) == -1) {
			xmlFreeDoc(doc);
			return -1;
		}
	}
	*ret_doc = doc;
	return 0;
}
