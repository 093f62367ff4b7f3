/* tweeluik-web - the public pages: leave, come back, choose a language; and,
 * where nobody but this machine listens, metrics */
#include <libxml/parser.h>
#include <stdlib.h>

#include "base/catalogue.h"
#include "base/departures.h"
#include "base/keys.h"
#include "base/log.h"
#include "daemon/role/departed.h"
#include "daemon/role/process.h"
#include "daemon/role/role.h"
#include "daemon/web/http.h"
#include "daemon/web/metrics.h"
#include "daemon/web/pages.h"
#include "daemon/web/site.h"

/* Each with a connection to the database.  A change is mostly waiting for its
 * commit, and those that wait together share a write to the disk. */
#define THREADS 12U
#define CONNECTIONS_MAX 800U /* of the usual 1024 descriptors */
#define METRICS_CONNECTIONS_MAX 16U
#define BEAT_MS 5000

struct web {
	struct keys *keys;
	struct site site;
	struct http *http, *metrics;
};

static int
start(struct web *w, struct role *r, struct err *e)
{
	struct http_options o = { .listen = r->config.web_listen,
		.routes = pages_routes,
		.threads = THREADS,
		.connections = CONNECTIONS_MAX,
		.proxy = r->config.web_proxy,
		.arg = &w->site,
		.worker_new = site_worker_new,
		.worker_free = site_worker_free,
		.failed = site_failed };

	if (keys_load(&w->keys, r->config.keys, e) == -1 ||
	    site_open(&w->site, &r->config, w->keys, e) == -1)
		return -1;
	if (r->options.check)
		return 0;
	if (departures_check(r->config.departures, e) == -1 ||
	    http_start(&w->http, &o, e) == -1)
		return -1;
	if (r->config.web_metrics[0] == '\0')
		return 0;
	o.listen = r->config.web_metrics;
	o.routes = metrics_routes;
	o.threads = 1;
	o.connections = METRICS_CONNECTIONS_MAX;
	return http_start(&w->metrics, &o, e);
}

static void
stop(struct web *w)
{
	if (w->metrics != NULL)
		http_stop(w->metrics);
	if (w->http != NULL)
		http_stop(w->http);
	site_close(&w->site);
	if (w->keys != NULL)
		keys_free(w->keys);
}

/* Threads of the server do the work; this says that they are there, and tells
 * the database what they noted while it was away. */
static int
watch(struct role *r, void *arg, struct err *e)
{
	(void)arg;
	if (departed_apply(r->db, r->config.departures, e) == -1) {
		if (e->kind == ERR_TEMP)
			return -1;
		/* Pages go on; the send role lets nothing leave. */
		log_event(LOG_LEVEL_ERROR, "departures-failed", "error",
		    e->text, NULL);
	}
	role_status(r, process_text("Answers on %s"), r->config.web_listen);
	return 0;
}

int
main(int argc, char **argv)
{
	struct web w = { .keys = NULL };
	struct role r;
	struct err e;
	int rc;

	/* A page must not wait long for a database that does not answer. */
	(void)setenv("PGCONNECT_TIMEOUT", "5", 0);
	xmlInitParser();
	/* A page that says where to mail needs no database. */
	rc = role_begin(&r, argc, argv, "web", &e);
	if (rc == 1) {
		rc = start(&w, &r, &e);
		if (rc == 0)
			rc = role_loop(&r, watch, &w, BEAT_MS, &e);
		stop(&w);
	}
	return role_end(&r, rc, &e);
}
