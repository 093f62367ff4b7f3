#include <stdio.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/details.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"

static const char mailed[] = { TOKEN_ADDRESS, '\0' };

static int
show(struct request *q, const char *what, const char *value, struct response *r,
    struct err *e)
{
	return details_answer(q, PAGE_NEW_ADDRESS, what, value, r, e);
}

int
address_show(struct request *q, struct response *r, struct err *e)
{
	return show(q, NULL, NULL, r, e);
}

int
address_sent(struct request *q, struct response *r, struct err *e)
{
	return show(q, "sent", "yes", r, e);
}

int
address_changed(struct request *q, struct response *r, struct err *e)
{
	return show(q, "changed", "yes", r, e);
}

static int
show_error(struct request *q, const char *error, struct response *r,
    struct err *e)
{
	r->status = RESPONSE_UNPROCESSABLE;
	return show(q, "error", error, r, e);
}

static int
store(const struct reader *d, const struct request *q, const struct address *a,
    char result[16], struct err *e)
{
	const struct keys *k = d->worker->site->keys;
	unsigned char hash[KEYS_HASH_BYTES], sealed[KEYS_SEALED_MAX];
	struct rows rows;
	size_t n = keys_seal(k, sealed, a->text);

	keys_hash_address(k, hash, a);
	if (DATABASE_RUN(d->db, &rows, e, "web_address_wish", param_int(d->id),
		param_int(d->mailing), param_text(form_get(&q->form, "was")),
		param_bytes(hash, sizeof(hash)), param_bytes(sealed, n)) == -1)
		return -1;
	(void)snprintf(result, 16, "%s", rows_str(&rows, 0, "result"));
	rows_done(&rows);
	return 0;
}

int
address_act(struct request *q, struct response *r, struct err *e)
{
	static const char own[] = { TOKEN_DETAILS, '\0' };
	const char *typed = form_get(&q->form, "address");
	const char *next = "/address/sent";
	struct reader d;
	struct address a;
	char result[16];

	if (reader_find(&d, q, own, e) == -1)
		return -1;
	if (typed == NULL || address_parse(&a, typed, strlen(typed), e) == -1)
		return show_error(q, "address", r, e);
	if (store(&d, q, &a, result, e) == -1)
		return -1;
	if (strcmp(result, "same") == 0)
		return show_error(q, "same", r, e);
	if (strcmp(result, "changed") == 0)
		next = "/address/changed";
	else if (strcmp(result, "expired") == 0)
		next = "";
	response_see_other(r,
	    arena_printf(&q->arena, "/d/%s%s", d.token, next));
	return 0;
}

/* The address that the link is about, and whether it is theirs by now.  Without
 * one the link is old, whatever keeps it from working: nobody learns more of an
 * address than its owner knows. */
static int
fill_confirm(const struct reader *d, const struct rows *rows, const char *done,
    struct page *p, struct err *e)
{
	const struct keys *k = d->worker->site->keys;
	char address[ADDRESS_MAX + 1], mask[ADDRESS_MAX + 16];
	const unsigned char *sealed;
	size_t n;

	if (rows->n == 0)
		return 0;
	sealed = rows_bytes(rows, 0, "address_sealed", &n);
	if (keys_open(k, address, sealed, n, e) == -1)
		return -1;
	address_mask(mask, address);
	page_set(p, "new", mask);
	if (rows_bool(rows, 0, "done")) {
		page_set(p, "is-so", "yes");
		page_set(p, "done", done);
	}
	return 0;
}

static int
show_confirm(struct request *q, const char *done, struct response *r,
    struct err *e)
{
	struct reader d;
	struct rows rows;
	struct page p;
	int rc;

	if (reader_find(&d, q, mailed, e) == -1 ||
	    DATABASE_RUN(d.db, &rows, e, "web_address", param_int(d.id),
		param_int(d.mailing)) == -1)
		return -1;
	reader_page(&d, d.language, &p);
	if (rows.n == 0)
		r->status = RESPONSE_GONE;
	rc = fill_confirm(&d, &rows, done, &p, e);
	if (rc == 0)
		rc = page_write(&p, PAGE_CONFIRM_ADDRESS, &r->body, e);
	page_done(&p);
	rows_done(&rows);
	return rc;
}

int
address_confirm_show(struct request *q, struct response *r, struct err *e)
{
	return show_confirm(q, NULL, r, e);
}

int
address_confirm_done(struct request *q, struct response *r, struct err *e)
{
	return show_confirm(q, "yes", r, e);
}

int
address_confirm_act(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (reader_find(&d, q, mailed, e) == -1 ||
	    DATABASE_DO(d.db, e, "web_address_confirm", param_int(d.id),
		param_int(d.mailing)) == -1)
		return -1;
	response_see_other(r, arena_printf(&q->arena, "/a/%s/done", d.token));
	return 0;
}
