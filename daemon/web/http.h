/*
 * http - requests in, responses out, over libmicrohttpd
 *
 * Refuses what could be read in two ways (daemon/web/framing.h), finds the
 * route, reads the form, calls its handler in a worker thread and adds the
 * headers every answer has.  No cookies, no scripts, nothing from elsewhere.
 *
 * A handler that fails returns -1; `failed` then makes the answer, or repairs
 * what broke and asks for one more try.  It also makes the page for a path
 * without a route (ERR_NOT_FOUND).
 *
 * Ownership: request and response belong to the server and live as long as the
 *   handler runs; strings in a response may point into the request's arena.
 * Errors: http_start(): ERR_CONFIG for an address it cannot listen on.
 * Limits: see http.c: connections, memory of each, size of a form, seconds a
 *   request may take to arrive and an answer to be fetched.
 * Threads: handlers run in `threads` threads at once; each has its own worker.
 */
#ifndef DAEMON_WEB_HTTP_H
#define DAEMON_WEB_HTTP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "daemon/web/form.h"
#include "daemon/web/network.h"
#include "daemon/web/route.h"

struct err;
struct http;

struct request {
	const struct route *route; /* NULL while there is none */
	char captures[ROUTE_CAPTURES_MAX][ROUTE_SEGMENT_MAX + 1];
	struct form form;  /* of a POST */
	struct form query; /* after the '?'; empty when it cannot be read */
	struct network network; /* whoever sent it is in; of a POST */
	struct arena arena;
	void *worker;
};

/* What handlers answer beside 200 (RFC 9110, 15; RFC 6585, 4). */
enum response_status {
	RESPONSE_GONE = 410,
	RESPONSE_UNPROCESSABLE = 422,
	RESPONSE_TOO_MANY = 429,
};

struct response {
	unsigned status;      /* 200 */
	const char *type;     /* text/html; charset=utf-8 */
	const char *location; /* of a redirect, or NULL */
	const char *policy;   /* Content-Security-Policy other than ours */
	const char *cache;    /* Cache-Control other than no-store */
	const char *saved_as; /* a file name; NULL: it is shown */
	bool indexable;	      /* search engines may list it */
	unsigned retry_after; /* seconds, 0: not said */
	struct buf body;
};

struct http_options {
	const char *listen; /* of daemon/web/listener.h */
	const struct route *routes;
	unsigned threads, connections;
	bool proxy; /* X-Forwarded-For says who asks */
	void *arg;
	/* Called in the thread that will use the worker. */
	void *(*worker_new)(void *arg);
	void (*worker_free)(void *worker);
	/* True: call the handler again, once. */
	bool (*failed)(struct request *q, struct response *r,
	    const struct err *e, bool again);
};

int http_start(struct http **ret, const struct http_options *o, struct err *e);

/* Handlers under way end first. */
void http_stop(struct http *h);

/* A redirect after a POST, to a path. */
void response_see_other(struct response *r, const char *path);

/* A page for anybody, the same for everybody: to be listed, and kept a little
 * while. */
void response_public(struct response *r);

#endif
