#include "daemon/web/details.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"

static const char own[] = { TOKEN_DETAILS, '\0' };

struct details {
	struct reader reader;
	json_t *data;	    /* what is handed out, the address in the clear */
	char wanted_at[64]; /* which wish for another address a form knows */
};

/* What is sealed goes into the data in the clear. */
static int
open_sealed(struct details *d, const struct rows *rows, const char *column,
    const char *name, struct err *e)
{
	char address[ADDRESS_MAX + 1];
	const unsigned char *sealed;
	size_t n;

	if (rows_null(rows, 0, column))
		return 0;
	sealed = rows_bytes(rows, 0, column, &n);
	if (keys_open(d->reader.worker->site->keys, address, sealed, n, e) ==
	    -1)
		return -1;
	if (json_object_set_new(d->data, name, json_string(address)) == -1)
		abort();
	return 0;
}

static int
fill(struct details *d, const struct rows *rows, struct err *e)
{
	d->data =
	    json_loads(rows_str(rows, 0, "data"), JSON_REJECT_DUPLICATES, NULL);
	if (d->data == NULL)
		return err_set(e, ERR_SYS, "The details cannot be read");
	(void)snprintf(d->wanted_at, sizeof(d->wanted_at), "%s",
	    rows_str(rows, 0, "wanted_at"));
	if (open_sealed(d, rows, "address_sealed", "address", e) == -1 ||
	    open_sealed(d, rows, "wanted_sealed", "wanted_address", e) == -1) {
		json_decref(d->data);
		return -1;
	}
	return 0;
}

/* 1: found; 0: the link has expired and r is the page that says so. */
static int
details_find(struct details *ret, struct request *q, bool whole,
    struct response *r, struct err *e)
{
	struct details d;
	struct rows rows;
	int rc;

	if (reader_find(&d.reader, q, own, e) == -1 ||
	    DATABASE_RUN(d.reader.db, &rows, e, "web_details",
		param_int(d.reader.id), param_int(d.reader.mailing),
		param_bool(whole)) == -1)
		return -1;
	if (rows.n == 0)
		rc = details_expired(&d.reader, r, e) == -1 ? -1 : 0;
	else
		rc = fill(&d, &rows, e) == -1 ? -1 : 1;
	if (rc == 1)
		*ret = d;
	rows_done(&rows);
	return rc;
}

static void
details_done(struct details *d)
{
	json_decref(d->data);
}

int
details_answer(struct request *q, enum site_page which, const char *what,
    const char *value, struct response *r, struct err *e)
{
	struct details d;
	struct page p;
	int rc = details_find(&d, q, which == PAGE_DETAILS, r, e);

	if (rc != 1)
		return rc;
	reader_page(&d.reader, d.reader.language, &p);
	page_set(&p, "wanted-at", d.wanted_at);
	page_add_json(&p, "details", d.data);
	if (what != NULL)
		page_set(&p, what, value);
	if (r->status == RESPONSE_UNPROCESSABLE) {
		page_set(&p, "invalid", "true");
		page_set(&p, "typed", form_get(&q->form, "address"));
	}
	rc = page_write(&p, which, &r->body, e);
	page_done(&p);
	details_done(&d);
	return rc;
}

int
details_show(struct request *q, struct response *r, struct err *e)
{
	return details_answer(q, PAGE_DETAILS, NULL, NULL, r, e);
}

int
details_download(struct request *q, struct response *r, struct err *e)
{
	struct details d;
	int rc = details_find(&d, q, true, r, e);
	char *text;

	if (rc != 1)
		return rc;
	if ((text = json_dumps(d.data, JSON_INDENT(2))) == NULL)
		abort();
	r->type = "application/json";
	r->saved_as = "data.json";
	(void)buf_adds(&r->body, text);
	(void)buf_addc(&r->body, '\n');
	free(text);
	details_done(&d);
	return 0;
}

/* The page about the link itself: it has expired, or a new one is sent. */
static int
show_link(const struct reader *d, const char *sent, struct response *r,
    struct err *e)
{
	struct page p;
	int rc;

	reader_page(d, d->language, &p);
	page_set(&p, "sent", sent);
	rc = page_write(&p, PAGE_DETAILS_LINK, &r->body, e);
	page_done(&p);
	return rc;
}

int
details_expired(const struct reader *d, struct response *r, struct err *e)
{
	r->status = RESPONSE_GONE;
	return show_link(d, NULL, r, e);
}

/* From the link in the newsletter or from one that has expired: both are named
 * by the letter that their path begins with. */
static int
find_either(struct reader *ret, struct request *q, struct err *e)
{
	const char purpose[] = { q->route->pattern[1], '\0' };

	return reader_find(ret, q, purpose, e);
}

int
details_link(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (find_either(&d, q, e) == -1 ||
	    DATABASE_DO(d.db, e, "web_details_letter", param_int(d.id)) == -1)
		return -1;
	response_see_other(r,
	    arena_printf(&q->arena, "/%c/%s/sent", q->route->pattern[1],
		d.token));
	return 0;
}

int
details_sent(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (find_either(&d, q, e) == -1)
		return -1;
	return show_link(&d, "yes", r, e);
}
