#include "composer/edition/markdown.h"

#include <cmark-gfm.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "composer/template/xpath.h"

/* The element of a node, NULL for one that shows only what is in it. */
static const char *
element_of(cmark_node *n)
{
	cmark_node *list;

	switch (cmark_node_get_type(n)) {
	case CMARK_NODE_PARAGRAPH:
		/* In a tight list the items are the paragraphs. */
		list = cmark_node_parent(cmark_node_parent(n));
		return list != NULL && cmark_node_get_list_tight(list) ? NULL
								       : "p";
	case CMARK_NODE_HEADING:
	case CMARK_NODE_CODE_BLOCK:
	case CMARK_NODE_HTML_BLOCK:
		return "p";
	case CMARK_NODE_LIST:
		return cmark_node_get_list_type(n) == CMARK_ORDERED_LIST ? "ol"
									 : "ul";
	case CMARK_NODE_ITEM:
		return "li";
	case CMARK_NODE_BLOCK_QUOTE:
		return "blockquote";
	case CMARK_NODE_STRONG:
		return "strong";
	case CMARK_NODE_EMPH:
		return "em";
	case CMARK_NODE_LINEBREAK:
		return "br";
	case CMARK_NODE_LINK:
		return markdown_url_fits(cmark_node_get_url(n)) ? "a" : NULL;
	default:
		return NULL;
	}
}

static bool
is_paragraph(const char *element)
{
	return strcmp(element, "p") == 0 || strcmp(element, "br") == 0;
}

static xmlNodePtr
add_element(xmlNodePtr dst, const char *name, cmark_node *n)
{
	xmlNodePtr x = xmlNewChild(dst, NULL, XCHAR name, NULL);
	char start[16];

	if (x == NULL)
		abort();
	if (strcmp(name, "a") == 0)
		(void)xmlNewProp(x, XCHAR "href", XCHAR cmark_node_get_url(n));
	if (strcmp(name, "ol") == 0 && cmark_node_get_list_start(n) != 1) {
		(void)snprintf(start, sizeof(start), "%d",
		    cmark_node_get_list_start(n));
		(void)xmlNewProp(x, XCHAR "start", XCHAR start);
	}
	return x;
}

/* Code and HTML keep their lines. */
static void
add_lines(xmlNodePtr dst, const char *s)
{
	size_t len = strlen(s);

	while (len > 0 && s[len - 1] == '\n')
		len--;
	for (const char *end = s + len; s < end; s++) {
		size_t n = strcspn(s, "\n");

		if (n > (size_t)(end - s))
			n = (size_t)(end - s);
		xmlNodeAddContentLen(dst, XCHAR s, (int)n);
		s += n;
		if (s < end)
			(void)xmlNewChild(dst, NULL, XCHAR "br", NULL);
	}
}

static void
add_words(xmlNodePtr dst, cmark_node *n)
{
	const char *s = cmark_node_get_literal(n);

	switch (cmark_node_get_type(n)) {
	case CMARK_NODE_TEXT:
	case CMARK_NODE_CODE:
	case CMARK_NODE_HTML_INLINE:
		xmlNodeAddContent(dst, XCHAR s);
		break;
	case CMARK_NODE_CODE_BLOCK:
	case CMARK_NODE_HTML_BLOCK:
		add_lines(dst, s);
		break;
	case CMARK_NODE_SOFTBREAK:
		xmlNodeAddContent(dst, XCHAR "\n");
		break;
	default:
		break;
	}
}

static cmark_node *
parse(const char *text)
{
	size_t len = strlen(text);
	cmark_node *doc;

	if (len > MARKDOWN_MAX)
		return NULL;
	doc = cmark_parse_document(text, len, CMARK_OPT_VALIDATE_UTF8);
	if (doc == NULL)
		abort();
	return doc;
}

static void
render(cmark_node *doc, xmlNodePtr dst)
{
	cmark_iter *iter = cmark_iter_new(doc);
	cmark_event_type event;
	int depth = 0;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *n = cmark_iter_get_node(iter);
		const char *name = element_of(n);
		xmlNodePtr x = cmark_node_get_user_data(n);

		if (event == CMARK_EVENT_EXIT) {
			if (x != NULL) {
				dst = x->parent;
				depth--;
			}
			continue;
		}
		if (name != NULL &&
		    (depth < MARKDOWN_DEPTH_MAX || is_paragraph(name))) {
			x = add_element(dst, name, n);
			add_words(x, n);
			if (cmark_node_first_child(n) != NULL) {
				cmark_node_set_user_data(n, x);
				dst = x;
				depth++;
			}
		} else
			add_words(dst, n);
	}
	cmark_iter_free(iter);
}

int
markdown_render(const char *text, xmlNodePtr dst, struct err *e)
{
	cmark_node *doc = parse(text);

	if (doc == NULL)
		return err_set(e, ERR_LIMIT, "A text has at most %d kilobytes",
		    (int)(MARKDOWN_MAX / 1024));
	render(doc, dst);
	cmark_node_free(doc);
	return 0;
}

/* Runs without blanks that have a letter or digit; 0xe2 starts dashes and
 * quotes. */
static size_t
count(const char *s)
{
	size_t words = 0;

	while (*s != '\0') {
		size_t n = strcspn(s, " \t\n");
		bool word = false;

		for (size_t i = 0; i < n; i++)
			word |= isalnum((unsigned char)s[i]) ||
			    ((unsigned char)s[i] >= 0xc3 &&
				(unsigned char)s[i] != 0xe2);
		words += word;
		s += n;
		s += strspn(s, " \t\n");
	}
	return words;
}

/* Where p, blockquote, br and li end, a word ends. */
static void
add_spaces(xmlNodePtr x)
{
	for (; x != NULL; x = x->next) {
		add_spaces(x->children);
		if (x->type == XML_ELEMENT_NODE &&
		    strchr("pbl", x->name[0]) != NULL)
			xmlNodeAddContent(x, XCHAR " ");
	}
}

size_t
markdown_words(const char *text)
{
	xmlNodePtr x = xmlNewNode(NULL, XCHAR "words");
	struct err e;
	xmlChar *words;
	size_t n = 0;

	if (x == NULL)
		abort();
	if (markdown_render(text, x, &e) == 0) {
		add_spaces(x->children);
		words = xmlNodeGetContent(x);
		n = count((const char *)words);
		xmlFree(words);
	}
	xmlFreeNode(x);
	return n;
}

/* Nothing that ends the address early. */
bool
markdown_url_fits(const char *url)
{
	if (strncasecmp(url, "https://", 8) != 0 &&
	    strncasecmp(url, "mailto:", 7) != 0)
		return false;
	for (; *url != '\0'; url++)
		if ((unsigned char)*url <= ' ' || *url == 0x7f ||
		    strchr("<>\"\\", *url) != NULL)
			return false;
	return true;
}

void
markdown_each_link(const char *text, void (*visit)(void *arg, const char *url),
    void *arg)
{
	cmark_node *doc = parse(text);
	cmark_iter *iter;

	if (doc == NULL)
		return;
	iter = cmark_iter_new(doc);
	while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
		cmark_node *n = cmark_iter_get_node(iter);

		if (cmark_iter_get_event_type(iter) == CMARK_EVENT_ENTER &&
		    cmark_node_get_type(n) == CMARK_NODE_LINK)
			visit(arg, cmark_node_get_url(n));
	}
	cmark_iter_free(iter);
	cmark_node_free(doc);
}
