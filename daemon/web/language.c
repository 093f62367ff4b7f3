#include "daemon/web/pages.h"

#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/reader.h"

static const char change[] = { TOKEN_LANGUAGE, '\0' };

static int
find(struct reader *ret, struct request *q, struct err *e)
{
	if (!reader_is_edition(q->captures[1]))
		return reader_unknown(e);
	return reader_find(ret, q, change, e);
}

/* Who left is told so; there is no mail to choose a language for. */
static int
show(const struct reader *d, const char *want, enum site_page which,
    struct response *r, struct err *e)
{
	struct page p;
	int rc;

	/* The language that is asked for speaks first. */
	reader_page(d,
	    strcmp(want, "both") != 0 && !d->left ? want : d->language, &p);
	page_set(&p, "want", want);
	if (strcmp(want, d->language) == 0)
		page_set(&p, "has", "yes");
	rc = page_write(&p, d->left ? PAGE_UNSUBSCRIBED : which, &r->body, e);
	page_done(&p);
	return rc;
}

int
language_show(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (find(&d, q, e) == -1)
		return -1;
	return show(&d, q->captures[1], PAGE_LANGUAGE, r, e);
}

int
language_done(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (find(&d, q, e) == -1)
		return -1;
	return show(&d, q->captures[1],
	    strcmp(d.language, q->captures[1]) == 0 ? PAGE_LANGUAGE_DONE
						    : PAGE_LANGUAGE,
	    r, e);
}

int
language_act(struct request *q, struct response *r, struct err *e)
{
	struct reader d;

	if (find(&d, q, e) == -1 ||
	    DATABASE_DO(d.db, e, "web_language", param_int(d.id),
		param_text(q->captures[1])) == -1)
		return -1;
	response_see_other(r,
	    arena_printf(&q->arena, "/t/%s/%s/done", d.token, q->captures[1]));
	return 0;
}
