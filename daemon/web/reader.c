#include "daemon/web/reader.h"

#include <stdio.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"

bool
reader_is_edition(const char *s)
{
	return strcmp(s, "nl") == 0 || strcmp(s, "en") == 0 ||
	    strcmp(s, "both") == 0;
}

int
reader_unknown(struct err *e)
{
	(void)err_set(e, ERR_NOT_FOUND, "This link is unknown");
	return err_slug(e, "link");
}

static int
fill(struct reader *d, const struct rows *rows, struct err *e)
{
	char address[ADDRESS_MAX + 1];
	const unsigned char *sealed;
	size_t n;

	if (rows->n == 0)
		return reader_unknown(e);
	sealed = rows_bytes(rows, 0, "address_sealed", &n);
	if (keys_open(d->worker->site->keys, address, sealed, n, e) == -1)
		return -1;
	address_mask(d->mask, address);
	(void)snprintf(d->language, sizeof(d->language), "%s",
	    rows_str(rows, 0, "language"));
	(void)snprintf(d->paused, sizeof(d->paused), "%s",
	    rows_str(rows, 0, "paused"));
	(void)snprintf(d->choices, sizeof(d->choices), "%s",
	    rows_str(rows, 0, "choices"));
	d->left = rows_bool(rows, 0, "left");
	d->may_pause = rows_bool(rows, 0, "may_pause");
	d->may_undo = rows_bool(rows, 0, "may_undo");
	return 0;
}

/* What the link itself says. */
static int
open_link(struct reader *ret, struct request *q, const char *purposes,
    struct err *e)
{
	struct reader d = { .worker = q->worker, .token = q->captures[0] };
	struct token t;
	int rc = -1;

	for (; rc == -1 && *purposes != '\0'; purposes++)
		rc = token_open_link(d.worker->site->keys, &t,
		    (enum token_purpose) * purposes, d.token, strlen(d.token),
		    e);
	if (rc == -1)
		return reader_unknown(e);
	if (t.subscriber == 0) {
		(void)err_set(e, ERR_NOT_FOUND, "This link is of a test");
		return err_slug(e, "test");
	}
	d.id = (int64_t)t.subscriber;
	d.mailing = t.mailing;
	*ret = d;
	return 0;
}

/* What the database says. */
static int
look_up(struct reader *d, struct err *e)
{
	struct rows rows;
	int rc;

	if (site_worker_database(d->worker, &d->db, e) == -1 ||
	    DATABASE_RUN(d->db, &rows, e, "web_subscriber", param_int(d->id)) ==
		-1)
		return -1;
	rc = fill(d, &rows, e);
	rows_done(&rows);
	return rc;
}

int
reader_find(struct reader *ret, struct request *q, const char *purposes,
    struct err *e)
{
	struct reader d;

	if (open_link(&d, q, purposes, e) == -1 || look_up(&d, e) == -1)
		return -1;
	*ret = d;
	return 0;
}

int
reader_find_or_away(struct reader *ret, struct request *q, const char *purposes,
    struct err *e)
{
	struct reader d;

	if (open_link(&d, q, purposes, e) == -1)
		return -1;
	*ret = d;
	/* A connection that is no more may only have been closed. */
	if (look_up(&d, e) == -1 &&
	    (!site_is_away(e) || !site_worker_reconnect(d.worker) ||
		look_up(&d, e) == -1))
		return site_is_away(e) ? 0 : -1;
	*ret = d;
	return 1;
}

void
reader_token(const struct reader *r, enum token_purpose purpose,
    char ret[TOKEN_LINK_CHARS + 1])
{
	const struct token t = { .purpose = purpose,
		.subscriber = (uint64_t)r->id,
		.mailing = (uint32_t)r->mailing };

	token_link(r->worker->site->keys, ret, &t);
}

void
reader_page(const struct reader *r, const char *lang, struct page *p)
{
	char token[TOKEN_LINK_CHARS + 1];

	page_init(p, r->worker->site, lang);
	page_set(p, "token", r->token);
	page_set(p, "mask", r->mask[0] != '\0' ? r->mask : NULL);
	page_set(p, "language", r->language[0] != '\0' ? r->language : NULL);
	reader_token(r, TOKEN_UNSUBSCRIBE, token);
	page_set(p, "unsubscribe", token);
	reader_token(r, TOKEN_LANGUAGE, token);
	page_set(p, "change", token);
	reader_token(r, TOKEN_PREFERENCES, token);
	page_set(p, "preferences", token);
	page_set(p, "choices", r->choices);
	if (r->paused[0] != '\0')
		page_set(p, "paused", r->paused);
	if (r->may_pause)
		page_set(p, "may-pause", "yes");
	if (r->may_undo)
		page_set(p, "may-undo", "yes");
	if (r->mailing > 0) {
		reader_token(r, TOKEN_WEB_VERSION, token);
		page_set(p, "version", token);
	}
}
