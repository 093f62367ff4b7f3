#include "composer/template/plaintext.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucasemap.h>

#include "base/buf.h"
#include "base/err.h"
#include "composer/template/plaintext_para.h"
#include "composer/template/textflow.h"

struct writer {
	struct textflow flow;
	struct para para;
	enum style style; /* of the paragraph */
	const char *lang;
	int depth;
	struct err *e;
};

static int write_children(struct writer *w, const xmlNode *n);
static int write_node(struct writer *w, const xmlNode *n);

static bool
is_block(const xmlNode *n)
{
	static const char *const names[] = { "address", "article", "aside",
		"blockquote", "body", "caption", "dd", "div", "dl", "dt",
		"figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5",
		"h6", "header", "hr", "html", "li", "main", "ol", "p", "pre",
		"section", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
		"ul", NULL };

	return plaintext_is_named(n, names);
}

/* Paragraphs */

static void
capitals(const char *lang, struct buf *text)
{
	UErrorCode ec = U_ZERO_ERROR;
	UCaseMap *map = ucasemap_open(lang, 0, &ec);
	size_t size = 3 * text->len + 1; /* Unicode's worst case */
	char *upper = malloc(size);
	int32_t n;

	if (upper == NULL || U_FAILURE(ec))
		abort();
	n = ucasemap_utf8ToUpper(map, upper, (int32_t)size, text->data,
	    (int32_t)text->len, &ec);
	ucasemap_close(map);
	if (U_SUCCESS(ec)) {
		buf_clear(text);
		(void)buf_add(text, upper, (size_t)n);
	}
	free(upper);
}

static void
rule(struct textflow *t, char c, size_t columns)
{
	char line[PLAINTEXT_COLUMNS];

	memset(line, c, sizeof(line));
	textflow_line(t, line, columns < sizeof(line) ? columns : sizeof(line));
}

static void
write_heading(struct writer *w, char under)
{
	struct buf *text = &w->para.text;
	size_t columns;

	capitals(w->lang, text);
	textflow_wrap(&w->flow, text->data);
	columns = textflow_width(text->data);
	if (under != '\0')
		rule(&w->flow, under,
		    columns < textflow_room(&w->flow)
			? columns
			: textflow_room(&w->flow));
}

static void
write_bar(struct writer *w)
{
	struct buf bar;

	capitals(w->lang, &w->para.text);
	buf_init(&bar, PLAINTEXT_PARA_MAX);
	(void)buf_addf(&bar, "=== %s ", w->para.text.data);
	for (size_t n = textflow_width(bar.data); n < textflow_room(&w->flow);
	     n++)
		(void)buf_addc(&bar, '=');
	textflow_line(&w->flow, bar.data, bar.len);
	buf_done(&bar);
}

/* "Label:" and the URL, on one line when that is wished and there is room. */
static void
write_link(struct writer *w, const struct link *l, bool one_line)
{
	const char *label = w->para.text.data + l->start;
	size_t len = l->end - l->start;
	struct buf line;

	while (len > 0 && strchr(" :.\n", label[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(" \n", label[0]) != NULL)
		label++, len--;
	buf_init(&line, PLAINTEXT_PARA_MAX);
	(void)buf_add(&line, label, len);
	(void)buf_adds(&line, ":");
	if (one_line &&
	    textflow_width(line.data) + 2 + textflow_width(l->url) <=
		textflow_room(&w->flow)) {
		(void)buf_addf(&line, "  %s", l->url);
		textflow_line(&w->flow, line.data, line.len);
	} else {
		textflow_wrap(&w->flow, line.data);
		textflow_line(&w->flow, l->url, strlen(l->url));
	}
	buf_done(&line);
}

static void
write_label(struct writer *w)
{
	struct buf label;

	buf_init(&label, PLAINTEXT_PARA_MAX);
	(void)buf_addf(&label, "[%s]", w->para.text.data);
	textflow_wrap(&w->flow, label.data);
	buf_done(&label);
}

static void
write_text(struct writer *w)
{
	struct para *p = &w->para;
	bool only_link = p->nlinks == 1 && p->links[0].start == 0 &&
	    p->links[0].end == p->text.len;

	if (w->style == STYLE_LABEL)
		write_label(w);
	else if (!only_link)
		textflow_wrap(&w->flow, p->text.data);
	for (size_t i = 0; i < p->nlinks; i++)
		write_link(w, &p->links[i], w->style == STYLE_LINE);
}

/* What was gathered becomes a block. */
static int
end_para(struct writer *w)
{
	struct para *p = &w->para;

	para_trim(p);
	if (p->text.len == 0) {
		para_clear(p);
		return 0;
	}
	if (buf_full(&p->text))
		return err_set(w->e, ERR_LIMIT, "A paragraph is too long");
	if (w->style == STYLE_LINE)
		w->flow.joined = true;
	textflow_block(&w->flow);
	switch (w->style) {
	case STYLE_TITLE:
		write_heading(w, '\0');
		break;
	case STYLE_SECTION:
		write_heading(w, '=');
		break;
	case STYLE_CONTENTS:
		write_heading(w, '-');
		break;
	case STYLE_BAR:
		write_bar(w);
		break;
	default:
		write_text(w);
	}
	para_clear(p);
	return 0;
}

/* Blocks */

static bool
has_paragraphs(const xmlNode *list)
{
	for (const xmlNode *li = list->children; li != NULL; li = li->next)
		for (const xmlNode *c = li->children; c != NULL; c = c->next)
			if (plaintext_is_named(c,
				(const char *const[]){ "p", NULL }))
				return true;
	return false;
}

static int
write_item(struct writer *w, const xmlNode *li, const char *bullet)
{
	char blanks[sizeof(w->flow.bullet)];
	size_t mark;
	int rc;

	(void)snprintf(blanks, sizeof(blanks), "%*s", (int)strlen(bullet), "");
	mark = textflow_push(&w->flow, blanks);
	(void)snprintf(w->flow.bullet, sizeof(w->flow.bullet), "%s", bullet);
	rc = write_node(w, li);
	w->flow.bullet[0] = '\0';
	textflow_pop(&w->flow, mark);
	return rc;
}

static long
first_number(const xmlNode *ol)
{
	xmlChar *start = xmlGetNoNsProp(ol, (const xmlChar *)"start");
	long n = start != NULL ? strtol((char *)start, NULL, 10) : 1;

	xmlFree(start);
	return n >= 0 && n < 1000000 ? n : 1;
}

static int
write_list(struct writer *w, const xmlNode *list)
{
	bool ordered = strcmp((const char *)list->name, "ol") == 0;
	bool loose = has_paragraphs(list), first = true;
	long n = first_number(list), last = n - 1;
	char bullet[sizeof(w->flow.bullet)] = "* ";

	if (!loose && strcmp((const char *)list->parent->name, "li") == 0)
		w->flow.joined = true;
	for (const xmlNode *c = list->children; c != NULL; c = c->next)
		last += c->type == XML_ELEMENT_NODE;
	int digits = snprintf(NULL, 0, "%ld", last);
	for (const xmlNode *c = list->children; c != NULL; c = c->next) {
		if (c->type != XML_ELEMENT_NODE)
			continue;
		if (ordered)
			(void)snprintf(bullet, sizeof(bullet), "%*ld. ", digits,
			    n++);
		/* A bullet stands for the blank line before it. */
		if (first || loose)
			textflow_block(&w->flow);
		first = false;
		w->flow.joined = true;
		if (write_item(w, c, bullet) == -1)
			return -1;
	}
	return 0;
}

static int
write_quote(struct writer *w, const xmlNode *n)
{
	size_t mark;
	int rc;

	textflow_block(&w->flow);
	w->flow.joined = true;
	mark = textflow_push(&w->flow, "> ");
	rc = write_children(w, n);
	textflow_pop(&w->flow, mark);
	w->flow.joined = false;
	return rc;
}

static void
write_pre(struct writer *w, const xmlNode *n)
{
	xmlChar *content = xmlNodeGetContent(n);
	const char *s = (char *)content;

	textflow_block(&w->flow);
	while (s != NULL && *s != '\0') {
		size_t len = strcspn(s, "\n");

		textflow_line(&w->flow, s, len);
		s += len;
		if (*s == '\n')
			s++;
	}
	xmlFree(content);
}

static int
write_content(struct writer *w, const xmlNode *n)
{
	static const char *const lists[] = { "ul", "ol", NULL };
	const char *name = (const char *)n->name;

	if (plaintext_is_named(n, lists))
		return write_list(w, n);
	if (strcmp(name, "blockquote") == 0)
		return write_quote(w, n);
	if (strcmp(name, "hr") == 0) {
		textflow_block(&w->flow);
		rule(&w->flow, '-', textflow_room(&w->flow));
		return 0;
	}
	if (strcmp(name, "pre") == 0) {
		write_pre(w, n);
		return 0;
	}
	return write_children(w, n);
}

static int
write_node(struct writer *w, const xmlNode *n)
{
	enum style outer = w->style, own;
	const char *outer_lang = w->lang;
	xmlChar *lang = xmlGetNoNsProp(n, (const xmlChar *)"lang");
	int rc = -1;

	if (lang != NULL)
		w->lang = (char *)lang;
	if (plaintext_style_of(n, &own, w->e) == 0 &&
	    plaintext_check_depth(++w->depth, w->e) == 0) {
		if (own != STYLE_NONE)
			w->style = own;
		if (own == STYLE_SIGNATURE) {
			textflow_block(&w->flow);
			textflow_line(&w->flow, "-- ", 3);
			w->flow.joined = true;
			w->style = STYLE_NONE;
		}
		rc = own == STYLE_SIGNATURE && n->children == NULL
		    ? 0
		    : write_content(w, n);
		w->depth--;
	}
	w->style = outer;
	w->lang = outer_lang;
	xmlFree(lang);
	return rc;
}

/* Runs of inline content between blocks are paragraphs of their own. */
static int
write_children(struct writer *w, const xmlNode *n)
{
	for (const xmlNode *c = n->children; c != NULL; c = c->next) {
		int rc = 0;

		if (is_block(c)) {
			rc = end_para(w);
			if (rc == 0)
				rc = write_node(w, c);
		} else
			rc = para_add(&w->para, c, w->depth, w->e);
		if (rc == -1)
			return -1;
	}
	return end_para(w);
}

int
plaintext_write(xmlDocPtr doc, const char *lang, struct buf *out, struct err *e)
{
	struct writer *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		abort();
	w->lang = lang;
	w->e = e;
	textflow_init(&w->flow, out);
	para_init(&w->para);
	rc = write_children(w, (const xmlNode *)doc);
	para_done(&w->para);
	free(w);
	if (rc == 0 && buf_full(out))
		rc = err_set(e, ERR_LIMIT, "The text becomes too large");
	return rc;
}
