#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/ics.h"
#include "daemon/web/pages.h"
#include "daemon/web/site.h"

#define ID_DIGITS_MAX 18

/* 214 of "214.ics", 0 for anything else. */
static int64_t
event_of(const char *name)
{
	size_t n = strspn(name, "0123456789");

	return n > 0 && n <= ID_DIGITS_MAX && strcmp(name + n, ".ics") == 0
	    ? strtoll(name, NULL, 10)
	    : 0;
}

static void
write_event(struct request *q, const struct site *s, const struct rows *r,
    struct buf *out)
{
	const struct ics i = {
		.uid = arena_printf(&q->arena, "event-%s@%s",
		    rows_str(r, 0, "id"), s->config->list_id),
		.stamp = rows_str(r, 0, "stamp"),
		.sequence = rows_str(r, 0, "sequence"),
		.all_day = rows_bool(r, 0, "all_day"),
		.starts = rows_str(r, 0, "starts"),
		.ends = rows_str(r, 0, "ends"),
		.summary = rows_str(r, 0, "title"),
		.location = rows_str(r, 0, "place"),
		.url = rows_str(r, 0, "sign_up"),
	};

	ics_write(&i, out);
}

int
event_show(struct request *q, struct response *r, struct err *e)
{
	struct site_worker *w = q->worker;
	bool dutch = strncmp(q->route->pattern, "/agenda/", 8) == 0;
	int64_t id = event_of(q->captures[0]);
	struct database *d;
	struct rows rows;
	bool found = false;

	if (id > 0) {
		if (site_worker_database(w, &d, e) == -1 ||
		    DATABASE_RUN(d, &rows, e, "web_event", param_int(id),
			param_text(dutch ? "nl" : "en")) == -1)
			return -1;
		found = rows.n == 1;
		if (found)
			write_event(q, w->site, &rows, &r->body);
		rows_done(&rows);
	}
	if (!found)
		return err_set(e, ERR_NOT_FOUND, "There is no such event");
	r->type = "text/calendar; charset=utf-8";
	r->cache = "public, max-age=300";
	return 0;
}
