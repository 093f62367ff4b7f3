#include "composer/template/template_tree.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "composer/template/xmlfile.h"
#include "composer/template/xpath.h"

#define ARENA_MAX ((size_t)16 * 1024 * 1024)
#define XHTML_NS "http://www.w3.org/1999/xhtml"
#define BLANKS " \t\r\n"

struct load {
	struct arena *arena;
	const char *dir;
	const char *file;
	struct xpath *trial; /* over an empty document */
	int depth;
	struct err *e;
};

static struct template_node *load_file(struct load *l, const char *name);

static bool
among(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static bool
is_inline(const char *name)
{
	static const char *const names[] = { "a", "abbr", "b", "bdi", "br",
		"cite", "code", "del", "em", "i", "img", "input", "ins", "kbd",
		"mark", "q", "s", "small", "span", "strong", "sub", "sup",
		"time", "u", "wbr", NULL };

	return among(name, names);
}

static bool
is_sentence_attr(const xmlNode *x, const char *name)
{
	static const char *const names[] = { "alt", "aria-label",
		"aria-roledescription", "placeholder", "title", NULL };

	if (among(name, names))
		return true;
	if (strcmp(name, "value") != 0 ||
	    strcmp((const char *)x->name, "input") != 0)
		return false;
	xmlChar *type = xmlGetNoNsProp(x, XCHAR "type");
	bool submit = xmlStrcmp(type, XCHAR "submit") == 0;
	xmlFree(type);
	return submit;
}

/* An expression that can be compiled and names no unknown variable or
 * function; for t:each and t:copy one that selects nodes. */
static int
check_xpath(struct load *l, const char *expression, bool nodes)
{
	xmlXPathObjectPtr o;

	if (xpath_eval(l->trial, expression, &o, l->e) == -1)
		return -1;
	bool wrong = nodes && o->type != XPATH_NODESET;
	xmlXPathFreeObject(o);
	if (wrong)
		return err_set(l->e, ERR_CONFIG, "\"%s\" selects no nodes",
		    expression);
	return 0;
}

static int
add_attr(struct load *l, struct template_attr **list,
    enum template_attr_type type, const char *name, const char *value)
{
	struct template_attr *a = arena_alloc(l->arena, sizeof(*a));

	while (*list != NULL)
		list = &(*list)->next;
	a->type = type;
	a->name = arena_strdup(l->arena, name);
	a->value = value;
	*list = a;
	return 0;
}

static int
computed_attr(struct load *l, struct template_node *n, const char *name,
    const char *value)
{
	if (strncmp(name, "on", 2) == 0 || strcmp(name, "style") == 0 ||
	    strcmp(name, "srcdoc") == 0)
		return err_set(l->e, ERR_CONFIG,
		    "The attribute %s must not be computed", name);
	if (check_xpath(l, value, false) == -1)
		return -1;
	return add_attr(l, &n->attrs, ATTR_XPATH, name, value);
}

static int
directive(struct load *l, struct template_node *n, const char *name,
    const char *value)
{
	enum { XPATH, NODES, LITERAL };
	static const struct {
		const char *name;
		size_t offset;
		int holds;
	} known[] = {
#define FIELD(f) offsetof(struct template_node, f)
		{ "each", FIELD(each), NODES },
		{ "if", FIELD(condition), XPATH },
		{ "text", FIELD(content), XPATH },
		{ "copy", FIELD(copy), NODES },
		{ "lang", FIELD(lang), XPATH },
		{ "n", FIELD(n), XPATH },
		{ "plural", FIELD(plural), LITERAL },
		{ "context", FIELD(context), LITERAL },
		{ "note", FIELD(note), LITERAL },
		{ "only", FIELD(only), LITERAL },
		{ "as", FIELD(as), LITERAL },
		{ "include", FIELD(include), LITERAL },
#undef FIELD
	};

	if (strncmp(name, "attr-", 5) == 0)
		return computed_attr(l, n, name + 5, value);
	if (strncmp(name, "with-", 5) == 0)
		return check_xpath(l, value, false) == -1
		    ? -1
		    : add_attr(l, &n->values, ATTR_XPATH, name + 5, value);
	if (strcmp(name, "strip") == 0 && strcmp(value, "yes") == 0) {
		n->strip = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		*(const char **)(void *)((char *)n + known[i].offset) = value;
		if (known[i].holds == LITERAL)
			return 0;
		return check_xpath(l, value, known[i].holds == NODES);
	}
	return err_set(l->e, ERR_CONFIG, "The attribute t:%s=\"%s\" is unknown",
	    name, value);
}

static const char *
attr_value(struct load *l, const xmlAttr *a)
{
	xmlChar *v = xmlNodeListGetString(a->doc, a->children, 1);
	char *copy = arena_strdup(l->arena, v != NULL ? (char *)v : "");

	xmlFree(v);
	return copy;
}

static int
load_attr(struct load *l, struct template_node *n, const xmlNode *x,
    const xmlAttr *a)
{
	const char *name = (const char *)a->name;
	const char *value = attr_value(l, a);

	if (a->ns != NULL &&
	    strcmp((const char *)a->ns->href, XPATH_TEMPLATE_NS) == 0)
		return directive(l, n, name, value);
	if (a->ns != NULL)
		return add_attr(l, &n->attrs, ATTR_PLAIN,
		    arena_printf(l->arena, "%s:%s", (const char *)a->ns->prefix,
			name),
		    value);
	if (strcmp(name, "translate") == 0 && strcmp(value, "no") == 0)
		n->verbatim = true;
	return add_attr(l, &n->attrs,
	    value[0] != '\0' && is_sentence_attr(x, name) ? ATTR_SENTENCE
							  : ATTR_PLAIN,
	    name, value);
}

/* What belongs together, and what excludes each other. */
static int
check_node(struct load *l, const struct template_node *n)
{
	static const char *const media[] = { "html", "text", NULL };

	if (n->only != NULL && !among(n->only, media))
		return err_set(l->e, ERR_CONFIG,
		    "t:only is \"html\" or \"text\"");
	if ((n->content != NULL) + (n->copy != NULL) + (n->include != NULL) > 1)
		return err_set(l->e, ERR_CONFIG,
		    "t:text, t:copy and t:include exclude each other");
	if ((n->plural != NULL) != (n->n != NULL))
		return err_set(l->e, ERR_CONFIG,
		    "t:plural and t:n belong together");
	if (n->plural != NULL && n->context != NULL)
		return err_set(l->e, ERR_CONFIG,
		    "t:plural and t:context exclude each other");
	if (n->verbatim && n->name != NULL && template_node_computed(n) &&
	    (strcmp(n->name, "script") == 0 || strcmp(n->name, "style") == 0))
		return err_set(l->e, ERR_CONFIG,
		    "A script or style must not be computed");
	return 0;
}

/* Indentation is for the author: a run of blanks becomes one blank or one
 * line end. */
static char *
collapse(struct arena *a, const char *s)
{
	char *copy = arena_alloc(a, strlen(s) + 1), *p = copy;

	while (*s != '\0') {
		size_t n = strspn(s, BLANKS);

		if (n > 0)
			*p++ = memchr(s, '\n', n) != NULL ? '\n' : ' ';
		else
			*p++ = *s++;
		s += n;
	}
	return copy;
}

static int
load_children(struct load *l, struct template_node *n, const xmlNode *x);

static int
load_element(struct load *l, struct template_node *n, const xmlNode *x)
{
	const char *name = (const char *)x->name;
	const char *ns = x->ns != NULL ? (const char *)x->ns->href : XHTML_NS;

	if (strcmp(ns, XPATH_TEMPLATE_NS) == 0 && strcmp(name, "block") == 0)
		n->strip = true;
	else if (strcmp(ns, XHTML_NS) != 0) {
		(void)err_set(l->e, ERR_CONFIG, "The element %s is unknown",
		    name);
		return template_error_at(n, l->e);
	}
	n->name = arena_strdup(l->arena, name);
	n->verbatim = strcmp(name, "script") == 0 || strcmp(name, "style") == 0;
	for (const xmlAttr *a = x->properties; a != NULL; a = a->next)
		if (load_attr(l, n, x, a) == -1)
			return template_error_at(n, l->e);
	if (check_node(l, n) == -1)
		return template_error_at(n, l->e);
	n->inlined = !n->strip && is_inline(name);
	if (n->strip || n->include != NULL)
		n->name = NULL;
	if (n->include != NULL) {
		struct template_node *root = load_file(l, n->include);

		if (root == NULL)
			return template_error_at(n, l->e);
		n->children = root->children;
		return 0;
	}
	return template_node_computed(n) ? 0 : load_children(l, n, x);
}

/* Outlook reads conditional comments; nobody reads the others. */
static bool
is_conditional(const char *comment)
{
	return strncmp(comment, "[if", 3) == 0 ||
	    strcmp(comment, "<![endif]") == 0;
}

static struct template_node *
load_node(struct load *l, const xmlNode *x, bool keep_blanks)
{
	struct template_node *n = arena_alloc(l->arena, sizeof(*n));

	n->file = l->file;
	n->line = (int)xmlGetLineNo(x);
	switch (x->type) {
	case XML_ELEMENT_NODE:
		if (l->depth == TEMPLATE_DEPTH_MAX) {
			(void)err_set(l->e, ERR_CONFIG,
			    "The elements or includes are nested too deep");
			(void)template_error_at(n, l->e);
			return NULL;
		}
		l->depth++;
		if (load_element(l, n, x) == -1)
			return NULL;
		l->depth--;
		return n;
	case XML_COMMENT_NODE:
		n->type = NODE_COMMENT;
		n->text = arena_strdup(l->arena, (const char *)x->content);
		return n;
	default:
		n->type = NODE_TEXT;
		n->text = keep_blanks
		    ? arena_strdup(l->arena, (const char *)x->content)
		    : collapse(l->arena, (const char *)x->content);
		return n;
	}
}

static int
load_children(struct load *l, struct template_node *n, const xmlNode *x)
{
	static const char *const preformatted[] = { "pre", "script", "style",
		"textarea", NULL };
	struct template_node **end = &n->children;
	bool keep = n->name != NULL && among(n->name, preformatted);

	for (const xmlNode *c = x->children; c != NULL; c = c->next) {
		if (c->type == XML_COMMENT_NODE &&
		    !is_conditional((const char *)c->content))
			continue;
		if (c->type != XML_ELEMENT_NODE && c->type != XML_TEXT_NODE &&
		    c->type != XML_COMMENT_NODE)
			continue;
		if ((*end = load_node(l, c, keep)) == NULL)
			return -1;
		end = &(*end)->next;
	}
	return 0;
}

static bool
is_safe_path(const char *name)
{
	return name[0] != '/' && name[0] != '.' && strstr(name, "/.") == NULL;
}

static struct template_node *
load_doc(struct load *l, xmlDocPtr doc, const char *name)
{
	const char *outer = l->file;
	struct template_node *n;

	l->file = arena_strdup(l->arena, name);
	n = load_node(l, xmlDocGetRootElement(doc), false);
	l->file = outer;
	return n;
}

static struct template_node *
load_file(struct load *l, const char *name)
{
	struct template_node *n;
	xmlDocPtr doc;

	if (!is_safe_path(name)) {
		(void)err_set(l->e, ERR_CONFIG,
		    "The template name %s is not allowed", name);
		return NULL;
	}
	if (xmlfile_read(arena_printf(l->arena, "%s/%s", l->dir, name), &doc,
		l->e) == -1)
		return NULL;
	n = load_doc(l, doc, name);
	xmlFreeDoc(doc);
	return n;
}

int
template_load(const char *dir, const char *name, struct template **ret,
    struct err *e)
{
	struct template *t = calloc(1, sizeof(*t));
	xmlDocPtr none = xmlNewDoc(XCHAR "1.0");
	struct xpath trial;
	int rc = -1;

	if (t == NULL || none == NULL)
		abort();
	arena_init(&t->arena, ARENA_MAX);
	(void)xmlDocSetRootElement(none,
	    xmlNewDocNode(none, NULL, XCHAR "none", NULL));
	xpath_init(&trial, none, "en");
	t->root = load_file(&(struct load){ .arena = &t->arena,
				.dir = dir,
				.trial = &trial,
				.e = e },
	    name);
	if (t->root != NULL)
		rc = template_find_sentences(&t->arena, t->root, e);
	xpath_done(&trial);
	xmlFreeDoc(none);
	if (rc == -1)
		template_free(t);
	else
		*ret = t;
	return rc;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	arena_done(&t->arena);
	free(t);
}
