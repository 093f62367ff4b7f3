/*
 * xpath - XPath 1.0 over a document, with a language, limits and one error
 *   convention
 *
 * Adds to the core library, in the namespace of templates (prefix t):
 *   t:date(when, style)  a date in the current language (base/datefmt.h);
 *                        style "day" (also when left out), "moment", "short", "time"
 *   t:number(n)          a number in the current language
 *   t:tr(msgid)          the sentence in the current language
 *   t:lang()             the current language
 *
 * Expressions are compiled at each use: libxml2 keeps the functions it found
 * inside a compiled expression, which therefore cannot be shared by threads.
 *
 * Ownership: xpath_init() borrows the document; what xpath_eval() and
 *   xpath_string() return is freed with xmlXPathFreeObject() and xmlFree().
 * Errors: a bad expression, an unknown variable or function, a date that is
 *   none: ERR_CONFIG with a text to be prefixed with the place.
 * Limits: XPATH_OPS_MAX steps for everything one struct xpath evaluates.
 * Threads: one struct xpath a thread; the document may be shared.
 */
#ifndef COMPOSER_TEMPLATE_XPATH_H
#define COMPOSER_TEMPLATE_XPATH_H

#include <stdbool.h>
#include <libxml/xpath.h>

#define XPATH_OPS_MAX 20000000UL
#define XPATH_TEMPLATE_NS "urn:x-tweeluik:template"

/* libxml2's BAD_CAST drops const. */
#define XCHAR (const xmlChar *)

struct err;

struct xpath {
	xmlXPathContextPtr context;
	const char *lang;
	/* where relative paths start, position() and last() */
	xmlNodePtr node;
	int position;
	int last;
	const char *reason; /* of the failure under way */
};

void xpath_init(struct xpath *x, xmlDocPtr doc, const char *lang);
void xpath_done(struct xpath *x);

int xpath_eval(struct xpath *x, const char *expression,
    xmlXPathObjectPtr *ret_object, struct err *e);
int xpath_string(struct xpath *x, const char *expression, xmlChar **ret_string,
    struct err *e);
int xpath_true(struct xpath *x, const char *expression, bool *ret_true,
    struct err *e);

#endif
