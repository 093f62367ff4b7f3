#include "daemon/web/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "composer/template/template.h"

static void
set(xmlNodePtr x, const char *name, const char *value)
{
	if (xmlNewProp(x, (const xmlChar *)name, (const xmlChar *)value) ==
	    NULL)
		abort();
}

static void
add_side(struct page *p, const char *lang)
{
	const struct config *c = p->site->config;
	bool dutch = strcmp(lang, "nl") == 0;
	xmlNodePtr side =
	    xmlNewChild(p->root, NULL, (const xmlChar *)"side", NULL);

	if (side == NULL)
		abort();
	set(side, "lang", lang);
	set(side, "name", dutch ? "Nederlands" : "English");
	set(side, "list", dutch ? c->name_nl : c->name_en);
	if (strcmp(lang, p->lang) == 0)
		set(side, "first", "yes");
}

void
page_init(struct page *p, const struct site *s, const char *lang)
{
	const struct config *c = s->config;

	p->site = s;
	if (strcmp(lang, "nl") != 0 && strcmp(lang, "en") != 0)
		lang = c->first_language;
	p->lang = strcmp(lang, "en") == 0 ? "en" : "nl";
	p->doc = xmlNewDoc((const xmlChar *)"1.0");
	p->root = xmlNewDocNode(p->doc, NULL, (const xmlChar *)"page", NULL);
	if (p->root == NULL)
		abort();
	(void)xmlDocSetRootElement(p->doc, p->root);
	add_side(p, p->lang);
	add_side(p, p->lang[0] == 'n' ? "en" : "nl");
	page_set(p, "lang", p->lang);
	page_set(p, "sender", c->sender);
	page_set(p, "postal", c->postal_address);
	page_set(p, "mail", c->unsubscribe_address);
}

void
page_done(struct page *p)
{
	xmlFreeDoc(p->doc);
	p->doc = NULL;
}

void
page_set(struct page *p, const char *name, const char *value)
{
	if (value != NULL)
		set(p->root, name, value);
}

int
page_write(struct page *p, enum site_page which, struct buf *out, struct err *e)
{
	xmlDocPtr html;
	int rc;

	if (template_render(p->site->templates[which], p->doc, p->lang,
		TEMPLATE_HTML, &html, e) == -1)
		return -1;
	rc = template_save_html(html, out, e);
	xmlFreeDoc(html);
	return rc;
}
