#include "composer/inbox/mail_html.h"

#include <libxml/HTMLparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "composer/inbox/mail_look.h"
#include "composer/inbox/mail_url.h"
#include "composer/inbox/mail_writer.h"

#define WORDS_MAX ((size_t)16 * 1024) /* of a link, of a cell */
#define CELLS_MAX 12
#define TABLES_MAX 4
#define CELL_WORDS 200 /* bytes; what is longer is no table of data */

struct walk {
	struct mail_writer *w;
	bool links;
	int tables; /* around; deep in others each would be looked through */
};

static void walk(struct walk *k, xmlNodePtr parent);

static bool
named(const xmlNode *x, const char *name)
{
	return strcmp((const char *)x->name, name) == 0;
}

static bool
named_one_of(const xmlNode *x, const char *const *names)
{
	for (; *names != NULL; names++)
		if (named(x, *names))
			return true;
	return false;
}

/* What stands in an element on one line, for a link or a cell. */
static void
add_inline(struct walk *k, xmlNodePtr x, bool in_link, struct buf *ret)
{
	struct mail_writer line;
	struct walk inner = { .w = &line };

	mail_writer_init(&line, ret, true);
	line.in_link = in_link;
	walk(&inner, x);
	mail_writer_end(&line);
	k->links |= inner.links;
}

/*
 * Links
 */

/* The description of the picture that is all there is in a link. */
static void
add_description(xmlNodePtr parent, struct buf *ret)
{
	for (xmlNodePtr x = parent->children; x != NULL; x = x->next) {
		xmlChar *alt = x->type == XML_ELEMENT_NODE && named(x, "img")
		    ? xmlGetProp(x, (const xmlChar *)"alt")
		    : NULL;
		struct mail_writer line;

		if (alt == NULL) {
			if (x->type == XML_ELEMENT_NODE)
				add_description(x, ret);
			continue;
		}
		mail_writer_init(&line, ret, true);
		mail_writer_text(&line, (const char *)alt);
		mail_writer_end(&line);
		xmlFree(alt);
	}
}

/* The words are the link itself, perhaps without https://. */
static bool
says_itself(const char *words, const char *url)
{
	size_t m = strlen(words);

	for (int k = 0; k < 2; k++) {
		size_t n = strlen(url);

		if (n >= m && strncasecmp(url, words, m) == 0 &&
		    (n == m || (n == m + 1 && url[m] == '/')))
			return true;
		url += strcspn(url, ":");
		url += strspn(url, ":/");
	}
	return false;
}

/* *ret_own: they are words of its own. */
static void
write_link(struct buf *b, const char *words, const char *url, bool *ret_own)
{
	*ret_own = strncmp(url, "mailto:", 7) == 0 || !says_itself(words, url);
	if (*ret_own)
		(void)buf_addf(b, "[%s](%s)", words, url);
	else
		(void)buf_addf(b, "<%s>", url);
}

static void
add_link(struct walk *k, xmlNodePtr x)
{
	xmlChar *href = xmlGetProp(x, (const xmlChar *)"href");
	struct buf words, url, all;
	bool own;

	buf_init(&words, WORDS_MAX);
	buf_init(&url, MAIL_URL_MAX * 3);
	buf_init(&all, WORDS_MAX + MAIL_URL_MAX * 3 + 8);
	if (k->w->in_link || href == NULL ||
	    mail_url_add(&url, (const char *)href,
		strlen((const char *)href)) == -1) {
		walk(k, x);
	} else {
		add_inline(k, x, true, &words);
		if (words.len == 0)
			add_description(x, &words);
		if (words.len > 0 && !buf_full(&words)) {
			write_link(&all, words.data, url.data, &own);
			mail_writer_word(k->w, all.data);
			k->links |= own;
		}
	}
	buf_done(&all);
	buf_done(&url);
	buf_done(&words);
	xmlFree(href);
}

/*
 * Tables
 */
static bool
holds_blocks(const xmlNode *parent)
{
	static const char *const blocks[] = { "table", "ul", "ol", "h1", "h2",
		"h3", "h4", "blockquote", "hr", NULL };

	for (const xmlNode *x = parent->children; x != NULL; x = x->next)
		if (x->type == XML_ELEMENT_NODE &&
		    (named_one_of(x, blocks) || holds_blocks(x)))
			return true;
	return false;
}

static bool
is_cell(const xmlNode *x)
{
	return x->type == XML_ELEMENT_NODE &&
	    (named(x, "td") || named(x, "th"));
}

/* Cells with words; -1 for a row that is laid out, not data. */
static int
row_cells(xmlNodePtr row)
{
	int n = 0;

	for (xmlNodePtr x = row->children; x != NULL; x = x->next) {
		xmlChar *words;
		size_t len;

		if (!is_cell(x))
			continue;
		if (holds_blocks(x))
			return -1;
		words = xmlNodeGetContent(x);
		len = words != NULL ? strlen((const char *)words) : 0;
		n += len > 0;
		xmlFree(words);
		if (len > CELL_WORDS || n > CELLS_MAX)
			return -1;
	}
	return n;
}

/* Rows of short cells, at least two of them next to each other. */
static bool
is_data(xmlNodePtr table, int *rows)
{
	for (xmlNodePtr x = table->children; x != NULL; x = x->next) {
		int n;

		if (x->type != XML_ELEMENT_NODE)
			continue;
		if (!named(x, "tr")) {
			if (!is_data(x, rows))
				return false;
			continue;
		}
		n = row_cells(x);
		if (n == -1)
			return false;
		*rows += n > 1;
	}
	return true;
}

static void
add_row(struct walk *k, xmlNodePtr row)
{
	struct buf cell;
	bool first = true;

	mail_writer_break(k->w, MAIL_BREAK_LINE);
	for (xmlNodePtr x = row->children; x != NULL; x = x->next) {
		if (!is_cell(x))
			continue;
		buf_init(&cell, WORDS_MAX);
		add_inline(k, x, false, &cell);
		if (cell.len > 0 && !first)
			mail_writer_text(k->w, " | ");
		if (cell.len > 0) {
			mail_writer_word(k->w, cell.data);
			first = false;
		}
		buf_done(&cell);
	}
}

static void
add_rows(struct walk *k, xmlNodePtr parent)
{
	for (xmlNodePtr x = parent->children; x != NULL; x = x->next)
		if (x->type == XML_ELEMENT_NODE) {
			if (named(x, "tr"))
				add_row(k, x);
			else
				add_rows(k, x);
		}
}

static void
add_table(struct walk *k, xmlNodePtr x)
{
	int rows = 0;
	bool data = k->tables < TABLES_MAX && is_data(x, &rows) && rows > 0;

	k->tables++;
	mail_writer_break(k->w, MAIL_BREAK_PARAGRAPH);
	if (data)
		add_rows(k, x);
	else
		walk(k, x);
	mail_writer_break(k->w, MAIL_BREAK_PARAGRAPH);
	k->tables--;
}

/*
 * Lists
 */
static void
add_item(struct walk *k, xmlNodePtr x, const char *mark)
{
	size_t was = mail_writer_item(k->w, mark);

	walk(k, x);
	mail_writer_item_end(k->w, was);
}

static void
add_list(struct walk *k, xmlNodePtr x)
{
	bool ordered = named(x, "ol");
	char mark[16] = "- ";
	int no = 0;

	mail_writer_list(k->w);
	for (xmlNodePtr i = x->children; i != NULL; i = i->next) {
		if (i->type != XML_ELEMENT_NODE)
			continue;
		if (ordered && named(i, "li"))
			(void)snprintf(mark, sizeof(mark), "%d. ", ++no);
		if (mail_look_of(i) == MAIL_LOOK_HIDDEN)
			continue;
		/* Outlook puts a list in a list without an item around it. */
		if (named(i, "ul") || named(i, "ol"))
			add_list(k, i);
		else
			add_item(k, i, mark);
	}
	mail_writer_list_end(k->w);
}

/* Word writes a list as paragraphs with a mark that others are not to read. */
static void
add_word_item(struct walk *k, xmlNodePtr x)
{
	char mark[16] = "- ";
	int no = mail_look_number(x);

	if (no > 0)
		(void)snprintf(mark, sizeof(mark), "%d. ", no);
	mail_writer_break(k->w, MAIL_BREAK_LINE);
	add_item(k, x, mark);
}

/*
 * Elements
 */
static void
add_heading(struct walk *k, xmlNodePtr x)
{
	mail_writer_break(k->w, MAIL_BREAK_PARAGRAPH);
	mail_writer_bold(k->w, 1);
	walk(k, x);
	mail_writer_bold(k->w, -1);
	mail_writer_break(k->w, MAIL_BREAK_PARAGRAPH);
}

static void
add_emphasis(struct walk *k, xmlNodePtr x, bool bold)
{
	int by = bold && mail_look_of(x) == MAIL_LOOK_NOT_BOLD ? 0 : 1;

	(bold ? mail_writer_bold : mail_writer_em)(k->w, by);
	walk(k, x);
	(bold ? mail_writer_bold : mail_writer_em)(k->w, -by);
}

static void
add_quote(struct walk *k, xmlNodePtr x, bool ours)
{
	size_t was;

	if (!ours) {
		mail_writer_mark(k->w, MAIL_HTML_QUOTE);
		walk(k, x);
		mail_writer_mark(k->w, MAIL_HTML_QUOTE_END);
		return;
	}
	mail_writer_break(k->w, MAIL_BREAK_PARAGRAPH);
	was = mail_writer_item(k->w, "> ");
	walk(k, x);
	mail_writer_item_end(k->w, was);
	mail_writer_break(k->w, MAIL_BREAK_PARAGRAPH);
}

/* Elements that begin and end a line, or a paragraph. */
static const char *const paragraphs[] = { "p", "pre", "dl", "fieldset",
	"figure", "address", NULL };
static const char *const lines[] = { "div", "section", "article", "header",
	"footer", "main", "aside", "nav", "tr", "td", "th", "dt", "dd",
	"center", "caption", "figcaption", "details", "summary", "form", NULL };
static const char *const headings[] = { "h1", "h2", "h3", "h4", "h5", "h6",
	NULL };
static const char *const bolds[] = { "b", "strong", NULL };
static const char *const ems[] = { "i", "em", "cite", NULL };

static void
add_block(struct walk *k, xmlNodePtr x)
{
	enum mail_break kind = named_one_of(x, paragraphs)
	    ? MAIL_BREAK_PARAGRAPH
	    : MAIL_BREAK_LINE;
	bool pre = named(x, "pre");

	mail_writer_break(k->w, kind);
	k->w->pre += pre;
	walk(k, x);
	k->w->pre -= pre;
	mail_writer_break(k->w, kind);
}

static void
add_element(struct walk *k, xmlNodePtr x)
{
	enum mail_look look = mail_look_of(x);

	if (look == MAIL_LOOK_HIDDEN || look == MAIL_LOOK_SIGNATURE)
		return;
	if (look == MAIL_LOOK_QUOTE)
		add_quote(k, x, false);
	else if (look == MAIL_LOOK_ITEM)
		add_word_item(k, x);
	else if (named(x, "br"))
		mail_writer_newline(k->w);
	else if (named(x, "hr"))
		mail_writer_break(k->w, MAIL_BREAK_PARAGRAPH);
	else if (named(x, "a"))
		add_link(k, x);
	else if (named(x, "table"))
		add_table(k, x);
	else if (named(x, "ul") || named(x, "ol"))
		add_list(k, x);
	else if (named(x, "li"))
		add_item(k, x, "- ");
	else if (named(x, "blockquote"))
		add_quote(k, x, true);
	else if (named_one_of(x, headings))
		add_heading(k, x);
	else if (named_one_of(x, bolds) || named_one_of(x, ems))
		add_emphasis(k, x, named_one_of(x, bolds));
	else if (named_one_of(x, paragraphs) || named_one_of(x, lines))
		add_block(k, x);
	else
		walk(k, x);
}

static void
walk(struct walk *k, xmlNodePtr parent)
{
	for (xmlNodePtr x = parent->children; x != NULL && !buf_full(k->w->out);
	     x = x->next)
		if (x->type == XML_TEXT_NODE ||
		    x->type == XML_CDATA_SECTION_NODE)
			mail_writer_text(k->w, (const char *)x->content);
		else if (x->type == XML_ELEMENT_NODE)
			add_element(k, x);
}

void
mail_html_markdown(struct buf *b, const char *html, size_t n, bool *ret_links)
{
	/* What is already UTF-8 stays so, whatever it says of itself. */
	htmlDocPtr doc = htmlReadMemory(html, (int)n, NULL, "UTF-8",
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
		HTML_PARSE_NONET);
	struct mail_writer w;
	struct walk k = { .w = &w };

	mail_writer_init(&w, b, false);
	if (doc != NULL)
		walk(&k, (xmlNodePtr)doc);
	mail_writer_end(&w);
	xmlFreeDoc(doc);
	*ret_links = k.links;
}
