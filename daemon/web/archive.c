#include "daemon/web/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libxml/parser.h>

#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/site.h"

int
archive_open(struct request *q, struct database **ret, struct err *e)
{
	struct site_worker *w = q->worker;

	if (!w->site->config->archive)
		return err_set(e, ERR_NOT_FOUND, "There is no archive");
	return site_worker_database(w, ret, e);
}

const char *
archive_root(const char *lang)
{
	return strcmp(lang, "nl") == 0 ? "/archief" : "/en/archive";
}

void
archive_path(char ret[ARCHIVE_PATH_MAX], const char *lang, const struct rows *r,
    int row)
{
	bool extra = strcmp(rows_str(r, row, "series"), "extra") == 0;

	(void)snprintf(ret, ARCHIVE_PATH_MAX, "%s%s/%s/%s", archive_root(lang),
	    extra ? "/extra" : "", rows_str(r, row, "year"),
	    rows_str(r, row, "number"));
}

xmlNodePtr
archive_copy(xmlNodePtr dst, const char *document)
{
	xmlDocPtr doc = xmlReadMemory(document, (int)strlen(document), NULL,
	    "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNodePtr x;

	if (doc == NULL)
		return NULL;
	x = xmlDocCopyNode(xmlDocGetRootElement(doc), dst->doc, 1);
	xmlFreeDoc(doc);
	if (x == NULL || xmlAddChild(dst, x) == NULL)
		abort();
	return x;
}

static bool
is(const xmlNode *x, const char *name)
{
	return strcmp((const char *)x->name, name) == 0;
}

xmlNodePtr
archive_next(xmlNodePtr edition, xmlNodePtr after)
{
	bool seen = after == NULL;

	for (xmlNodePtr side = edition->children; side != NULL;
	     side = side->next)
		for (xmlNodePtr s = side->children; s != NULL; s = s->next)
			for (xmlNodePtr i = s->children; i != NULL;
			     i = i->next) {
				if (!is(s, "section") || !is(i, "item"))
					continue;
				if (seen)
					return i;
				seen = i == after;
			}
	return NULL;
}
