#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "composer/edition/markdown.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only the elements of the small Markdown, and no URL of another scheme. */
static void
check(const xmlNode *n)
{
	static const char *const names[] = { "root", "p", "ul", "ol", "li",
		"blockquote", "a", "strong", "em", "br" };
	bool known = n->type == XML_TEXT_NODE;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		known = known || strcmp(names[i], (const char *)n->name) == 0;
	if (!known)
		abort();
	for (const xmlAttr *a = n->type == XML_ELEMENT_NODE ? n->properties
							    : NULL;
	     a != NULL; a = a->next)
		if (strcmp((const char *)a->name, "start") != 0 &&
		    (strcmp((const char *)a->name, "href") != 0 ||
			!markdown_url_fits((const char *)a->children->content)))
			abort();
	for (const xmlNode *c = n->children; c != NULL; c = c->next)
		check(c);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr root =
	    xmlNewDocNode(doc, NULL, (const xmlChar *)"root", NULL);
	char *text = malloc(size + 1);
	struct err e;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	(void)xmlDocSetRootElement(doc, root);
	if (markdown_render(text, root, &e) == 0)
		check(root);
	(void)markdown_words(text);
	free(text);
	xmlFreeDoc(doc);
	return 0;
}
