#include <libxml/HTMLparser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/slot.h"
#include "composer/edition/edition.h"
#include "composer/edition/subject.h"
#include "composer/issue/check_add.h"
#include "composer/issue/issue.h"

/* One edition as a reader would see it. */
struct seen {
	const char *edition;
	char *text;  /* of the HTML, white space folded */
	char *plain; /* likewise */
	const struct edition *e;
};

static bool
shown(const struct check *ck, const struct seen *s, const char *what)
{
	const char *w = check_normal(ck->arena, what);

	return strstr(s->text, w) != NULL && strstr(s->plain, w) != NULL;
}

static int
wanted(struct check *ck, const struct seen *s, bool there, const char *slug,
    const char *what)
{
	if (there)
		return 0;
	check_add(ck, CHECK_BLOCKING, slug, 0, "tweeluik config check",
	    N_("%s is missing in the edition %s"),
	    catalogue_text(ck->lang, what), check_language(ck, s->edition));
	return 1;
}

/* What law and mail providers want to see in every mail. */
static int
imprint(struct check *ck, const struct seen *s, const struct config *config)
{
	const char *unsubscribe = slot_placeholder(SLOT_UNSUBSCRIBE);
	bool leaves = strstr(s->e->html.data, unsubscribe) != NULL &&
	    strstr(s->e->plain.data, unsubscribe) != NULL;

	return wanted(ck, s, shown(ck, s, config->sender), "sender-missing",
		   N_("The sender")) +
	    wanted(ck, s, shown(ck, s, config->postal_address),
		"address-missing", N_("The postal address")) +
	    wanted(ck, s, leaves, "unsubscribe-missing",
		N_("The unsubscribe link"));
}

static int
hidden(struct check *ck, const struct seen *s, const struct rows *r)
{
	int n = 0;

	for (int i = 0; i < r->n; i++) {
		const char *value =
		    check_normal(ck->arena, rows_str(r, i, "value"));

		if (strstr(s->text, value) == NULL &&
		    strstr(s->plain, value) == NULL)
			continue;
		/* The value itself is not repeated here. */
		check_add(ck, CHECK_BLOCKING, "visibility", 0, NULL,
		    N_("The edition %s shows something of %s that is for the "
		       "office only"),
		    check_language(ck, s->edition), rows_str(r, i, "name"));
		n++;
	}
	return n;
}

static bool
is_personal(const char *url)
{
	for (; *url != '\0'; url++)
		if (slot_at(url) != -1)
			return true;
	return false;
}

/* The item that brought a link, to name it; 0 for the frame of the mail. */
static int64_t
item_of(const struct rows *items, const char *url)
{
	for (int i = 0; i < items->n; i++)
		if (strstr(rows_str(items, i, "body"), url) != NULL ||
		    strcmp(rows_str(items, i, "link"), url) == 0)
			return rows_int(items, i, "item_id");
	return 0;
}

/* Pages of this issue, which are there only when it is. */
static bool
is_ours(const char *url, const struct config *config)
{
	size_t n = strlen(config->base_url);

	return strncmp(url, config->base_url, n) == 0 && url[n] == '/' &&
	    (strncmp(url + n, "/agenda/", 8) == 0 ||
		strncmp(url + n, "/events/", 8) == 0 ||
		strncmp(url + n, "/archief/", 9) == 0 ||
		strncmp(url + n, "/en/archive/", 12) == 0);
}

static void
links(struct check *ck, xmlDocPtr doc, const struct config *config,
    const struct rows *items)
{
	xmlXPathContextPtr x = xmlXPathNewContext(doc);
	xmlXPathObjectPtr o =
	    xmlXPathEvalExpression((const xmlChar *)"//a/@href", x);

	for (int i = 0; o != NULL && !xmlXPathNodeSetIsEmpty(o->nodesetval) &&
	     i < o->nodesetval->nodeNr;
	     i++) {
		char *url =
		    (char *)xmlNodeGetContent(o->nodesetval->nodeTab[i]);

		if (url[0] != '#' && !is_personal(url) && !is_ours(url, config))
			check_link(ck, url, item_of(items, url));
		xmlFree(url);
	}
	xmlXPathFreeObject(o);
	xmlXPathFreeContext(x);
}

static void
size(struct check *ck, const struct seen *s, size_t n)
{
	if (n > CHECK_HTML_MAX)
		check_add(ck, CHECK_BLOCKING, "too-large", 0, NULL,
		    N_("The edition %s is %zu KB, at most %zu is allowed"),
		    check_language(ck, s->edition), n / 1024,
		    CHECK_HTML_MAX / 1024);
	else if (n > CHECK_HTML_WARN)
		check_add(ck, CHECK_WARNING, "large", 0, NULL,
		    N_("The edition %s is %zu KB; mail programs cut off what "
		       "is over %zu"),
		    check_language(ck, s->edition), n / 1024,
		    CHECK_HTML_MAX / 1024);
}

static int
look(struct check *ck, const struct edition *ed, const char *name,
    const struct config *config, const struct rows *secrets,
    const struct rows *items, int *missing, struct err *e)
{
	struct seen s = { .edition = name, .e = ed };
	xmlDocPtr doc =
	    htmlReadMemory(ed->html.data, (int)ed->html.len, NULL, "UTF-8",
		HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	char *text;

	if (doc == NULL)
		return err_set(e, ERR_SYS, "The edition %s is no HTML", name);
	text = (char *)xmlNodeGetContent(xmlDocGetRootElement(doc));
	s.text = check_normal(ck->arena, text);
	s.plain = check_normal(ck->arena, ed->plain.data);
	xmlFree(text);
	*missing += imprint(ck, &s, config);
	(void)hidden(ck, &s, secrets);
	links(ck, doc, config, items);
	size(ck, &s, ed->html.len);
	if (ed->headline_cut)
		check_add(ck, CHECK_WARNING, "headline-cut", 0, NULL,
		    N_("The subject of the edition %s has room for %d "
		       "characters of each headline: %s"),
		    check_language(ck, name), SUBJECT_HEADLINE_MAX,
		    ed->subject.data);
	xmlFreeDoc(doc);
	return 0;
}

static void
all_well(struct check *ck, int missing)
{
	const struct check_edition *n = ck->editions;

	if (missing == 0)
		check_add(ck, CHECK_OK, "imprint", 0, NULL,
		    N_("Unsubscribe link, sender and postal address"));
	for (size_t k = 0; k < ck->neditions; k++)
		if (n[k].html_bytes > CHECK_HTML_WARN)
			return;
	if (ck->neditions == 1)
		check_add(ck, CHECK_OK, "size", 0, NULL, N_("Size %zu KB"),
		    (n[0].html_bytes + 1023) / 1024);
	else
		check_add(ck, CHECK_OK, "size", 0, NULL,
		    N_("Size %zu, %zu and %zu KB"),
		    (n[0].html_bytes + 1023) / 1024,
		    (n[1].html_bytes + 1023) / 1024,
		    (n[2].html_bytes + 1023) / 1024);
}

int
check_editions(struct check *ck, struct database *d,
    const struct config *config, struct err *e)
{
	const char *const *names =
	    special_editions(ck->issue->kind, &ck->neditions);
	struct rows secrets, items;
	int rc = -1, missing = 0;

	if (DATABASE_RUN(d, &secrets, e, "check_hidden",
		param_int(ck->issue->id)) == -1)
		return -1;
	if (DATABASE_RUN(d, &items, e, "check_items",
		param_int(ck->issue->id)) == -1)
		goto out;
	for (size_t k = 0; k < ck->neditions; k++) {
		struct edition ed;

		if (edition_build(d, config, ck->issue->id, names[k], &ed, e) ==
		    -1)
			goto out_items;
		ck->editions[k] = (struct check_edition){ .name = names[k],
			.subject = arena_strdup(ck->arena, ed.subject.data),
			.html_bytes = ed.html.len };
		rc = look(ck, &ed, names[k], config, &secrets, &items, &missing,
		    e);
		edition_done(&ed);
		if (rc == -1)
			goto out_items;
	}
	all_well(ck, missing);
out_items:
	rows_done(&items);
out:
	rows_done(&secrets);
	return rc;
}
