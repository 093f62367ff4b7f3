#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "composer/template/sentence.h"
#include "composer/template/template_tree.h"

#define MSGID_MAX 2000

struct sentence {
	struct buf msgid;
	struct template_node *parts[TEMPLATE_PARTS_MAX];
	size_t nparts;
};

static bool
has_letters(const char *s)
{
	while (*s != '\0' && !isalpha((unsigned char)*s))
		s++;
	return *s != '\0';
}

static bool
own_letters(const struct template_node *n)
{
	for (const struct template_node *c = n->children; c != NULL;
	     c = c->next)
		if (c->type == NODE_TEXT && has_letters(c->text))
			return true;
	return false;
}

static void
add_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s != '\n' && *s != ' ')
			(void)buf_addc(b, *s);
		else if (b->len > 0 && b->data[b->len - 1] != ' ')
			(void)buf_addc(b, ' ');
}

static int
collect(struct sentence *s, const struct template_node *n, struct err *e);

static int
collect_part(struct sentence *s, struct template_node *n, struct err *e)
{
	bool whole = template_node_computed(n);

	if (!n->inlined)
		(void)err_set(e, ERR_CONFIG,
		    "The text beside <%s> needs an element of its own",
		    n->name != NULL ? n->name : "t:block");
	else if (!whole && (n->each != NULL || n->lang != NULL))
		(void)err_set(e, ERR_CONFIG,
		    "Inside a sentence t:each and t:lang need t:text or t:copy");
	else if (n->plural != NULL || n->context != NULL || n->note != NULL)
		(void)err_set(e, ERR_CONFIG,
		    "t:plural, t:context and t:note belong to the element of "
		    "the whole sentence");
	else if (s->nparts == TEMPLATE_PARTS_MAX)
		(void)err_set(e, ERR_CONFIG,
		    "The sentence has too many elements");
	else {
		s->parts[s->nparts++] = n;
		if (whole || n->children == NULL) {
			(void)buf_addf(&s->msgid, "<%s/>", n->name);
			return 0;
		}
		(void)buf_addf(&s->msgid, "<%s>", n->name);
		if (collect(s, n, e) == -1)
			return -1;
		(void)buf_addf(&s->msgid, "</%s>", n->name);
		return 0;
	}
	return template_error_at(n, e);
}

static int
collect(struct sentence *s, const struct template_node *n, struct err *e)
{
	for (struct template_node *c = n->children; c != NULL; c = c->next)
		if (c->type == NODE_TEXT)
			add_text(&s->msgid, c->text);
		else if (c->type == NODE_ELEMENT && collect_part(s, c, e) == -1)
			return -1;
	return 0;
}

static bool
has_value(const struct template_node *n, const struct sentence_token *t)
{
	if (n->n != NULL && sentence_is_named(t, "n"))
		return true;
	for (const struct template_attr *v = n->values; v != NULL; v = v->next)
		if (sentence_is_named(t, v->name))
			return true;
	return false;
}

static int
check_values(const struct template_node *n, const char *text, struct err *e)
{
	struct sentence_token t;

	while (text != NULL && sentence_next(&text, &t))
		if (t.kind == SENTENCE_VALUE && !has_value(n, &t)) {
			(void)err_set(e, ERR_CONFIG, "%.*s has no t:with-%.*s",
			    (int)t.raw_len, t.raw, (int)t.name_len, t.name);
			return template_error_at(n, e);
		}
	return 0;
}

static int
make_sentence(struct arena *a, struct template_node *n, struct err *e)
{
	struct sentence s = { .nparts = 0 };
	int rc;

	buf_init(&s.msgid, MSGID_MAX);
	rc = collect(&s, n, e);
	if (rc == 0 && buf_full(&s.msgid)) {
		(void)err_set(e, ERR_CONFIG, "The sentence is too long");
		rc = template_error_at(n, e);
	}
	if (rc == 0) {
		size_t len = s.msgid.len;

		if (s.msgid.data[len - 1] == ' ')
			len--;
		n->msgid = arena_memdup(a, s.msgid.data, len);
		n->nparts = s.nparts;
		n->parts = arena_alloc(a, s.nparts * sizeof(s.parts[0]));
		memcpy(n->parts, s.parts, s.nparts * sizeof(s.parts[0]));
	}
	buf_done(&s.msgid);
	return rc;
}

static int
check_attrs(const struct template_node *n, struct err *e)
{
	for (const struct template_attr *t = n->attrs; t != NULL; t = t->next)
		if (t->type == ATTR_SENTENCE &&
		    check_values(n, t->value, e) == -1)
			return -1;
	return 0;
}

int
template_find_sentences(struct arena *a, struct template_node *n, struct err *e)
{
	if (n->type != NODE_ELEMENT)
		return 0;
	if (!n->verbatim && own_letters(n) && n->msgid == NULL &&
	    make_sentence(a, n, e) == -1)
		return -1;
	if (n->plural != NULL && n->msgid == NULL) {
		(void)err_set(e, ERR_CONFIG, "t:plural has no sentence");
		return template_error_at(n, e);
	}
	if (check_attrs(n, e) == -1 || check_values(n, n->msgid, e) == -1 ||
	    check_values(n, n->plural, e) == -1)
		return -1;
	for (size_t i = 0; i < n->nparts; i++)
		if (check_attrs(n->parts[i], e) == -1)
			return -1;
	if (n->msgid != NULL || n->verbatim)
		return 0;
	for (struct template_node *c = n->children; c != NULL; c = c->next)
		if (template_find_sentences(a, c, e) == -1)
			return -1;
	return 0;
}

static void
visit_attrs(const struct template_node *n,
    void (*visit)(void *, const struct template_message *), void *arg)
{
	for (const struct template_attr *t = n->attrs; t != NULL; t = t->next)
		if (t->type == ATTR_SENTENCE)
			visit(arg,
			    &(struct template_message){ .file = n->file,
				.line = n->line,
				.msgid = t->value,
				.context = n->context,
				.note = n->note });
}

static void
visit_node(const struct template_node *n,
    void (*visit)(void *, const struct template_message *), void *arg)
{
	if (n->type != NODE_ELEMENT)
		return;
	visit_attrs(n, visit, arg);
	if (n->msgid != NULL)
		visit(arg,
		    &(struct template_message){ .file = n->file,
			.line = n->line,
			.msgid = n->msgid,
			.plural = n->plural,
			.context = n->context,
			.note = n->note });
	for (const struct template_node *c = n->children; c != NULL;
	     c = c->next)
		visit_node(c, visit, arg);
}

void
template_each_message(const struct template *t,
    void (*visit)(void *arg, const struct template_message *m), void *arg)
{
	visit_node(t->root, visit, arg);
}
