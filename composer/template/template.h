/*
 * template - XHTML with attributes that fill it from an XML document
 *
 * Attributes of the namespace urn:x-tweeluik:template, prefix t, hold XPath
 * 1.0 (composer/template/xpath.h has the functions) unless said otherwise:
 *
 *   t:each          once for every node; inside, the node is the current one
 *   t:if            only when true
 *   t:only          "html" or "text": only in that medium
 *   t:lang          switches the language below, sets lang (xml:lang on body)
 *   t:text          the content, as text
 *   t:copy          the content: copies of the children of the nodes
 *   t:attr-NAME     the attribute; left out when nothing or false is selected
 *   t:include       file name; the children of its root replace the element
 *   t:strip         "yes": the element vanishes, its children stay; <t:block>
 *                   does the same
 *   t:as            text style (composer/template/plaintext.h), in the text medium
 *
 * An element with letters in its own text and only inline elements below is
 * one sentence to translate (composer/template/sentence.h); alt, title, aria-label,
 * aria-roledescription, placeholder and the value of a submit button are too:
 *
 *   t:with-NAME     the value of {NAME}
 *   t:n, t:plural   the number ({n}), and the sentence for several
 *   t:context       text: tells apart equal sentences (msgctxt)
 *   t:note          text: a note to the translator
 *   translate="no"  nothing below is a sentence
 *
 * Text from the document is always text; t:copy makes only XHTML elements,
 * without scripts; a computed URL has the scheme https, http or mailto or
 * none, and event handlers and styles cannot be computed at all.
 *
 * Ownership: template_load() gives what template_free() takes; a rendered
 *   document, whose elements have no namespace, goes to xmlFreeDoc().
 * Errors: ERR_CONFIG names file and line; as much as possible at load time.
 * Limits: TEMPLATE_DEPTH_MAX elements deep, TEMPLATE_NODES_MAX nodes of
 *   output, XPATH_OPS_MAX steps a rendering.
 * Threads: a loaded template is read-only and shared; xmlInitParser() and
 *   catalogue_init() belong before the first thread.
 */
#ifndef COMPOSER_TEMPLATE_TEMPLATE_H
#define COMPOSER_TEMPLATE_TEMPLATE_H

#include <libxml/tree.h>

#define TEMPLATE_DEPTH_MAX 64
#define TEMPLATE_NODES_MAX 500000

struct buf;
struct err;
struct template;

enum template_medium { TEMPLATE_HTML, TEMPLATE_TEXT };

/* name, and the names in t:include, are paths below dir. */
int template_load(const char *dir, const char *name, struct template **ret,
    struct err *e);
void template_free(struct template *t);

int template_render(const struct template *t, xmlDocPtr data, const char *lang,
    enum template_medium medium, xmlDocPtr *ret_doc, struct err *e);

/* <!DOCTYPE html> and the document, in a syntax HTML and XML parsers read
 * alike, UTF-8. */
int template_save_html(xmlDocPtr doc, struct buf *out, struct err *e);

/* What translators get to see, in the order of the template. */
struct template_message {
	const char *file;
	int line;
	const char *msgid;
	const char *plural; /* NULL for none, as the rest */
	const char *context;
	const char *note;
};
void template_each_message(const struct template *t,
    void (*visit)(void *arg, const struct template_message *m), void *arg);

#endif
