#include "daemon/web/webversion.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slot.h"
#include "composer/template/template.h"

/* Take the slots out of s, but for those of the web version.  True when it had
 * others: it is a reader's own. */
static bool
fill(const char *s, const char *token, struct buf *out)
{
	bool own = false;

	for (; *s != '\0'; s++) {
		int kind = slot_at(s);

		if (kind == -1) {
			(void)buf_addc(out, *s);
			continue;
		}
		if (kind == SLOT_WEB_VERSION)
			(void)buf_adds(out, token);
		else
			own = true;
		s += strlen(slot_placeholder((enum slot_kind)kind)) - 1;
	}
	return own;
}

static bool
fill_text(xmlNodePtr text, const char *token)
{
	struct buf b;
	bool own;

	buf_init(&b, WEBVERSION_BYTES_MAX);
	own = fill((const char *)text->content, token, &b);
	xmlNodeSetContentLen(text, (const xmlChar *)"", 0);
	xmlNodeAddContentLen(text, (const xmlChar *)b.data, (int)b.len);
	buf_done(&b);
	return own;
}

static bool
fill_attrs(xmlNodePtr x, const char *token)
{
	bool own = false;

	for (xmlAttrPtr a = x->properties; a != NULL; a = a->next)
		for (xmlNodePtr text = a->children; text != NULL;
		     text = text->next)
			own |= fill_text(text, token);
	return own;
}

static bool
has_words(xmlNodePtr x)
{
	xmlChar *s = xmlNodeGetContent(x);
	const unsigned char *p = s;

	while (*p != '\0' && *p < 0x80 && !isalnum(*p))
		p++;
	bool words = *p != '\0';
	xmlFree(s);
	return words;
}

/* Remove x, and what is empty without it. */
static void
take_out(xmlNodePtr x)
{
	xmlNodePtr above = x->parent;

	xmlUnlinkNode(x);
	xmlFreeNode(x);
	while (above->parent != NULL &&
	    above->parent->type == XML_ELEMENT_NODE &&
	    strcmp((const char *)above->name, "body") != 0 &&
	    !has_words(above)) {
		x = above;
		above = x->parent;
		xmlUnlinkNode(x);
		xmlFreeNode(x);
	}
}

/* The first element below x in the order of the text whose link is a reader's
 * own; all slots up to there are filled. */
static xmlNodePtr
next_own(xmlNodePtr x, const char *token)
{
	for (xmlNodePtr c = x->children; c != NULL; c = c->next) {
		xmlNodePtr found;

		if (c->type == XML_TEXT_NODE)
			(void)fill_text(c, token);
		if (c->type != XML_ELEMENT_NODE)
			continue;
		if (fill_attrs(c, token))
			return c;
		if ((found = next_own(c, token)) != NULL)
			return found;
	}
	return NULL;
}

int
webversion_write(const char *html, const char *token, struct buf *out,
    struct err *e)
{
	xmlDocPtr doc = xmlReadMemory(html, (int)strlen(html), NULL, "UTF-8",
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNodePtr root, own;
	int rc;

	if (doc == NULL || (root = xmlDocGetRootElement(doc)) == NULL) {
		xmlFreeDoc(doc);
		return err_set(e, ERR_SYS, "The edition cannot be read");
	}
	while ((own = next_own(root, token)) != NULL)
		take_out(own);
	rc = template_save_html(doc, out, e);
	xmlFreeDoc(doc);
	return rc;
}
