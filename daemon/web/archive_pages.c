#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/mailto.h"
#include "daemon/web/archive.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"

#define YEARS_IN_FULL 2 /* on the first page; the others have their own */
#define SEARCH_BYTES_MAX 200
#define HITS_MAX 20
#define SHARE_BYTES_MAX ((size_t)4096)
#define NUMBER_DIGITS_MAX 5

/* Where a hit begins and ends (web_archive_search()). */
#define HIT_BEGIN '\002'
#define HIT_END '\003'

/* All issues */

static void
add_issue(struct page *p, xmlNodePtr year, const struct rows *r, int row)
{
	char path[ARCHIVE_PATH_MAX];
	xmlNodePtr x = page_add(year, "issue");

	archive_path(path, p->lang, r, row);
	page_attr(x, "path", path);
	page_attr(x, "label", rows_str(r, row, "label"));
	page_attr(x, "headline", rows_str(r, row, "headline"));
	page_attr(x, "day", rows_str(r, row, "day"));
}

static xmlNodePtr
add_year(struct page *p, const char *element, const char *year)
{
	char path[ARCHIVE_PATH_MAX];
	xmlNodePtr x = page_add(p->root, element);

	(void)snprintf(path, sizeof(path), "%s/%s", archive_root(p->lang),
	    year);
	page_attr(x, "n", year);
	page_attr(x, "path", path);
	return x;
}

/* Years in full, the newest or only this one, and the names of the others;
 * returns how many in full. */
static int
add_years(struct page *p, const struct rows *r, const char *only)
{
	const char *year = "";
	xmlNodePtr full = NULL;
	int n = 0;

	for (int row = 0; row < r->n; row++) {
		if (strcmp(rows_str(r, row, "year"), year) != 0) {
			year = rows_str(r, row, "year");
			full = NULL;
			if (only != NULL ? strcmp(only, year) == 0
					 : n < YEARS_IN_FULL) {
				full = add_year(p, "year", year);
				n++;
			} else {
				(void)add_year(p, "other", year);
			}
		}
		if (full != NULL)
			add_issue(p, full, r, row);
	}
	return n;
}

static int
add_first(struct page *p, struct database *d, struct err *e)
{
	struct rows r;

	if (database_run(d, &r, e, "web_archive_first", NULL, 0) == -1)
		return -1;
	page_set(p, "empty", "yes");
	page_set(p, "first-day", rows_text(&r, 0, "day"));
	rows_done(&r);
	return 0;
}

static int
show_years(struct request *q, struct response *r, const char *only,
    struct err *e)
{
	const struct site_worker *w = q->worker;
	const char *lang = page_lang(q);
	char nl[ARCHIVE_PATH_MAX], en[ARCHIVE_PATH_MAX];
	struct database *d;
	struct rows rows;
	struct page p;
	int rc = 0;

	if (archive_open(q, &d, e) == -1 ||
	    DATABASE_RUN(d, &rows, e, "web_archive", param_text(lang)) == -1)
		return -1;
	(void)snprintf(nl, sizeof(nl), "%s%s%s", archive_root("nl"),
	    only != NULL ? "/" : "", only != NULL ? only : "");
	(void)snprintf(en, sizeof(en), "%s%s%s", archive_root("en"),
	    only != NULL ? "/" : "", only != NULL ? only : "");
	page_init_public(&p, w->site, lang, nl, en);
	page_set(&p, "year", only);
	if (add_years(&p, &rows, only) == 0)
		rc = only != NULL
		    ? err_set(e, ERR_NOT_FOUND, "No issue of that year")
		    : add_first(&p, d, e);
	if (rc == 0)
		rc = page_write(&p, PAGE_ARCHIVE, &r->body, e);
	page_done(&p);
	rows_done(&rows);
	response_public(r);
	return rc;
}

/* A year or a number as we write them: no path has two spellings. */
static bool
is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n < NUMBER_DIGITS_MAX && s[n] == '\0' && s[0] != '0';
}

int
archive_show_year(struct request *q, struct response *r, struct err *e)
{
	if (!is_number(q->captures[0]))
		return err_set(e, ERR_NOT_FOUND, "No such year");
	return show_years(q, r, q->captures[0], e);
}

/* Search */

/* Text in which hits stand between their signs. */
static void
add_excerpt(xmlNodePtr hit, const char *s, const char *lang)
{
	xmlNodePtr x = page_add(hit, "excerpt"), into = x;

	if (lang != NULL)
		page_attr(x, "lang", lang);
	while (*s != '\0') {
		size_t n = strcspn(s, (char[]){ HIT_BEGIN, HIT_END, '\0' });

		xmlNodeAddContentLen(into, (const xmlChar *)s, (int)n);
		s += n;
		if (*s != '\0')
			into = *s++ == HIT_BEGIN ? page_add(x, "mark") : x;
	}
}

static void
add_hit(struct page *p, xmlNodePtr search, const struct rows *r, int row)
{
	char path[ARCHIVE_PATH_MAX], anchored[2 * ARCHIVE_PATH_MAX];
	xmlNodePtr x = page_add(search, "hit");

	archive_path(path, p->lang, r, row);
	(void)snprintf(anchored, sizeof(anchored), "%s#%s", path,
	    rows_str(r, row, "anchor"));
	page_attr(x, "path", anchored);
	page_attr(x, "label", rows_str(r, row, "label"));
	page_attr(x, "day", rows_str(r, row, "day"));
	page_attr(x, "title", rows_str(r, row, "title"));
	add_excerpt(x, rows_str(r, row, "excerpt"),
	    rows_text(r, row, "excerpt_lang"));
}

static int
show_hits(struct request *q, struct response *r, const char *words,
    struct err *e)
{
	const struct site_worker *w = q->worker;
	const char *lang = page_lang(q);
	struct database *d;
	struct rows rows;
	struct page p;
	xmlNodePtr search;
	int rc;

	if (archive_open(q, &d, e) == -1 ||
	    DATABASE_RUN(d, &rows, e, "web_archive_search", param_text(words),
		param_text(lang), param_int(HITS_MAX + 1)) == -1)
		return -1;
	page_init_public(&p, w->site, lang, archive_root("nl"),
	    archive_root("en"));
	search = page_add(p.root, "search");
	page_attr(search, "words", words);
	for (int row = 0; row < rows.n && row < HITS_MAX; row++)
		add_hit(&p, search, &rows, row);
	if (rows.n > HITS_MAX)
		page_attr(search, "more", "yes");
	rc = page_write(&p, PAGE_ARCHIVE, &r->body, e);
	page_done(&p);
	rows_done(&rows);
	response_public(r);
	r->indexable = false; /* what it found is */
	return rc;
}

int
archive_show(struct request *q, struct response *r, struct err *e)
{
	const char *words = form_get(&q->query, "q");

	if (words == NULL || words[strspn(words, " \t\r\n")] == '\0')
		return show_years(q, r, NULL, e);
	if (strlen(words) > SEARCH_BYTES_MAX)
		words = "";
	return show_hits(q, r, words, e);
}

/* An issue */

/* The message that passes an item on. */
static void
add_share(struct page *p, const char *path, xmlNodePtr item)
{
	xmlChar *anchor = xmlGetProp(item, (const xmlChar *)"anchor");
	xmlNodePtr title = item->children; /* always the first */
	xmlChar *text = xmlNodeGetContent(title);
	struct buf body, link;

	buf_init(&body, SHARE_BYTES_MAX);
	buf_init(&link, SHARE_BYTES_MAX);
	(void)buf_addf(&body, "%s\n\n%s%s#%s\n", (const char *)text,
	    p->site->config->base_url, path, (const char *)anchor);
	mailto_write(&link, NULL, (const char *)text, body.data);
	if (!buf_full(&body) && !buf_full(&link))
		page_attr(item, "share", link.data);
	buf_done(&link);
	buf_done(&body);
	xmlFree(text);
	xmlFree(anchor);
}

static int
add_notes(struct page *p, struct database *d, const struct param key[4],
    struct err *e)
{
	struct rows r;

	if (database_run(d, &r, e, "web_archive_notes", key, 4) == -1)
		return -1;
	for (int row = 0; row < r.n; row++) {
		xmlNodePtr x = page_add(p->root, "note");

		page_attr(x, "day", rows_str(&r, row, "day"));
		page_attr(x, "text", rows_str(&r, row, "text"));
	}
	rows_done(&r);
	return 0;
}

static int
write_issue(struct page *p, const char *path, const char *document,
    struct response *r, struct err *e)
{
	xmlNodePtr edition = archive_copy(p->root, document);

	if (edition == NULL)
		return err_set(e, ERR_SYS, "The issue cannot be read");
	for (xmlNodePtr i = NULL; (i = archive_next(edition, i)) != NULL;)
		add_share(p, path, i);
	return page_write(p, PAGE_ARCHIVE_ISSUE, &r->body, e);
}

static int
show_issue(struct request *q, struct response *r, struct database *d,
    const struct param key[4], struct err *e)
{
	const struct site_worker *w = q->worker;
	const char *lang = page_lang(q);
	const char *within = strcmp(key[0].text, "extra") == 0 ? "/extra" : "";
	char nl[ARCHIVE_PATH_MAX * 4], en[ARCHIVE_PATH_MAX * 4];
	struct rows rows;
	struct page p;
	int rc;

	if (database_run(d, &rows, e, "web_archive_issue", key, 4) == -1)
		return -1;
	if (rows.n == 0 ||
	    (!w->site->config->archive && !rows_bool(&rows, 0, "invitation"))) {
		rows_done(&rows);
		return err_set(e, ERR_NOT_FOUND, "There is no such issue");
	}
	(void)snprintf(nl, sizeof(nl), "%s%s/%s/%s", archive_root("nl"), within,
	    q->captures[0], q->captures[1]);
	(void)snprintf(en, sizeof(en), "%s%s/%s/%s", archive_root("en"), within,
	    q->captures[0], q->captures[1]);
	page_init_public(&p, w->site, lang, nl, en);
	page_set(&p, "label", rows_str(&rows, 0, "label"));
	page_set(&p, "headline", rows_str(&rows, 0, "headline"));
	rc = add_notes(&p, d, key, e);
	if (rc == 0)
		rc = write_issue(&p, lang[0] == 'n' ? nl : en,
		    rows_str(&rows, 0, "document"), r, e);
	page_done(&p);
	rows_done(&rows);
	response_public(r);
	return rc;
}

int
archive_show_issue(struct request *q, struct response *r, struct err *e)
{
	bool extra = strstr(q->route->pattern, "/extra/") != NULL;
	const char *year = q->captures[0], *number = q->captures[1];
	struct database *d;

	if (!is_number(year) || !is_number(number))
		return err_set(e, ERR_NOT_FOUND, "There is no such issue");
	/* An invitation is made to be passed on: it has a page even where there
	 * is no archive. */
	if ((extra ? site_worker_database(q->worker, &d, e)
		   : archive_open(q, &d, e)) == -1)
		return -1;
	return show_issue(q, r, d,
	    (const struct param[]){ param_text(extra ? "extra" : "regular"),
		param_text(year), param_text(number),
		param_text(page_lang(q)) },
	    e);
}
