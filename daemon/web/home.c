#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/pages.h"
#include "daemon/web/site.h"

/* Where List-Help leads: what this is, and how to leave without a link. */
int
home_show(struct request *q, struct response *r, struct err *e)
{
	const struct site_worker *w = q->worker;

	(void)e;
	site_answer(w->site, PAGE_HOME, 200, r);
	response_public(r);
	return 0;
}

int
style_show(struct request *q, struct response *r, struct err *e)
{
	const struct site_worker *w = q->worker;

	(void)e;
	r->type = "text/css; charset=utf-8";
	r->cache = "public, max-age=3600";
	return buf_add(&r->body, w->site->style.data, w->site->style.len);
}
