#include <string.h>

#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/pages.h"
#include "daemon/web/site.h"

static int
look(struct site_worker *w, struct buf *word, struct err *e)
{
	struct database *db;
	struct rows rows;

	if (site_worker_database(w, &db, e) == -1 ||
	    DATABASE_RUN(db, &rows, e, "web_health",
		param_text(w->site->config->quiet_hours)) == -1)
		return -1;
	(void)buf_adds(word, rows_str(&rows, 0, "word"));
	rows_done(&rows);
	return 0;
}

/* One word for a machine that asks whether all is well. */
int
health_show(struct request *q, struct response *r, struct err *e)
{
	if (look(q->worker, &r->body, e) == -1) {
		(void)buf_adds(&r->body,
		    strcmp(e->slug, "schema-mismatch") == 0 ? "schema" : "db");
		/* The next try may find it back. */
		site_worker_reconnect(q->worker);
	}
	r->status = strcmp(r->body.data, "ok") == 0 ? 200 : 503;
	r->type = "text/plain; charset=utf-8";
	return buf_addc(&r->body, '\n');
}
