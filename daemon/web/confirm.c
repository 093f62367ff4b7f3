#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/leaving.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"
#include "daemon/web/reader.h"

static const char own[] = { TOKEN_CONFIRM, '\0' };

/* The holder of a link to confirm, and what the link is good for. */
struct joiner {
	struct reader reader;
	bool joined;
	bool open;
	char language[8]; /* they will get it in */
};

static int
find(struct joiner *ret, struct request *q, struct err *e)
{
	struct rows rows;
	struct joiner j;

	if (reader_find(&j.reader, q, own, e) == -1 ||
	    DATABASE_RUN(j.reader.db, &rows, e, "web_joining",
		param_int(j.reader.id), param_int(j.reader.mailing)) == -1)
		return -1;
	if (rows.n == 0) {
		rows_done(&rows);
		return reader_unknown(e);
	}
	j.joined = strcmp(rows_str(&rows, 0, "state"), "joined") == 0;
	j.open = strcmp(rows_str(&rows, 0, "state"), "open") == 0;
	(void)snprintf(j.language, sizeof(j.language), "%s",
	    rows_str(&rows, 0, "language"));
	rows_done(&rows);
	*ret = j;
	return 0;
}

/* When the next issue comes, and where the latest one is. */
static int
add_issues(const struct joiner *j, struct page *p, struct err *e)
{
	char token[TOKEN_LINK_CHARS + 1];
	struct reader latest = j->reader;
	struct rows rows;

	if (database_run(j->reader.db, &rows, e, "web_issues", NULL, 0) == -1)
		return -1;
	page_set(p, "next", rows_text(&rows, 0, "next"));
	latest.mailing = rows_int(&rows, 0, "latest");
	if (latest.mailing > 0) {
		reader_token(&latest, TOKEN_WEB_VERSION, token);
		page_set(p, "latest", token);
	}
	rows_done(&rows);
	return 0;
}

static int
write_joined(const struct joiner *j, struct page *p, struct response *r,
    struct err *e)
{
	char token[TOKEN_LINK_CHARS + 1];

	reader_token(&j->reader, TOKEN_PREFERENCES, token);
	page_set(p, "preferences", token);
	if (add_issues(j, p, e) == -1)
		return -1;
	return page_write(p, PAGE_JOINED, &r->body, e);
}

/* What is so now; what was done, right after a POST, is in the title. */
static int
show(struct request *q, const char *what, struct response *r, struct err *e)
{
	struct joiner j;
	struct page p;
	int rc;

	if (find(&j, q, e) == -1)
		return -1;
	reader_page(&j.reader, j.language, &p);
	page_set(&p, "edition", j.language);
	if (what != NULL)
		page_set(&p, what, "yes");
	if (j.joined) {
		rc = write_joined(&j, &p, r, e);
	} else {
		page_set(&p, "open", j.open ? "yes" : NULL);
		rc = page_write(&p, PAGE_CONFIRM, &r->body, e);
	}
	page_done(&p);
	return rc;
}

int
confirm_show(struct request *q, struct response *r, struct err *e)
{
	return show(q, NULL, r, e);
}

int
confirm_done(struct request *q, struct response *r, struct err *e)
{
	return show(q, "done", r, e);
}

int
confirm_sent(struct request *q, struct response *r, struct err *e)
{
	return show(q, "sent", r, e);
}

int
confirm_act(struct request *q, struct response *r, struct err *e)
{
	/* They may have left before. */
	const struct departure what = { .word = DEPARTURE_RETURNED,
		.way = "page" };
	struct joiner j;
	bool changed;

	if (find(&j, q, e) == -1)
		return -1;
	const struct param p[] = { param_int(j.reader.id),
		param_int(j.reader.mailing) };

	if (leaving_do(&j.reader, what, "web_confirm", p, 2, &changed, e) == -1)
		return -1;
	response_see_other(r,
	    arena_printf(&q->arena, "/b/%s/done", j.reader.token));
	return 0;
}

int
confirm_again(struct request *q, struct response *r, struct err *e)
{
	struct joiner j;

	if (find(&j, q, e) == -1 ||
	    DATABASE_DO(j.reader.db, e, "web_confirm_again",
		param_int(j.reader.id), param_int(j.reader.mailing)) == -1)
		return -1;
	response_see_other(r,
	    arena_printf(&q->arena, "/b/%s/sent", j.reader.token));
	return 0;
}
