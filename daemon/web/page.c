#include "daemon/web/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "composer/template/template.h"
#include "daemon/web/archive.h"
#include "daemon/web/http.h"

#define URL_MAX ((size_t)1024)

const char *
page_lang(const struct request *q)
{
	return strncmp(q->route->pattern, "/en/", 4) == 0 ? "en" : "nl";
}

void
page_attr(xmlNodePtr x, const char *name, const char *value)
{
	if (xmlNewProp(x, (const xmlChar *)name, (const xmlChar *)value) ==
	    NULL)
		abort();
}

xmlNodePtr
page_add(xmlNodePtr dst, const char *name)
{
	xmlNodePtr x = xmlNewChild(dst, NULL, (const xmlChar *)name, NULL);

	if (x == NULL)
		abort();
	return x;
}

static const char *
name_of(const char *lang)
{
	return strcmp(lang, "nl") == 0 ? "Nederlands" : "English";
}

static void
add_side(struct page *p, const char *lang)
{
	const struct config *c = p->site->config;
	bool dutch = strcmp(lang, "nl") == 0;
	xmlNodePtr side = page_add(p->root, "side");

	page_attr(side, "lang", lang);
	page_attr(side, "name", name_of(lang));
	page_attr(side, "list", dutch ? c->name_nl : c->name_en);
	page_attr(side, "subscribe", dutch ? "/aanmelden" : "/en/subscribe");
	page_attr(side, "privacy", dutch ? "/privacy" : "/en/privacy");
	page_attr(side, "accessibility",
	    dutch ? "/toegankelijkheid" : "/en/accessibility");
	if (c->archive) {
		page_attr(side, "archive", archive_root(lang));
		page_attr(side, "feed",
		    dutch ? "/feed/nl.xml" : "/feed/en.xml");
	}
	if (strcmp(lang, p->lang) == 0)
		page_attr(side, "first", "yes");
}

static void
add_alternate(struct page *p, const char *lang, const char *path)
{
	char url[URL_MAX];
	xmlNodePtr x;

	if (path == NULL)
		return;
	x = page_add(p->root, "alternate");
	(void)snprintf(url, sizeof(url), "%s%s", p->site->config->base_url,
	    path);
	page_attr(x, "lang", lang);
	page_attr(x, "name", name_of(lang));
	page_attr(x, "path", path);
	page_attr(x, "url", url);
	if (strcmp(lang, p->lang) == 0)
		page_set(p, "path", path);
}

static void
start(struct page *p, const struct site *s, const char *lang)
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
	page_set(p, "lang", p->lang);
	page_set(p, "sender", c->sender);
	page_set(p, "postal", c->postal_address);
	page_set(p, "mail", c->unsubscribe_address);
	page_set(p, "contact", c->reply_to);
	add_side(p, p->lang);
}

void
page_init(struct page *p, const struct site *s, const char *lang)
{
	start(p, s, lang);
	add_side(p, p->lang[0] == 'n' ? "en" : "nl");
}

void
page_init_public(struct page *p, const struct site *s, const char *lang,
    const char *path_nl, const char *path_en)
{
	start(p, s, lang);
	page_set(p, "current", "page"); /* a value of aria-current */
	add_alternate(p, "nl", path_nl);
	add_alternate(p, "en", path_en);
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
		page_attr(p->root, name, value);
}

static void
add_object(xmlNodePtr dst, const char *name, json_t *object)
{
	xmlNodePtr x = page_add(dst, name);
	const char *key;
	json_t *value, *each;
	size_t i;

	json_object_foreach(object, key, value)
	{
		if (json_is_string(value))
			page_attr(x, key, json_string_value(value));
		json_array_foreach(value, i, each) add_object(x, key, each);
	}
}

void
page_add_json(struct page *p, const char *name, json_t *object)
{
	add_object(p->root, name, object);
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
