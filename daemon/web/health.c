#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/pages.h"
#include "daemon/web/site.h"

static int
look(struct site_worker *w, bool *ret_held, struct err *e)
{
	struct database *db;
	struct rows rows;

	if (site_worker_database(w, &db, e) == -1 ||
	    database_run(db, &rows, e, "web_held", NULL, 0) == -1)
		return -1;
	*ret_held = rows_bool(&rows, 0, "held");
	rows_done(&rows);
	return 0;
}

/* One word for a machine that asks whether all is well. */
int
health_show(struct request *q, struct response *r, struct err *e)
{
	bool held = false;
	const char *word = "ok";

	if (look(q->worker, &held, e) == -1) {
		word =
		    strcmp(e->slug, "schema-mismatch") == 0 ? "schema" : "db";
		/* The next try may find it back. */
		site_worker_reconnect(q->worker);
	} else if (held)
		word = "held";
	r->status = strcmp(word, "ok") == 0 ? 200 : 503;
	r->type = "text/plain; charset=utf-8";
	return buf_addf(&r->body, "%s\n", word);
}
