/*
 * template_tree - a template after loading; private to template*.c
 *
 * The XML is gone: every node knows what to do.  All of it lives in the arena
 * of the template.
 */
#ifndef COMPOSER_TEMPLATE_TEMPLATE_TREE_H
#define COMPOSER_TEMPLATE_TEMPLATE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "composer/template/template.h"

#define TEMPLATE_PARTS_MAX 32 /* inline elements in a sentence */

enum template_node_type { NODE_ELEMENT, NODE_TEXT, NODE_COMMENT };

enum template_attr_type { ATTR_PLAIN, ATTR_SENTENCE, ATTR_XPATH };

struct template_attr {
	struct template_attr *next;
	enum template_attr_type type;
	const char *name;
	const char *value;
};

/* Strings are NULL when the template does not have the attribute. */
struct template_node {
	struct template_node *next;
	struct template_node *children;
	enum template_node_type type;
	const char *file;
	int line;
	const char *name; /* NULL: only the children are put out */
	const char *text; /* of NODE_TEXT and NODE_COMMENT */
	struct template_attr *attrs;
	struct template_attr *values; /* t:with-NAME */
	const char *each;
	const char *condition;
	const char *content;
	const char *copy;
	const char *lang;
	const char *as;
	const char *only;
	const char *n;
	const char *plural;
	const char *context;
	const char *note;
	const char *include;
	bool strip;
	bool inlined;		      /* an inline element */
	bool verbatim;		      /* translate="no", script, style */
	const char *msgid;	      /* of an element that is a sentence */
	struct template_node **parts; /* its inline elements, in order */
	size_t nparts;
};

struct template
{
	struct arena arena;
	struct template_node *root; /* the only one on its level */
};

static inline bool
template_node_computed(const struct template_node *n)
{
	return n->content != NULL || n->copy != NULL;
}

/* Find the sentences below n, set msgid and parts. */
int template_find_sentences(struct arena *a, struct template_node *n,
    struct err *e);

/* Prefix e with the place of n; returns -1. */
int template_error_at(const struct template_node *n, struct err *e);

#endif
