#include "daemon/web/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/log.h"
#include "base/paths.h"
#include "composer/template/template.h"
#include "daemon/web/http.h"
#include "daemon/web/limit.h"
#include "daemon/web/page.h"

#define FILE_BYTES_MAX ((size_t)256 * 1024)
#define RETRY_SECONDS 120U
#define AWAY_MS 1000
#define STATEMENT_LIMIT "set statement_timeout = '5s'"

static const struct {
	const char *file;
	bool fixed;
} files[SITE_PAGES] = {
	[PAGE_UNSUBSCRIBE] = { "web/unsubscribe.xhtml", false },
	[PAGE_UNSUBSCRIBED] = { "web/unsubscribed.xhtml", false },
	[PAGE_NOTED] = { "web/noted.xhtml", false },
	[PAGE_UNDO] = { "web/undo.xhtml", false },
	[PAGE_SUBSCRIBED] = { "web/subscribed.xhtml", false },
	[PAGE_LANGUAGE] = { "web/language.xhtml", false },
	[PAGE_LANGUAGE_DONE] = { "web/language-done.xhtml", false },
	[PAGE_PREFERENCES] = { "web/preferences.xhtml", false },
	[PAGE_DETAILS] = { "web/details.xhtml", false },
	[PAGE_DETAILS_LINK] = { "web/details-link.xhtml", false },
	[PAGE_NEW_ADDRESS] = { "web/new-address.xhtml", false },
	[PAGE_CONFIRM_ADDRESS] = { "web/confirm-address.xhtml", false },
	[PAGE_ERASE] = { "web/erase.xhtml", false },
	[PAGE_ERASED] = { "web/erased.xhtml", false },
	[PAGE_CHECK] = { "web/check.xhtml", false },
	[PAGE_CHECK_CHANGE] = { "web/check-change.xhtml", false },
	[PAGE_SIGNUP] = { "web/signup.xhtml", false },
	[PAGE_CHECK_MAIL] = { "web/check-mail.xhtml", false },
	[PAGE_CONFIRM] = { "web/confirm.xhtml", false },
	[PAGE_JOINED] = { "web/joined.xhtml", false },
	[PAGE_TOO_MANY] = { "web/too-many.xhtml", true },
	[PAGE_ARCHIVE] = { "web/archive.xhtml", false },
	[PAGE_ARCHIVE_ISSUE] = { "web/archive-issue.xhtml", false },
	[PAGE_FEED] = { "web/feed.xhtml", false },
	[PAGE_PRIVACY] = { "web/privacy.xhtml", false },
	[PAGE_ACCESSIBILITY] = { "web/accessibility.xhtml", false },
	[PAGE_HOME] = { "web/home.xhtml", true },
	[PAGE_UNKNOWN_LINK] = { "web/unknown-link.xhtml", true },
	[PAGE_TEST_LINK] = { "web/test-link.xhtml", true },
	[PAGE_MISSING] = { "web/missing.xhtml", true },
	[PAGE_UNAVAILABLE] = { "web/unavailable.xhtml", true },
};

static int
read_file(const char *path, struct buf *out, struct err *e)
{
	char piece[4096];
	size_t n;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return err_set(e, ERR_SYS,
		    "%s cannot be read; is the installation complete?", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		(void)buf_add(out, piece, n);
	(void)fclose(f);
	if (buf_full(out))
		return err_set(e, ERR_LIMIT, "%s is too large", path);
	return 0;
}

static int
write_fixed(struct site *s, enum site_page which, struct err *e)
{
	struct page p;
	int rc;

	page_init(&p, s, s->config->first_language);
	rc = page_write(&p, which, &s->fixed[which], e);
	page_done(&p);
	return rc;
}

int
site_open(struct site *s, const struct config *c, const struct keys *k,
    struct err *e)
{
	char path[4096];

	*s = (struct site){ .config = c, .keys = k };
	s->signups = limit_new((unsigned)c->signups_per_network);
	buf_init(&s->style, FILE_BYTES_MAX);
	for (int i = 0; i < SITE_PAGES; i++)
		buf_init(&s->fixed[i], FILE_BYTES_MAX);
	(void)snprintf(path, sizeof(path), "%s/templates", paths_share());
	for (int i = 0; i < SITE_PAGES; i++) {
		if (template_load(path, files[i].file, &s->templates[i], e) ==
			-1 ||
		    (files[i].fixed &&
			write_fixed(s, (enum site_page)i, e) == -1))
			goto bad;
	}
	(void)snprintf(path, sizeof(path), "%s/templates/web/style.css",
	    paths_share());
	if (read_file(path, &s->style, e) == -1)
		goto bad;
	return 0;
bad:
	site_close(s);
	return -1;
}

void
site_close(struct site *s)
{
	if (s->config == NULL)
		return; /* never opened */
	for (int i = 0; i < SITE_PAGES; i++) {
		if (s->templates[i] != NULL)
			template_free(s->templates[i]);
		buf_done(&s->fixed[i]);
	}
	buf_done(&s->style);
	limit_free(s->signups);
	s->config = NULL;
}

void *
site_worker_new(void *site)
{
	struct site_worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->site = site;
	return w;
}

void
site_worker_free(void *worker)
{
	struct site_worker *w = worker;

	database_close(w->db);
	free(w);
}

int
site_worker_database(struct site_worker *w, struct database **ret,
    struct err *e)
{
	static const char *const queries[] = { "web", NULL };

	if (clock_now_ms() < w->away_until_ms)
		return err_set(e, ERR_TEMP, "The database cannot be reached");
	if (w->db == NULL &&
	    database_open(&w->db, w->site->config->database, "tweeluik_web",
		queries, e) == -1) {
		w->away_until_ms = clock_now_ms() + AWAY_MS;
		return -1;
	}
	if (!w->ready &&
	    (database_check_schema(w->db, e) == -1 ||
		database_script(w->db, STATEMENT_LIMIT, e) == -1))
		return -1;
	w->ready = true;
	*ret = w->db;
	return 0;
}

bool
site_worker_reconnect(struct site_worker *w)
{
	struct err e;

	w->ready = false;
	if (w->db == NULL || clock_now_ms() < w->away_until_ms)
		return false;
	if (database_reset(w->db, &e) == 0)
		return true;
	w->away_until_ms = clock_now_ms() + AWAY_MS;
	return false;
}

bool
site_is_away(const struct err *e)
{
	return e->kind == ERR_TEMP || e->kind == ERR_SYS ||
	    e->kind == ERR_DENIED || e->kind == ERR_CONFIG;
}

void
site_answer(const struct site *s, enum site_page which, unsigned status,
    struct response *r)
{
	r->status = status;
	(void)buf_add(&r->body, s->fixed[which].data, s->fixed[which].len);
}

/* Which page stands for something that is not there. */
static enum site_page
not_found(const struct err *e)
{
	if (strcmp(e->slug, "link") == 0)
		return PAGE_UNKNOWN_LINK;
	return strcmp(e->slug, "test") == 0 ? PAGE_TEST_LINK : PAGE_MISSING;
}

bool
site_failed(struct request *q, struct response *r, const struct err *e,
    bool again)
{
	struct site_worker *w = q->worker;

	if (e->kind == ERR_NOT_FOUND) {
		site_answer(w->site, not_found(e), 404, r);
		return false;
	}
	if (e->kind == ERR_TEMP && site_worker_reconnect(w) && again)
		return true;
	log_event(LOG_LEVEL_ERROR, "page-failed", "page",
	    q->route != NULL ? q->route->pattern : "", "error", e->text, NULL);
	site_answer(w->site, PAGE_UNAVAILABLE, 503, r);
	r->retry_after = RETRY_SECONDS;
	return false;
}
