#include "composer/edition/archive.h"

#include <string.h>
#include <libxml/tree.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/edition/content.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define LABEL_BYTES_MAX ((size_t)1024)
#define WORDS_BYTES_MAX ((size_t)256 * 1024)

struct shelf {
	struct database *d;
	const struct config *config;
	int64_t issue;
	const struct content *content;
};

static bool
is(const xmlNode *x, const char *name)
{
	return xmlStrEqual(x->name, (const xmlChar *)name) != 0;
}

static void
add_attr(xmlNodePtr x, const char *name, struct buf *out)
{
	xmlChar *value = xmlGetProp(x, (const xmlChar *)name);

	if (value != NULL)
		(void)buf_addf(out, "%s ", (const char *)value);
	xmlFree(value);
}

static void
add_words(xmlNodePtr x, struct buf *out)
{
	for (; x != NULL; x = x->next) {
		if (x->type == XML_TEXT_NODE)
			(void)buf_adds(out, (const char *)x->content);
		if (x->type != XML_ELEMENT_NODE)
			continue;
		add_words(x->children, out);
		/* Words of two blocks are not one word. */
		if (!is(x, "a") && !is(x, "strong") && !is(x, "em") &&
		    !is(x, "code"))
			(void)buf_addc(out, ' ');
	}
}

/* What people would look for in an item: not what labels and links say. */
static void
item_words(xmlNodePtr item, struct buf *out)
{
	static const char *const attrs[] = { "place", "aim", "capacity",
		"contact", "site" };

	for (xmlNodePtr x = item->children; x != NULL; x = x->next) {
		if (x->type != XML_ELEMENT_NODE)
			continue;
		if (is(x, "body"))
			add_words(x->children, out);
		for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
			add_attr(x, attrs[i], out);
	}
}

static xmlNodePtr
child(xmlNodePtr x, const char *name)
{
	for (x = x->children; x != NULL && !is(x, name); x = x->next)
		;
	return x;
}

static int
store_item(const struct shelf *s, const char *lang, int position, xmlNodePtr x,
    struct err *e)
{
	xmlNodePtr body = child(x, "body");
	xmlChar *anchor = xmlGetProp(x, (const xmlChar *)"anchor");
	xmlChar *other =
	    body != NULL ? xmlGetProp(body, (const xmlChar *)"lang") : NULL;
	xmlChar *title = xmlNodeGetContent(child(x, "title"));
	struct buf words;
	int rc;

	buf_init(&words, WORDS_BYTES_MAX);
	item_words(x, &words);
	rc = DATABASE_DO(s->d, e, "archive_item", param_int(s->issue),
	    param_text(lang), param_int(position),
	    param_text((const char *)anchor), param_text((const char *)title),
	    param_text(words.data), param_text((const char *)other));
	buf_done(&words);
	xmlFree(other);
	xmlFree(anchor);
	xmlFree(title);
	return rc;
}

static int
store_items(const struct shelf *s, const char *lang, xmlDocPtr doc,
    struct err *e)
{
	xmlNodePtr side = child(xmlDocGetRootElement(doc), "side");
	int position = 0;

	for (xmlNodePtr x = side->children; x != NULL; x = x->next)
		for (xmlNodePtr i = x->children; i != NULL; i = i->next)
			if (is(x, "section") && is(i, "item") &&
			    store_item(s, lang, ++position, i, e) == -1)
				return -1;
	return 0;
}

static int
store_issue(const struct shelf *s, enum content_lang l, xmlDocPtr doc,
    struct err *e)
{
	const char *headline = s->content->texts[l].headline;
	struct buf label;
	xmlChar *text;
	int size, rc;

	buf_init(&label, LABEL_BYTES_MAX);
	content_label(&s->content->name, s->config, l, false, &label);
	xmlDocDumpMemory(doc, &text, &size);
	rc = DATABASE_DO(s->d, e, "archive_issue", param_int(s->issue),
	    param_text(content_langs[l]), param_text(label.data),
	    param_text(headline != NULL ? headline : ""),
	    param_text((const char *)text));
	xmlFree(text);
	buf_done(&label);
	return rc;
}

static int
store_lang(const struct shelf *s, enum content_lang l, struct err *e)
{
	const char *lang = content_langs[l];
	xmlDocPtr doc;
	int rc;

	if (content_document(s->content, s->config, lang, "", &doc, e) == -1)
		return -1;
	rc = store_issue(s, l, doc, e);
	if (rc == 0)
		rc = store_items(s, lang, doc, e);
	xmlFreeDoc(doc);
	return rc;
}

int
archive_store(struct database *d, const struct config *config, int64_t issue,
    struct err *e)
{
	struct content c;
	const struct shelf s = { d, config, issue, &c };
	struct arena a;
	int rc;

	arena_init(&a, ARENA_BYTES_MAX);
	rc = content_load_public(d, &a, issue, &c, e);
	for (int l = 0; rc == 0 && l < CONTENT_LANGS; l++)
		rc = store_lang(&s, (enum content_lang)l, e);
	arena_done(&a);
	return rc;
}
