#include "composer/template/plaintext_para.h"

#include <string.h>
#include <libxml/uri.h>

#include "base/err.h"

void
para_init(struct para *p)
{
	buf_init(&p->text, PLAINTEXT_PARA_MAX);
	p->nlinks = 0;
}

void
para_done(struct para *p)
{
	para_clear(p);
	buf_done(&p->text);
}

bool
plaintext_is_named(const xmlNode *n, const char *const *names)
{
	if (n->type != XML_ELEMENT_NODE)
		return false;
	for (; *names != NULL; names++)
		if (strcmp((const char *)n->name, *names) == 0)
			return true;
	return false;
}

static bool
is_silent(const xmlNode *n)
{
	static const char *const names[] = { "head", "script", "style", "input",
		"select", "textarea", NULL };

	return plaintext_is_named(n, names) ||
	    (n->type != XML_ELEMENT_NODE && n->type != XML_TEXT_NODE &&
		n->type != XML_CDATA_SECTION_NODE);
}

int
plaintext_style_of(const xmlNode *n, enum style *ret, struct err *e)
{
	static const char *const names[STYLES] = { "", "title", "section",
		"contents", "item", "bar", "label", "line", "signature" };
	xmlChar *as = xmlGetNoNsProp(n, (const xmlChar *)"as");
	int rc = -1;

	for (int i = 0; i < STYLES; i++)
		if (strcmp(as != NULL ? (char *)as : "", names[i]) == 0) {
			*ret = (enum style)i;
			rc = 0;
		}
	if (rc == -1)
		(void)err_set(e, ERR_CONFIG,
		    "The text style as=\"%s\" is unknown", (char *)as);
	xmlFree(as);
	return rc;
}

int
plaintext_check_depth(int depth, struct err *e)
{
	if (depth > PLAINTEXT_DEPTH_MAX)
		return err_set(e, ERR_LIMIT, "The text is nested too deep");
	return 0;
}

void
para_clear(struct para *p)
{
	buf_clear(&p->text);
	while (p->nlinks > 0)
		xmlFree(p->links[--p->nlinks].url);
}

static void
add_words(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (strchr(" \t\r\n", *s) == NULL)
			(void)buf_addc(b, *s);
		else if (b->len > 0 &&
		    strchr(" \n", b->data[b->len - 1]) == NULL)
			(void)buf_addc(b, ' ');
}

/* Where a link leads outside this text: NULL for a jump within it. */
static char *
target_of(const xmlNode *a)
{
	xmlChar *href = xmlGetNoNsProp(a, (const xmlChar *)"href");
	char *s = (char *)href, *address;

	if (s == NULL || s[0] == '#' || s[0] == '\0') {
		xmlFree(href);
		return NULL;
	}
	if (strncasecmp(s, "mailto:", 7) != 0)
		return s;
	address = xmlURIUnescapeString(s + 7, (int)strcspn(s + 7, "?"), NULL);
	xmlFree(href);
	return address;
}

static int
add_inlines(struct para *p, const xmlNode *n, int depth, struct err *e)
{
	for (const xmlNode *c = n->children; c != NULL; c = c->next)
		if (para_add(p, c, depth, e) == -1)
			return -1;
	return 0;
}

static int
add_link(struct para *p, const xmlNode *n, int depth, struct err *e)
{
	size_t start = p->text.len;
	char *url = target_of(n);

	if (add_inlines(p, n, depth + 1, e) == -1) {
		xmlFree(url);
		return -1;
	}
	if (url == NULL)
		return 0;
	if (start == p->text.len || strcmp(p->text.data + start, url) == 0) {
		if (start == p->text.len)
			(void)buf_adds(&p->text, url);
		xmlFree(url);
		return 0;
	}
	if (p->nlinks == PLAINTEXT_LINKS_MAX) {
		xmlFree(url);
		return err_set(e, ERR_LIMIT,
		    "A paragraph has more than %d links", PLAINTEXT_LINKS_MAX);
	}
	p->links[p->nlinks++] = (struct link){ url, start, p->text.len };
	return 0;
}

static int
add_element(struct para *p, const xmlNode *n, int depth, struct err *e)
{
	struct buf *text = &p->text;
	enum style style;
	int rc;

	if (strcmp((const char *)n->name, "br") == 0)
		return buf_addc(text, '\n'), 0;
	if (strcmp((const char *)n->name, "img") == 0) {
		xmlChar *alt = xmlGetNoNsProp(n, (const xmlChar *)"alt");

		add_words(text, alt != NULL ? (char *)alt : "");
		xmlFree(alt);
		return 0;
	}
	if (plaintext_style_of(n, &style, e) == -1 ||
	    plaintext_check_depth(depth + 1, e) == -1)
		return -1;
	if (style == STYLE_LABEL)
		(void)buf_addc(text, '[');
	rc = strcmp((const char *)n->name, "a") == 0
	    ? add_link(p, n, depth, e)
	    : add_inlines(p, n, depth + 1, e);
	if (style == STYLE_LABEL)
		(void)buf_addc(text, ']');
	return rc;
}

int
para_add(struct para *p, const xmlNode *n, int depth, struct err *e)
{
	if (is_silent(n))
		return 0;
	if (n->type == XML_ELEMENT_NODE)
		return add_element(p, n, depth, e);
	add_words(&p->text, (const char *)n->content);
	return 0;
}

void
para_trim(struct para *p)
{
	struct buf *b = &p->text;

	while (b->len > 0 && strchr(" \n", b->data[b->len - 1]) != NULL)
		b->data[--b->len] = '\0';
	for (size_t i = 0; i < p->nlinks; i++)
		if (p->links[i].end > b->len)
			p->links[i].end = b->len;
}
