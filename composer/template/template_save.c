#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "composer/template/template.h"

/* libxml2's own serialisers add a second <meta>, an xml:lang to every lang,
 * an id to every name, or rewrite URLs; hence this one. */

static bool
among(const xmlChar *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp((const char *)name, *list) == 0)
			return true;
	return false;
}

static bool
is_void(const xmlChar *name)
{
	static const char *const names[] = { "area", "base", "br", "col", "hr",
		"img", "input", "link", "meta", "source", "track", "wbr",
		NULL };

	return among(name, names);
}

static bool
is_raw(const xmlNode *n)
{
	static const char *const names[] = { "script", "style", NULL };

	return among(n->name, names);
}

static void
escape(struct buf *out, const xmlChar *text)
{
	const char *s = (const char *)text;

	while (s != NULL && *s != '\0') {
		size_t n = strcspn(s, "<>&\"");

		(void)buf_add(out, s, n);
		s += n;
		if (*s == '\0')
			break;
		(void)buf_adds(out,
		    *s == '<'	    ? "&lt;"
			: *s == '>' ? "&gt;"
			: *s == '&' ? "&amp;"
				    : "&quot;");
		s++;
	}
}

static void
open_tag(const xmlNode *n, struct buf *out)
{
	(void)buf_addf(out, "<%s", (const char *)n->name);
	for (const xmlAttr *a = n->properties; a != NULL; a = a->next) {
		(void)buf_addf(out, " %s=\"", (const char *)a->name);
		for (const xmlNode *c = a->children; c != NULL; c = c->next)
			escape(out, c->content);
		(void)buf_addc(out, '"');
	}
	(void)buf_adds(out, is_void(n->name) ? " />" : ">");
	/* HTML parsers drop the first line end of a <pre>. */
	if (strcmp((const char *)n->name, "pre") == 0)
		(void)buf_addc(out, '\n');
}

/* One node without its children; -1 for what HTML cannot say. */
static int
open_node(const xmlNode *n, struct buf *out)
{
	const char *text = (const char *)n->content;

	switch (n->type) {
	case XML_ELEMENT_NODE:
		open_tag(n, out);
		return 0;
	case XML_TEXT_NODE:
		if (!is_raw(n->parent))
			escape(out, n->content);
		else if (strstr(text, "</") != NULL ||
		    strstr(text, "<!--") != NULL)
			return -1;
		else
			(void)buf_adds(out, text);
		return 0;
	case XML_COMMENT_NODE:
		return buf_addf(out, "<!--%s-->", text);
	default:
		return 0;
	}
}

int
template_save_html(xmlDocPtr doc, struct buf *out, struct err *e)
{
	const xmlNode *n = xmlDocGetRootElement(doc);

	(void)buf_adds(out, "<!DOCTYPE html>\n");
	while (n != NULL && n != (const xmlNode *)doc) {
		if (open_node(n, out) == -1 && !buf_full(out))
			return err_set(e, ERR_CONFIG,
			    "A script or style cannot hold markup");
		if (n->type == XML_ELEMENT_NODE && n->children != NULL &&
		    !is_void(n->name)) {
			n = n->children;
			continue;
		}
		if (n->type == XML_ELEMENT_NODE && !is_void(n->name))
			(void)buf_addf(out, "</%s>", (const char *)n->name);
		while (n->next == NULL && n->parent != (xmlNodePtr)doc) {
			n = n->parent;
			(void)buf_addf(out, "</%s>", (const char *)n->name);
		}
		n = n->next;
	}
	(void)buf_addc(out, '\n');
	if (buf_full(out))
		return err_set(e, ERR_LIMIT, "The page becomes too large");
	return 0;
}
