#include "composer/template/template_out.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "composer/template/template.h"
#include "composer/template/xpath.h"

#define XHTML_NS "http://www.w3.org/1999/xhtml"

static int
count_node(struct template_out *o)
{
	if (++o->nodes > TEMPLATE_NODES_MAX)
		return err_set(o->e, ERR_LIMIT, "The page becomes too large");
	return 0;
}

int
template_out_text(struct template_out *o, xmlNodePtr dst, const char *s,
    size_t len)
{
	xmlNodePtr text;

	if (len == 0)
		return 0;
	if (count_node(o) == -1)
		return -1;
	text = xmlNewDocTextLen(o->doc, XCHAR s, (int)len);
	if (text == NULL || xmlAddChild(dst, text) == NULL)
		abort();
	return 0;
}

int
template_out_element(struct template_out *o, xmlNodePtr dst, const char *name,
    xmlNodePtr *ret_element)
{
	xmlNodePtr x;

	if (count_node(o) == -1)
		return -1;
	x = xmlNewDocNode(o->doc, NULL, XCHAR name, NULL);
	if (x == NULL || xmlAddChild(dst, x) == NULL)
		abort();
	*ret_element = x;
	return 0;
}

/* A URL a browser runs or shows as a page of its own is not one of ours. */
static bool
is_safe_url(const char *url)
{
	static const char *const schemes[] = { "https:", "http:", "mailto:" };
	size_t before = strcspn(url, "/?#");

	if (memchr(url, ':', before) == NULL)
		return true;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

void
template_out_attr(xmlNodePtr x, const char *name, const char *value)
{
	static const char *const urls[] = { "href", "src", "action",
		"formaction" };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		if (strcmp(name, urls[i]) == 0 && !is_safe_url(value))
			return;
	if (xmlNewProp(x, XCHAR name, XCHAR value) == NULL)
		abort();
}

static int copy_nodes(struct template_out *o, const xmlNode *from,
    xmlNodePtr dst, int depth);

static int
copy_element(struct template_out *o, const xmlNode *x, xmlNodePtr dst,
    int depth)
{
	xmlNodePtr copy;

	if ((x->ns != NULL &&
		strcmp((const char *)x->ns->href, XHTML_NS) != 0) ||
	    strcmp((const char *)x->name, "script") == 0 ||
	    strcmp((const char *)x->name, "style") == 0)
		return 0;
	if (template_out_element(o, dst, (const char *)x->name, &copy) == -1)
		return -1;
	for (const xmlAttr *a = x->properties; a != NULL; a = a->next) {
		const char *name = (const char *)a->name;
		xmlChar *value;

		if (a->ns != NULL || strncmp(name, "on", 2) == 0 ||
		    strcmp(name, "style") == 0)
			continue;
		value = xmlNodeListGetString(x->doc, a->children, 1);
		template_out_attr(copy, name,
		    value != NULL ? (char *)value : "");
		xmlFree(value);
	}
	return copy_nodes(o, x->children, copy, depth + 1);
}

static int
copy_nodes(struct template_out *o, const xmlNode *from, xmlNodePtr dst,
    int depth)
{
	int rc = 0;

	if (depth > TEMPLATE_DEPTH_MAX)
		return err_set(o->e, ERR_LIMIT, "The text is nested too deep");
	for (; rc == 0 && from != NULL; from = from->next)
		if (from->type == XML_ELEMENT_NODE)
			rc = copy_element(o, from, dst, depth);
		else if (from->type == XML_TEXT_NODE ||
		    from->type == XML_CDATA_SECTION_NODE)
			rc = template_out_text(o, dst,
			    (const char *)from->content,
			    strlen((const char *)from->content));
	return rc;
}

int
template_out_copy(struct template_out *o, const xmlNode *from, xmlNodePtr dst)
{
	return copy_nodes(o, from->children, dst, 0);
}
