#include "daemon/web/pages.h"

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/farewell.h"
#include "daemon/web/http.h"
#include "daemon/web/leaving.h"
#include "daemon/web/page.h"
#include "daemon/web/reader.h"

/* The link in the mail, and the one that undoes it in the last mail. */
static const char own[] = { TOKEN_UNSUBSCRIBE, '\0' };
static const char either[] = { TOKEN_UNSUBSCRIBE, TOKEN_UNDO, '\0' };

/* What is so now; done is "yes" right after a POST, which the title says. */
static int
show(const struct reader *d, const char *done, const char *thanks,
    struct response *r, struct err *e)
{
	struct page p;
	int rc;

	reader_page(d, d->language, &p);
	page_set(&p, "done", done);
	page_set(&p, "thanks", thanks);
	rc = page_write(&p, d->left ? PAGE_UNSUBSCRIBED : PAGE_UNSUBSCRIBE,
	    &r->body, e);
	page_done(&p);
	return rc;
}

static int
find_and_show(struct request *q, const char *done, const char *thanks,
    struct response *r, struct err *e)
{
	struct reader d;

	if (reader_find(&d, q, own, e) == -1)
		return -1;
	return show(&d, done, thanks, r, e);
}

/* Without a database it is not known whose address it is, but the button
 * works. */
int
unsubscribe_show(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (reader_find_or_away(&d, q, own, e) == -1)
		return -1;
	return show(&d, NULL, NULL, r, e);
}

int
unsubscribe_noted(struct request *q, struct response *r, struct err *e)
{
	struct reader d;
	struct page p;
	int rc = reader_find_or_away(&d, q, own, e);

	if (rc == -1)
		return -1;
	if (rc == 1)
		return show(&d, d.left ? "yes" : NULL, NULL, r, e);
	reader_page(&d, d.language, &p);
	rc = page_write(&p, PAGE_NOTED, &r->body, e);
	page_done(&p);
	return rc;
}

int
unsubscribe_done(struct request *q, struct response *r, struct err *e)
{
	return find_and_show(q, "yes", NULL, r, e);
}

int
unsubscribe_thanks(struct request *q, struct response *r, struct err *e)
{
	return find_and_show(q, "yes", "yes", r, e);
}

/* Leaving and the mail that confirms it happen together or not at all; the
 * journal knows just before. */
static int
leave(const struct reader *d, const char *way, bool confirm, struct err *e)
{
	struct departure what;
	struct rows rows;
	bool changed;

	if (database_begin(d->db, e) == -1)
		return -1;
	if (DATABASE_RUN(d->db, &rows, e, "web_unsubscribe", param_int(d->id),
		param_text(way), param_int(d->mailing)) == -1)
		goto bad;
	changed = rows_bool(&rows, 0, "changed");
	rows_done(&rows);
	if (changed && confirm && farewell_queue(d, e) == -1)
		goto bad;
	if (changed && leaving_look(d, DEPARTURE_UNSUBSCRIBED, way, &what))
		leaving_write(d, &what);
	if (database_commit(d->db, e) == -1)
		goto bad;
	return 0;
bad:
	database_rollback(d->db);
	return -1;
}

int
unsubscribe_act(struct request *q, struct response *r, struct err *e)
{
	bool one_click =
	    form_is_only(&q->form, "List-Unsubscribe", "One-Click");
	const char *way = one_click ? "one-click" : "page";
	struct reader d;
	int rc = reader_find_or_away(&d, q, own, e);

	if (rc == 1 && leave(&d, way, !one_click, e) == -1)
		rc = site_is_away(e) ? 0 : -1;
	if (rc == -1 || (rc == 0 && leaving_note(&d, way, e) == -1))
		return -1;
	if (!one_click) {
		response_see_other(r,
		    arena_printf(&q->arena, "/u/%s/%s", d.token,
			rc == 1 ? "done" : "noted"));
		return 0;
	}
	r->type = "text/plain; charset=utf-8";
	(void)buf_adds(&r->body, rc == 1 ? "unsubscribed\n" : "noted\n");
	return 0;
}

int
unsubscribe_reason(struct request *q, struct response *r, struct err *e)
{
	const char *reason = form_get(&q->form, "reason");
	struct reader d;

	if (reader_find(&d, q, own, e) == -1)
		return -1;
	if (reason != NULL &&
	    DATABASE_DO(d.db, e, "web_reason", param_int(d.id),
		param_text(reason)) == -1)
		return -1;
	response_see_other(r,
	    arena_printf(&q->arena,
		reason != NULL ? "/u/%s/thanks" : "/u/%s/done", d.token));
	return 0;
}

/* Still to undo, too late for it, or on the list. */
static int
show_undo(struct request *q, const char *done, struct response *r,
    struct err *e)
{
	enum site_page which = PAGE_SUBSCRIBED;
	struct reader d;
	struct page p;
	int rc;

	if (reader_find(&d, q, either, e) == -1)
		return -1;
	if (d.left)
		which = d.may_undo ? PAGE_UNDO : PAGE_UNSUBSCRIBED;
	reader_page(&d, d.language, &p);
	page_set(&p, "done", d.left ? NULL : done);
	rc = page_write(&p, which, &r->body, e);
	page_done(&p);
	return rc;
}

int
undo_show(struct request *q, struct response *r, struct err *e)
{
	return show_undo(q, NULL, r, e);
}

int
undo_done(struct request *q, struct response *r, struct err *e)
{
	return show_undo(q, "yes", r, e);
}

/* The journal knows afterwards: who was told it failed has not come back. */
static int
come_back(const struct reader *d, struct err *e)
{
	struct departure what;
	bool changed;

	if (database_begin(d->db, e) == -1)
		return -1;
	if (DATABASE_DO(d->db, e, "web_undo", param_int(d->id)) == -1)
		goto bad;
	changed = leaving_look(d, DEPARTURE_RETURNED, "page", &what);
	if (database_commit(d->db, e) == -1)
		goto bad;
	if (changed)
		leaving_write(d, &what);
	return 0;
bad:
	database_rollback(d->db);
	return -1;
}

int
undo_act(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (reader_find(&d, q, either, e) == -1 || come_back(&d, e) == -1)
		return -1;
	response_see_other(r, arena_printf(&q->arena, "/u/%s/undone", d.token));
	return 0;
}
