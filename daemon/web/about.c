/* What stands on its own: who we are, what we keep, where to report. */
#include <time.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/config.h"
#include "base/err.h"
#include "base/mailto.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"
#include "daemon/web/site.h"

#define LINK_BYTES_MAX ((size_t)1024)
#define EXPIRES_SECONDS ((time_t)180 * 24 * 3600)

/* A page that knows how to write to us. */
static int
show(struct request *q, struct response *r, enum site_page which,
    const char *path_nl, const char *path_en, struct err *e)
{
	const struct site_worker *w = q->worker;
	struct buf ask;
	struct page p;
	int rc;

	page_init_public(&p, w->site, page_lang(q), path_nl, path_en);
	buf_init(&ask, LINK_BYTES_MAX);
	mailto_write(&ask, w->site->config->reply_to,
	    catalogue_text(p.lang, N_("My data for the newsletter")), NULL);
	page_set(&p, "ask", ask.data);
	rc = page_write(&p, which, &r->body, e);
	page_done(&p);
	buf_done(&ask);
	response_public(r);
	return rc;
}

int
privacy_show(struct request *q, struct response *r, struct err *e)
{
	return show(q, r, PAGE_PRIVACY, "/privacy", "/en/privacy", e);
}

int
accessibility_show(struct request *q, struct response *r, struct err *e)
{
	return show(q, r, PAGE_ACCESSIBILITY, "/toegankelijkheid",
	    "/en/accessibility", e);
}

/* Nothing is forbidden: a page that must not be listed says so itself, which
 * a crawler only reads when it may fetch it. */
int
robots_show(struct request *q, struct response *r, struct err *e)
{
	(void)q;
	(void)e;
	r->type = "text/plain; charset=utf-8";
	response_public(r);
	return buf_adds(&r->body, "User-agent: *\nDisallow:\n");
}

/* RFC 9116 */
int
security_show(struct request *q, struct response *r, struct err *e)
{
	const struct site_worker *w = q->worker;
	const struct config *c = w->site->config;
	time_t end = time(NULL) + EXPIRES_SECONDS;
	char expires[32];
	struct tm tm;

	(void)e;
	(void)strftime(expires, sizeof(expires), "%Y-%m-%dT00:00:00Z",
	    gmtime_r(&end, &tm));
	(void)buf_adds(&r->body, "Contact: ");
	mailto_write(&r->body,
	    c->nadministrators > 0 ? c->administrators[0] : c->reply_to, NULL,
	    NULL);
	(void)buf_addf(&r->body,
	    "\nExpires: %s\nPreferred-Languages: nl, en\n"
	    "Canonical: %s/.well-known/security.txt\n",
	    expires, c->base_url);
	r->type = "text/plain; charset=utf-8";
	response_public(r);
	return 0;
}
