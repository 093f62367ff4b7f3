#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/catalogue.h"
#include "base/config.h"
#include "base/err.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/paths.h"
#include "daemon/web/http.h"
#include "daemon/web/pages.h"
#include "daemon/web/site.h"

#define THREADS 4U

static int
fail(const struct err *e)
{
	log_event(LOG_LEVEL_ERROR, "start-failed", "error", e->text, "hint",
	    e->hint, NULL);
	return err_exit_code(e);
}

static int
serve(const struct config *c, const struct keys *k, const sigset_t *stop)
{
	struct http_options o = { .listen = c->web_listen,
		.routes = pages_routes,
		.threads = THREADS,
		.worker_new = worker_new,
		.worker_free = worker_free,
		.failed = site_failed };
	struct site site;
	struct http *http;
	struct err e;
	int signal_number;

	if (site_open(&site, c, k, &e) == -1)
		return fail(&e);
	o.arg = &site;
	if (http_start(&http, &o, &e) == -1) {
		site_close(&site);
		return fail(&e);
	}
	log_event(LOG_LEVEL_INFO, "listening", "address", c->web_listen, NULL);
	(void)sd_notify(0, "READY=1");
	(void)sigwait(stop, &signal_number);
	(void)sd_notify(0, "STOPPING=1");
	http_stop(http);
	site_close(&site);
	return 0;
}

int
main(int argc, char **argv)
{
	struct config config;
	struct keys *keys;
	struct err e;
	sigset_t stop;
	char locales[4096];
	int rc;

	log_init("tweeluik-web", LOG_LEVEL_INFO);
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A thread must not hang on a database that does not answer. */
	(void)setenv("PGCONNECT_TIMEOUT", "5", 0);
	(void)snprintf(locales, sizeof(locales), "%s/locale", paths_share());
	xmlInitParser();
	if (catalogue_init(locales, &e) == -1 ||
	    config_load(&config, argc > 2 ? argv[2] : NULL, &e) == -1)
		return fail(&e);
	if (keys_load(&keys, config.keys, &e) == -1)
		rc = fail(&e);
	else {
		rc = serve(&config, keys, &stop);
		keys_free(keys);
	}
	config_done(&config);
	xmlCleanupParser();
	return rc;
}
