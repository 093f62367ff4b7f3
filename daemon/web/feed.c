#include <stdlib.h>
#include <string.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/template/template.h"
#include "daemon/web/archive.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"

#define ISSUES_MAX 4
#define ATOM_NS "http://www.w3.org/2005/Atom"
/* RFC 4151: a name is stable for ever with a day on which it was ours. */
#define TAG_DAY "2026-01-01"
#define NEVER "1970-01-01T00:00:00Z"

struct feed {
	const struct site *site;
	const char *lang;
	xmlTextWriterPtr w;
};

#define X (const xmlChar *)

static void
element(const struct feed *f, const char *name, const char *text)
{
	(void)xmlTextWriterWriteElement(f->w, X name, X text);
}

static void
attribute(const struct feed *f, const char *name, const char *value)
{
	(void)xmlTextWriterWriteAttribute(f->w, X name, X value);
}

static void
link(const struct feed *f, const char *rel, const char *type, const char *path,
    const char *anchor)
{
	(void)xmlTextWriterStartElement(f->w, X "link");
	attribute(f, "rel", rel);
	attribute(f, "type", type);
	(void)xmlTextWriterWriteFormatAttribute(f->w, X "href", "%s%s%s%s",
	    f->site->config->base_url, path, anchor[0] != '\0' ? "#" : "",
	    anchor);
	(void)xmlTextWriterEndElement(f->w);
}

static char *
prop(xmlNodePtr x, const char *name)
{
	char *value = (char *)xmlGetProp(x, X name);

	return value != NULL ? value : (char *)xmlStrdup(X "");
}

/* Markup as text: what type "html" stands for (RFC 4287, 3.1.1.2). */
static void
content(const struct feed *f, xmlNodePtr article)
{
	xmlBufferPtr b = xmlBufferCreate();

	for (xmlNodePtr x = article->children; x != NULL; x = x->next)
		(void)xmlNodeDump(b, x->doc, x, 0, 0);
	(void)xmlTextWriterStartElement(f->w, X "content");
	attribute(f, "type", "html");
	(void)xmlTextWriterWriteString(f->w, xmlBufferContent(b));
	(void)xmlTextWriterEndElement(f->w);
	xmlBufferFree(b);
}

static void
title(const struct feed *f, xmlNodePtr item)
{
	xmlChar *text = xmlNodeGetContent(item->children);
	char *lang = prop(item->children, "lang");

	(void)xmlTextWriterStartElement(f->w, X "title");
	if (lang[0] != '\0')
		attribute(f, "xml:lang", lang);
	(void)xmlTextWriterWriteString(f->w, text);
	(void)xmlTextWriterEndElement(f->w);
	xmlFree(lang);
	xmlFree(text);
}

static void
entry(const struct feed *f, const struct rows *r, int row, xmlNodePtr item,
    xmlNodePtr article)
{
	char path[ARCHIVE_PATH_MAX];
	char *anchor = prop(item, "anchor");

	archive_path(path, f->lang, r, row);
	(void)xmlTextWriterStartElement(f->w, X "entry");
	(void)xmlTextWriterWriteFormatElement(f->w, X "id",
	    "tag:%s," TAG_DAY ":%s/%s/%s/%s", f->site->config->list_id,
	    rows_str(r, row, "series"), rows_str(r, row, "year"),
	    rows_str(r, row, "number"), anchor);
	title(f, item);
	element(f, "updated", rows_str(r, row, "updated"));
	link(f, "alternate", "text/html", path, anchor);
	content(f, article);
	(void)xmlTextWriterEndElement(f->w);
	xmlFree(anchor);
}

static xmlNodePtr
next_article(xmlNodePtr x)
{
	while (x != NULL && strcmp((const char *)x->name, "article") != 0)
		x = x->next;
	return x;
}

/* The template writes an article for each item. */
static int
entries(const struct feed *f, const struct rows *r, int row, struct err *e)
{
	struct page p;
	xmlDocPtr html = NULL;
	xmlNodePtr edition, article, item = NULL;
	int rc = -1;

	page_init_public(&p, f->site, f->lang, NULL, NULL);
	edition = archive_copy(p.root, rows_str(r, row, "document"));
	if (edition == NULL)
		(void)err_set(e, ERR_SYS, "The issue cannot be read");
	else
		rc = template_render(f->site->templates[PAGE_FEED], p.doc,
		    f->lang, TEMPLATE_HTML, &html, e);
	if (rc == 0) {
		article = xmlDocGetRootElement(html)->children;
		while ((item = archive_next(edition, item)) != NULL &&
		    (article = next_article(article)) != NULL) {
			entry(f, r, row, item, article);
			article = article->next;
		}
		xmlFreeDoc(html);
	}
	page_done(&p);
	return rc;
}

static void
head(const struct feed *f, const struct rows *r)
{
	const struct config *c = f->site->config;
	bool dutch = strcmp(f->lang, "nl") == 0;

	(void)xmlTextWriterStartElementNS(f->w, NULL, X "feed", X ATOM_NS);
	attribute(f, "xml:lang", f->lang);
	(void)xmlTextWriterWriteFormatElement(f->w, X "id",
	    "tag:%s," TAG_DAY ":feed/%s", c->list_id, f->lang);
	(void)xmlTextWriterWriteFormatElement(f->w, X "title", "%s %s",
	    dutch ? c->name_nl : c->name_en, c->sender);
	element(f, "updated", r->n > 0 ? rows_str(r, 0, "updated") : NEVER);
	link(f, "self", "application/atom+xml",
	    dutch ? "/feed/nl.xml" : "/feed/en.xml", "");
	link(f, "alternate", "text/html", archive_root(f->lang), "");
	(void)xmlTextWriterStartElement(f->w, X "author");
	element(f, "name", c->sender);
	(void)xmlTextWriterEndElement(f->w);
}

static int
write_feed(struct feed *f, const struct rows *r, struct buf *out, struct err *e)
{
	xmlBufferPtr b = xmlBufferCreate();
	int rc = 0;

	f->w = xmlNewTextWriterMemory(b, 0);
	if (f->w == NULL)
		abort();
	(void)xmlTextWriterStartDocument(f->w, NULL, "UTF-8", NULL);
	head(f, r);
	for (int row = 0; rc == 0 && row < r->n; row++)
		rc = entries(f, r, row, e);
	(void)xmlTextWriterEndDocument(f->w);
	xmlFreeTextWriter(f->w);
	if (rc == 0 &&
	    buf_add(out, xmlBufferContent(b), (size_t)xmlBufferLength(b)) == -1)
		rc = err_set(e, ERR_LIMIT, "The feed is too large");
	xmlBufferFree(b);
	return rc;
}

int
feed_show(struct request *q, struct response *r, struct err *e)
{
	const struct site_worker *w = q->worker;
	struct feed f = { .site = w->site,
		.lang =
		    strstr(q->route->pattern, "/nl.") != NULL ? "nl" : "en" };
	struct database *d;
	struct rows rows;
	int rc;

	if (archive_open(q, &d, e) == -1 ||
	    DATABASE_RUN(d, &rows, e, "web_archive_feed", param_text(f.lang),
		param_int(ISSUES_MAX)) == -1)
		return -1;
	rc = write_feed(&f, &rows, &r->body, e);
	rows_done(&rows);
	r->type = "application/atom+xml; charset=utf-8";
	response_public(r);
	return rc;
}
