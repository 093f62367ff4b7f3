#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/datefmt.h"
#include "base/err.h"
#include "composer/template/sentence.h"
#include "composer/template/template_out.h"
#include "composer/template/template_tree.h"
#include "composer/template/xpath.h"

#define ATTR_MAX ((size_t)64 * 1024)

struct render {
	struct xpath xpath;
	enum template_medium medium;
	struct template_out out;
	struct err *e;
};

static int
render_nodes(struct render *r, const struct template_node *n, xmlNodePtr dst);
static int
render_node(struct render *r, const struct template_node *n, xmlNodePtr dst);

/* The value of {name}; *ret_value stays NULL when n has none. */
static int
value_of(struct render *r, const struct template_node *n,
    const struct sentence_token *t, xmlChar **ret_value)
{
	char text[DATEFMT_MAX];
	xmlChar *s;

	for (const struct template_attr *v = n->values; v != NULL; v = v->next)
		if (sentence_is_named(t, v->name))
			return xpath_string(&r->xpath, v->value, ret_value,
			    r->e);
	if (n->n == NULL || !sentence_is_named(t, "n"))
		return 0;
	if (xpath_string(&r->xpath, n->n, &s, r->e) == -1)
		return -1;
	datefmt_number(r->xpath.lang, atoll((char *)s), text);
	xmlFree(s);
	*ret_value = xmlStrdup(XCHAR text);
	return 0;
}

static const char *
translate(const struct render *r, const struct template_node *n,
    const char *msgid)
{
	return n->context != NULL
	    ? catalogue_context(r->xpath.lang, n->context, msgid)
	    : catalogue_text(r->xpath.lang, msgid);
}

static int
sentence_attr(struct render *r, const struct template_node *n,
    const struct template_attr *a, xmlNodePtr x)
{
	const char *s = translate(r, n, a->value);
	struct sentence_token t;
	struct buf b;
	int rc = 0;

	buf_init(&b, ATTR_MAX);
	while (rc == 0 && sentence_next(&s, &t)) {
		xmlChar *value = NULL;

		if (t.kind == SENTENCE_VALUE)
			rc = value_of(r, n, &t, &value);
		if (value != NULL)
			(void)buf_adds(&b, (char *)value);
		else
			(void)buf_add(&b, t.raw, t.raw_len);
		xmlFree(value);
	}
	if (rc == 0 && buf_full(&b))
		rc = err_set(r->e, ERR_LIMIT, "The attribute %s is too long",
		    a->name);
	if (rc == 0)
		template_out_attr(x, a->name, b.data);
	buf_done(&b);
	return rc;
}

static int
xpath_attr(struct render *r, const struct template_attr *a, xmlNodePtr x)
{
	xmlXPathObjectPtr o;
	xmlChar *value;

	if (xpath_eval(&r->xpath, a->value, &o, r->e) == -1)
		return -1;
	bool none = (o->type == XPATH_BOOLEAN && !o->boolval) ||
	    (o->type == XPATH_NODESET && xmlXPathNodeSetIsEmpty(o->nodesetval));
	if (!none) {
		value = o->type == XPATH_BOOLEAN ? xmlStrdup(XCHAR a->name)
						 : xmlXPathCastToString(o);
		template_out_attr(x, a->name, (char *)value);
		xmlFree(value);
	}
	xmlXPathFreeObject(o);
	return 0;
}

static bool
is_computed(const struct template_node *n, const char *name)
{
	for (const struct template_attr *a = n->attrs; a != NULL; a = a->next)
		if (a->type == ATTR_XPATH && strcmp(a->name, name) == 0)
			return true;
	return n->lang != NULL &&
	    (strcmp(name, "lang") == 0 || strcmp(name, "xml:lang") == 0);
}

static int
render_attrs(struct render *r, const struct template_node *n, xmlNodePtr x)
{
	int rc = 0;

	if (n->lang != NULL) {
		template_out_attr(x, "lang", r->xpath.lang);
		if (strcmp(n->name, "body") == 0)
			template_out_attr(x, "xml:lang", r->xpath.lang);
	}
	if (n->as != NULL && r->medium == TEMPLATE_TEXT)
		template_out_attr(x, "as", n->as);
	for (const struct template_attr *a = n->attrs; rc == 0 && a != NULL;
	     a = a->next)
		if (a->type == ATTR_XPATH)
			rc = xpath_attr(r, a, x);
		else if (is_computed(n, a->name))
			continue; /* a sample for who opens the template */
		else if (a->type == ATTR_SENTENCE)
			rc = sentence_attr(r, n, a, x);
		else if (xmlNewProp(x, XCHAR a->name, XCHAR a->value) == NULL)
			abort();
	return rc;
}

/* Where the children of n go: a new element, or dst when n vanishes. */
static int
open_element(struct render *r, const struct template_node *n, xmlNodePtr dst,
    xmlNodePtr *ret_inner)
{
	*ret_inner = dst;
	if (n->name == NULL)
		return 0;
	if (template_out_element(&r->out, dst, n->name, ret_inner) == -1)
		return -1;
	return render_attrs(r, n, *ret_inner);
}

static int
render_copy(struct render *r, const char *expression, xmlNodePtr dst)
{
	xmlXPathObjectPtr o;
	int rc = 0;

	if (xpath_eval(&r->xpath, expression, &o, r->e) == -1)
		return -1;
	for (int i = 0; rc == 0 && i < xmlXPathNodeSetGetLength(o->nodesetval);
	     i++) {
		xmlNodePtr x = o->nodesetval->nodeTab[i];

		if (x->type == XML_ELEMENT_NODE)
			rc = template_out_copy(&r->out, x, dst);
	}
	xmlXPathFreeObject(o);
	return rc;
}

static int
render_computed(struct render *r, const struct template_node *n, xmlNodePtr dst)
{
	xmlChar *s;
	int rc;

	if (n->copy != NULL)
		return render_copy(r, n->copy, dst);
	if (xpath_string(&r->xpath, n->content, &s, r->e) == -1)
		return -1;
	rc = template_out_text(&r->out, dst, (char *)s, strlen((char *)s));
	xmlFree(s);
	return rc;
}

static int
is_wanted(struct render *r, const struct template_node *n, bool *ret_wanted)
{
	*ret_wanted = n->only == NULL ||
	    (strcmp(n->only, "html") == 0) == (r->medium == TEMPLATE_HTML);
	if (!*ret_wanted || n->condition == NULL)
		return 0;
	return xpath_true(&r->xpath, n->condition, ret_wanted, r->e);
}

/* The translated sentence of n with the elements that are open in it. */
struct flow {
	const struct template_node *n;
	bool used[TEMPLATE_PARTS_MAX];
	struct {
		const struct template_node *part;
		xmlNodePtr inner; /* NULL: left out, with all in it */
	} open[TEMPLATE_DEPTH_MAX];
	size_t depth;
};

/* The first element of that name the sentence has not had yet. */
static const struct template_node *
take_part(struct flow *f, const struct sentence_token *t)
{
	for (size_t i = 0; i < f->n->nparts; i++)
		if (!f->used[i] && sentence_is_named(t, f->n->parts[i]->name)) {
			f->used[i] = true;
			return f->n->parts[i];
		}
	return NULL;
}

static int
open_part(struct render *r, struct flow *f, const struct template_node *part,
    bool empty, xmlNodePtr dst)
{
	xmlNodePtr inner = NULL;
	bool wanted;

	if (template_node_computed(part) || part->children == NULL)
		return render_node(r, part, dst);
	if (is_wanted(r, part, &wanted) == -1 ||
	    (wanted && open_element(r, part, dst, &inner) == -1))
		return template_error_at(part, r->e);
	if (empty || f->depth + 1 == TEMPLATE_DEPTH_MAX)
		return 0;
	f->depth++;
	f->open[f->depth].part = part;
	f->open[f->depth].inner = inner;
	return 0;
}

static int
flow_token(struct render *r, struct flow *f, const struct sentence_token *t)
{
	xmlNodePtr dst = f->open[f->depth].inner;
	const struct template_node *part;
	xmlChar *value = NULL;
	int rc = 0;

	if (t->kind == SENTENCE_CLOSE && f->depth > 0 &&
	    sentence_is_named(t, f->open[f->depth].part->name)) {
		f->depth--;
		return 0;
	}
	if ((t->kind == SENTENCE_OPEN || t->kind == SENTENCE_EMPTY) &&
	    (part = take_part(f, t)) != NULL) {
		if (dst != NULL)
			return open_part(r, f, part, t->kind == SENTENCE_EMPTY,
			    dst);
		if (t->kind == SENTENCE_OPEN &&
		    f->depth + 1 < TEMPLATE_DEPTH_MAX) {
			f->depth++;
			f->open[f->depth].part = part;
			f->open[f->depth].inner = NULL;
		}
		return 0;
	}
	if (dst == NULL)
		return 0;
	if (t->kind == SENTENCE_VALUE)
		rc = value_of(r, f->n, t, &value);
	if (rc == 0 && value != NULL)
		rc = template_out_text(&r->out, dst, (char *)value,
		    strlen((char *)value));
	else if (rc == 0)
		rc = template_out_text(&r->out, dst, t->raw, t->raw_len);
	xmlFree(value);
	return rc;
}

static int
render_sentence(struct render *r, const struct template_node *n, xmlNodePtr dst)
{
	struct flow f = { .n = n };
	struct sentence_token t;
	const char *s;
	xmlChar *number;
	int rc = 0;

	if (n->plural != NULL) {
		if (xpath_string(&r->xpath, n->n, &number, r->e) == -1)
			return -1;
		s = catalogue_plural(r->xpath.lang, n->msgid, n->plural,
		    strtoul((char *)number, NULL, 10));
		xmlFree(number);
	} else
		s = translate(r, n, n->msgid);
	f.open[0].inner = dst;
	while (rc == 0 && sentence_next(&s, &t))
		rc = flow_token(r, &f, &t);
	return rc;
}

static int
switch_language(struct render *r, const char *expression, xmlChar **ret_lang)
{
	xmlChar *lang;
	size_t n;

	if (xpath_string(&r->xpath, expression, &lang, r->e) == -1)
		return -1;
	n = strspn((char *)lang,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
	if (n < 2 || n > 16 || lang[n] != '\0') {
		(void)err_set(r->e, ERR_CONFIG,
		    "t:lang=\"%s\" gives no language", expression);
		xmlFree(lang);
		return -1;
	}
	r->xpath.lang = (char *)lang;
	*ret_lang = lang;
	return 0;
}

/* n for one current node; errors still lack the place. */
static int
render_here(struct render *r, const struct template_node *n, xmlNodePtr dst)
{
	const char *outer = r->xpath.lang;
	xmlChar *lang = NULL;
	xmlNodePtr inner;
	bool wanted;
	int rc = -1;

	if (is_wanted(r, n, &wanted) == -1)
		return template_error_at(n, r->e);
	if (!wanted)
		return 0;
	if ((n->lang != NULL && switch_language(r, n->lang, &lang) == -1) ||
	    open_element(r, n, dst, &inner) == -1)
		rc = template_error_at(n, r->e);
	else if (template_node_computed(n)) {
		rc = render_computed(r, n, inner);
		if (rc == -1)
			(void)template_error_at(n, r->e);
	} else if (n->msgid != NULL) {
		rc = render_sentence(r, n, inner);
		if (rc == -1)
			(void)template_error_at(n, r->e);
	} else
		rc = render_nodes(r, n->children, inner);
	r->xpath.lang = outer;
	xmlFree(lang);
	return rc;
}

static int
render_each(struct render *r, const struct template_node *n, xmlNodePtr dst)
{
	struct xpath outer = r->xpath;
	xmlXPathObjectPtr o;
	int rc = 0;

	if (xpath_eval(&r->xpath, n->each, &o, r->e) == -1)
		return template_error_at(n, r->e);
	r->xpath.last = xmlXPathNodeSetGetLength(o->nodesetval);
	for (int i = 0; rc == 0 && i < r->xpath.last; i++) {
		r->xpath.node = o->nodesetval->nodeTab[i];
		r->xpath.position = i + 1;
		rc = render_here(r, n, dst);
	}
	xmlXPathFreeObject(o);
	r->xpath.node = outer.node;
	r->xpath.position = outer.position;
	r->xpath.last = outer.last;
	return rc;
}

static int
render_node(struct render *r, const struct template_node *n, xmlNodePtr dst)
{
	switch (n->type) {
	case NODE_TEXT:
		return template_out_text(&r->out, dst, n->text,
		    strlen(n->text));
	case NODE_COMMENT:
		if (r->medium == TEMPLATE_HTML)
			xmlAddChild(dst,
			    xmlNewDocComment(r->out.doc, XCHAR n->text));
		return 0;
	default:
		return n->each != NULL ? render_each(r, n, dst)
				       : render_here(r, n, dst);
	}
}

static int
render_nodes(struct render *r, const struct template_node *n, xmlNodePtr dst)
{
	for (; n != NULL; n = n->next)
		if (render_node(r, n, dst) == -1)
			return -1;
	return 0;
}

/* The one element below holder becomes the root in its place. */
static int
take_root(xmlDocPtr doc, xmlNodePtr holder, struct err *e)
{
	xmlNodePtr root = xmlFirstElementChild(holder);

	if (root == NULL || xmlNextElementSibling(root) != NULL)
		return err_set(e, ERR_CONFIG,
		    "The template must yield one element with everything in "
		    "it");
	xmlUnlinkNode(root);
	(void)xmlDocSetRootElement(doc, root);
	xmlFreeNode(holder);
	return 0;
}

int
template_render(const struct template *t, xmlDocPtr data, const char *lang,
    enum template_medium medium, xmlDocPtr *ret_doc, struct err *e)
{
	xmlDocPtr doc = xmlNewDoc(XCHAR "1.0");
	struct render r = { .medium = medium,
		.out = { .doc = doc, .e = e },
		.e = e };
	xmlNodePtr holder;
	int rc;

	if (doc == NULL)
		abort();
	holder = xmlNewDocNode(doc, NULL, XCHAR "holder", NULL);
	(void)xmlDocSetRootElement(doc, holder);
	xpath_init(&r.xpath, data, lang);
	rc = render_node(&r, t->root, holder);
	xpath_done(&r.xpath);
	if (rc == 0 && (rc = take_root(doc, holder, e)) == -1)
		(void)template_error_at(t->root, e);
	if (rc == -1)
		xmlFreeDoc(doc);
	else
		*ret_doc = doc;
	return rc;
}
