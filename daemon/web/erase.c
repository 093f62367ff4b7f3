#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/details.h"
#include "daemon/web/http.h"
#include "daemon/web/leaving.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"

int
erase_show(struct request *q, struct response *r, struct err *e)
{
	return details_answer(q, PAGE_ERASE, NULL, NULL, r, e);
}

/* False when the link expired meanwhile. */
static int
erase(const struct reader *d, bool *ret_erased, struct err *e)
{
	const struct departure what = { .word = DEPARTURE_ERASED,
		.way = "page" };
	const struct param p[] = { param_int(d->id), param_int(d->mailing) };

	return leaving_do(d, what, "web_erase", p, 2, ret_erased, e);
}

int
erase_act(struct request *q, struct response *r, struct err *e)
{
	static const char own[] = { TOKEN_DETAILS, '\0' };
	const char *sure = form_get(&q->form, "sure");
	struct reader d;
	bool erased;

	if (sure == NULL || strcmp(sure, "yes") != 0) {
		r->status = RESPONSE_UNPROCESSABLE;
		return details_answer(q, PAGE_ERASE, "error", "yes", r, e);
	}
	if (reader_find(&d, q, own, e) == -1 || erase(&d, &erased, e) == -1)
		return -1;
	response_see_other(r,
	    erased ? arena_printf(&q->arena, "/d/erased/%s", d.language)
		   : arena_printf(&q->arena, "/d/%s", d.token));
	return 0;
}

/* There is nobody left to whom a link could belong. */
int
erase_done(struct request *q, struct response *r, struct err *e)
{
	const struct site_worker *w = q->worker;
	struct page p;
	int rc;

	page_init(&p, w->site, q->captures[0]);
	rc = page_write(&p, PAGE_ERASED, &r->body, e);
	page_done(&p);
	return rc;
}
