#include "composer/template/theme.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "composer/template/xmlfile.h"
#include "composer/template/xpath.h"

#define ARENA_MAX ((size_t)1024 * 1024)

struct rule {
	const char *match;
	const char *style;
};

struct theme {
	struct arena arena;
	size_t nrules;
	struct rule rules[THEME_RULES_MAX];
};

/* The elements a rule selects. */
static int
select_elements(struct xpath *x, const struct rule *rule,
    xmlXPathObjectPtr *ret, struct err *e)
{
	xmlXPathObjectPtr o;
	bool fits;

	if (xpath_eval(x, rule->match, &o, e) == -1)
		return -1;
	fits = o->type == XPATH_NODESET;
	for (int i = 0; fits && i < xmlXPathNodeSetGetLength(o->nodesetval);
	     i++)
		fits = o->nodesetval->nodeTab[i]->type == XML_ELEMENT_NODE;
	if (!fits) {
		xmlXPathFreeObject(o);
		return err_set(e, ERR_CONFIG,
		    "\"%s\" selects something that is no element", rule->match);
	}
	*ret = o;
	return 0;
}

static char *
attr_of(struct theme *t, xmlNodePtr n, const char *name)
{
	xmlChar *v = xmlGetNoNsProp(n, XCHAR name);
	char *copy = v != NULL ? arena_strdup(&t->arena, (char *)v) : NULL;

	xmlFree(v);
	return copy;
}

static int
load_rule(struct theme *t, xmlNodePtr n, struct xpath *trial, struct err *e)
{
	struct rule *rule = &t->rules[t->nrules];
	xmlXPathObjectPtr o;

	if (t->nrules == THEME_RULES_MAX)
		return err_set(e, ERR_CONFIG, "A theme has at most %d rules",
		    THEME_RULES_MAX);
	rule->match = attr_of(t, n, "match");
	rule->style = attr_of(t, n, "style");
	if (strcmp((const char *)n->name, "rule") != 0 || rule->match == NULL ||
	    rule->style == NULL)
		return err_set(e, ERR_CONFIG,
		    "A theme consists of rules with match and style");
	if (select_elements(trial, rule, &o, e) == -1)
		return -1;
	xmlXPathFreeObject(o);
	t->nrules++;
	return 0;
}

static int
load_rules(struct theme *t, xmlDocPtr doc, const char *path, struct err *e)
{
	xmlDocPtr none = xmlNewDoc(XCHAR "1.0");
	struct xpath trial;
	int rc = 0;

	if (none == NULL)
		abort();
	xpath_init(&trial, none, "en");
	for (xmlNodePtr n = xmlFirstElementChild(xmlDocGetRootElement(doc));
	     rc == 0 && n != NULL; n = xmlNextElementSibling(n)) {
		rc = load_rule(t, n, &trial, e);
		if (rc == -1)
			(void)err_prefix(e,
			    "The theme %s has an error on line %ld", path,
			    xmlGetLineNo(n));
	}
	xpath_done(&trial);
	xmlFreeDoc(none);
	return rc;
}

int
theme_load(const char *path, struct theme **ret, struct err *e)
{
	struct theme *t = calloc(1, sizeof(*t));
	xmlDocPtr doc;
	int rc;

	if (t == NULL)
		abort();
	arena_init(&t->arena, ARENA_MAX);
	rc = xmlfile_read(path, &doc, e);
	if (rc == 0) {
		rc = load_rules(t, doc, path, e);
		xmlFreeDoc(doc);
	}
	if (rc == -1)
		theme_free(t);
	else
		*ret = t;
	return rc;
}

void
theme_free(struct theme *t)
{
	if (t == NULL)
		return;
	arena_done(&t->arena);
	free(t);
}

static void
add_style(xmlNodePtr n, const char *style)
{
	xmlChar *all = xmlGetNoNsProp(n, XCHAR "style");

	if (all != NULL && all[0] != '\0' && all[xmlStrlen(all) - 1] != ';')
		all = xmlStrcat(all, XCHAR ";");
	all = xmlStrcat(all, XCHAR style);
	if (xmlSetProp(n, XCHAR "style", all) == NULL)
		abort();
	xmlFree(all);
}

int
theme_apply(const struct theme *t, xmlDocPtr doc, struct err *e)
{
	struct xpath x;
	int rc = 0;

	xpath_init(&x, doc, "en");
	for (size_t i = 0; rc == 0 && i < t->nrules; i++) {
		xmlXPathObjectPtr o;

		rc = select_elements(&x, &t->rules[i], &o, e);
		if (rc == -1)
			break;
		for (int k = 0; k < xmlXPathNodeSetGetLength(o->nodesetval);
		     k++)
			add_style(o->nodesetval->nodeTab[k], t->rules[i].style);
		xmlXPathFreeObject(o);
	}
	xpath_done(&x);
	return rc;
}
