#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"
#include "daemon/web/reader.h"

static const char preferences[] = { TOKEN_PREFERENCES, '\0' };

/* What is so now.  what: "done" or "changed", which the title says. */
static int
show(struct request *q, const char *what, struct response *r, struct err *e)
{
	struct reader d;
	struct page p;
	int rc;

	if (reader_find(&d, q, preferences, e) == -1)
		return -1;
	reader_page(&d, d.language, &p);
	/* Who left is told so; there is no mail to choose anything for. */
	if (what != NULL && !d.left)
		page_set(&p, what, "yes");
	rc = page_write(&p, d.left ? PAGE_UNSUBSCRIBED : PAGE_PREFERENCES,
	    &r->body, e);
	page_done(&p);
	return rc;
}

int
preferences_show(struct request *q, struct response *r, struct err *e)
{
	return show(q, NULL, r, e);
}

int
preferences_done(struct request *q, struct response *r, struct err *e)
{
	return show(q, "done", r, e);
}

int
preferences_changed(struct request *q, struct response *r, struct err *e)
{
	return show(q, "changed", r, e);
}

/* Months, where a form names as many. */
static const char *
pause_of(const struct request *q)
{
	const char *s = form_get(&q->form, "pause");

	return s != NULL && s[0] >= '0' && s[0] <= '3' && s[1] == '\0' ? s
								       : NULL;
}

static const char *
language_of(const struct request *q)
{
	const char *s = form_get(&q->form, "language");

	return s != NULL && reader_is_edition(s) ? s : NULL;
}

int
preferences_act(struct request *q, struct response *r, struct err *e)
{
	const char *language = language_of(q), *pause = pause_of(q);
	struct reader d;
	struct rows rows;
	const char *next = "";

	if (reader_find(&d, q, preferences, e) == -1)
		return -1;
	if (language != NULL || pause != NULL) {
		if (DATABASE_RUN(d.db, &rows, e, "web_choose", param_int(d.id),
			param_text(form_get(&q->form, "was")),
			param_text(language), param_text(pause)) == -1)
			return -1;
		next = rows_bool(&rows, 0, "saved") ? "/done" : "/changed";
		rows_done(&rows);
	}
	response_see_other(r,
	    arena_printf(&q->arena, "/v/%s%s", d.token, next));
	return 0;
}
