#include "daemon/web/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/web/deadline.h"
#include "daemon/web/framing.h"
#include "daemon/web/listener.h"

#define CONNECTION_BYTES ((size_t)16 * 1024) /* headers; more answers 431 */
#define SILENCE_SECONDS 15U
#define REQUEST_SECONDS 30U
#define BODY_BYTES_MAX FORM_BYTES_MAX
#define PIECE_BYTES ((size_t)4096)
#define ARENA_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define PAGE_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct http {
	struct http_options options;
	struct MHD_Daemon *daemon;
	struct deadline *deadline;
	pthread_key_t worker;
};

/* From the request line to the end of the answer. */
struct exchange {
	struct request request;
	struct MHD_PostProcessor *post;
	size_t body_bytes;
	unsigned refused; /* status of a form that was read to its end */
	bool target_ok;
	bool begun;
	char target[FRAMING_TARGET_MAX + 1];
};

static const struct {
	const char *name, *value;
} always[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
	{ "Strict-Transport-Security", "max-age=63072000" },
};
static const char our_policy[] =
    "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'";

void
response_see_other(struct response *r, const char *path)
{
	r->status = MHD_HTTP_SEE_OTHER;
	r->location = path;
}

void
response_public(struct response *r)
{
	r->cache = "public, max-age=300";
	r->indexable = true;
}

static void
header(struct MHD_Response *m, const char *name, const char *value)
{
	if (MHD_add_response_header(m, name, value) != MHD_YES)
		abort();
}

static enum MHD_Result
answer(struct MHD_Connection *c, const struct response *r, const char *allow)
{
	struct MHD_Response *m = MHD_create_response_from_buffer(r->body.len,
	    r->body.data, MHD_RESPMEM_MUST_COPY);
	char seconds[16];
	enum MHD_Result rc;

	if (m == NULL)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		header(m, always[i].name, always[i].value);
	if (!r->indexable)
		header(m, "X-Robots-Tag", "noindex");
	header(m, "Content-Security-Policy",
	    r->policy != NULL ? r->policy : our_policy);
	header(m, "Cache-Control", r->cache != NULL ? r->cache : "no-store");
	if (r->body.len > 0)
		header(m, "Content-Type",
		    r->type != NULL ? r->type : "text/html; charset=utf-8");
	if (r->location != NULL)
		header(m, "Location", r->location);
	if (r->retry_after > 0) {
		(void)snprintf(seconds, sizeof(seconds), "%u", r->retry_after);
		header(m, "Retry-After", seconds);
	}
	if (allow != NULL)
		header(m, "Allow", allow);
	/* What follows a refused request cannot be trusted. */
	if (r->status >= 400 && r->status < 500 &&
	    r->status != MHD_HTTP_NOT_FOUND)
		header(m, "Connection", "close");
	rc = MHD_queue_response(c, r->status, m);
	MHD_destroy_response(m);
	return rc;
}

/* One line of text, for programs and for requests no browser makes. */
static enum MHD_Result
answer_line(struct MHD_Connection *c, unsigned status, const char *line,
    const char *allow)
{
	struct response r = { .status = status,
		.type = "text/plain; charset=utf-8" };
	enum MHD_Result rc;

	buf_init(&r.body, PAGE_BYTES_MAX);
	(void)buf_adds(&r.body, line);
	rc = answer(c, &r, allow);
	buf_done(&r.body);
	return rc;
}

static void *
worker_of(struct http *h)
{
	void *w = pthread_getspecific(h->worker);

	if (w == NULL) {
		w = h->options.worker_new(h->options.arg);
		if (pthread_setspecific(h->worker, w) != 0)
			abort();
	}
	return w;
}

static void
handle(struct http *h, struct request *q, struct response *r)
{
	struct err e;

	for (bool again = true;; again = false) {
		if (q->route == NULL)
			(void)err_set(&e, ERR_NOT_FOUND,
			    "There is no such page");
		else if (q->route->handle(q, r, &e) == 0)
			return;
		buf_clear(&r->body);
		*r =
		    (struct response){ .status = MHD_HTTP_OK, .body = r->body };
		if (!h->options.failed(q, r, &e, again) || !again)
			return;
	}
}

static enum MHD_Result
serve(struct http *h, struct exchange *x, struct MHD_Connection *c)
{
	struct response r = { .status = MHD_HTTP_OK };
	enum MHD_Result rc;

	x->request.worker = worker_of(h);
	buf_init(&r.body, PAGE_BYTES_MAX);
	handle(h, &x->request, &r);
	rc = answer(c, &r, NULL);
	buf_done(&r.body);
	return rc;
}

static enum MHD_Result
take_piece(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *file, const char *type, const char *encoding, const char *piece,
    uint64_t off, size_t n)
{
	struct exchange *x = arg;
	struct err e;

	(void)kind;
	(void)file;
	(void)type;
	(void)encoding;
	if (x->refused != 0)
		return MHD_NO;
	if (form_feed(&x->request.form, name != NULL ? name : "", piece, off, n,
		&e) == -1) {
		x->refused = MHD_HTTP_CONTENT_TOO_LARGE;
		return MHD_NO;
	}
	return MHD_YES;
}

static enum MHD_Result
take_field(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	(void)kind;
	framing_field(arg, name, value);
	return MHD_YES;
}

/* A field that comes several times is one list (RFC 9110, 5.3); the end of it
 * counts. */
static enum MHD_Result
take_forwarded(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	const char **last = arg;

	(void)kind;
	if (strcasecmp(name, "X-Forwarded-For") == 0)
		*last = value;
	return MHD_YES;
}

static void
find_network(const struct http *h, struct MHD_Connection *c,
    struct network *ret)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const char *forwarded = NULL;

	if (h->options.proxy)
		(void)MHD_get_connection_values(c, MHD_HEADER_KIND,
		    take_forwarded, &forwarded);
	network_of(ret, info->client_addr, forwarded);
}

static const char *
field(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* The headers are there: find the route, get ready for the form. */
static enum MHD_Result
begin(struct http *h, struct exchange *x, struct MHD_Connection *c,
    const char *method_name)
{
	const char *length = field(c, "Content-Length");
	unsigned method = route_method_of(method_name);
	struct framing framing = { 0 };
	struct route_match m;

	(void)MHD_get_connection_values(c, MHD_HEADER_KIND, take_field,
	    &framing);
	if (!x->target_ok || !framing_fields_ok(&framing))
		return answer_line(c, MHD_HTTP_BAD_REQUEST, "bad request\n",
		    NULL);
	m = route_find(h->options.routes, method, x->target);
	if (method == 0 ||
	    (m.allowed != 0 && m.route == NULL && method != ROUTE_OPTIONS))
		return answer_line(c, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "method not allowed\n",
		    route_allow(m.allowed != 0 ? m.allowed : ROUTE_GET));
	if (method == ROUTE_OPTIONS)
		return answer_line(c, MHD_HTTP_NO_CONTENT, "",
		    route_allow(m.allowed != 0 ? m.allowed : ROUTE_GET));
	x->request.route = m.route;
	memcpy(x->request.captures, m.captures, sizeof(m.captures));
	if (method == ROUTE_POST)
		find_network(h, c, &x->request.network);
	if (length != NULL && strtoull(length, NULL, 10) > BODY_BYTES_MAX)
		return answer_line(c, MHD_HTTP_CONTENT_TOO_LARGE, "too large\n",
		    NULL);
	if (framing.codings == 0 &&
	    (length == NULL || strtoull(length, NULL, 10) == 0))
		return MHD_YES;
	if (method == ROUTE_POST) {
		x->post =
		    MHD_create_post_processor(c, PIECE_BYTES, take_piece, x);
		if (x->post == NULL)
			return answer_line(c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			    "this is no form\n", NULL);
	}
	return MHD_YES;
}

static enum MHD_Result
take_body(struct exchange *x, const char *body, size_t *n)
{
	x->body_bytes += *n;
	if (x->body_bytes > BODY_BYTES_MAX)
		x->refused = MHD_HTTP_CONTENT_TOO_LARGE;
	/* Read on a little, so that the sender gets to see the answer. */
	if (x->body_bytes > 4 * BODY_BYTES_MAX)
		return MHD_NO;
	if (x->post != NULL && x->refused == 0 &&
	    MHD_post_process(x->post, body, *n) != MHD_YES && x->refused == 0)
		x->refused = MHD_HTTP_BAD_REQUEST;
	*n = 0;
	return MHD_YES;
}

static enum MHD_Result
finish(struct http *h, struct exchange *x, struct MHD_Connection *c)
{
	struct err e;

	/* The last value of a form is only given out here. */
	if (x->post != NULL && MHD_destroy_post_processor(x->post) != MHD_YES &&
	    x->refused == 0)
		x->refused = MHD_HTTP_BAD_REQUEST;
	x->post = NULL;
	if (x->refused == 0 && form_check(&x->request.form, &e) == -1)
		x->refused = MHD_HTTP_BAD_REQUEST;
	if (x->refused != 0)
		return answer_line(c, x->refused,
		    x->refused == MHD_HTTP_BAD_REQUEST ? "bad form\n"
						       : "too large\n",
		    NULL);
	return serve(h, x, c);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *body, size_t *n,
    void **context)
{
	struct exchange *x = *context;

	(void)url; /* decoded; x->target is not */
	(void)version;
	if (!x->begun) {
		x->begun = true;
		return begin(arg, x, c, method);
	}
	if (*n > 0)
		return take_body(x, body, n);
	return finish(arg, x, c);
}

static void *
on_target(void *arg, const char *target, struct MHD_Connection *c)
{
	struct exchange *x = calloc(1, sizeof(*x));

	(void)arg;
	(void)c;
	if (x == NULL)
		abort();
	arena_init(&x->request.arena, ARENA_BYTES_MAX);
	form_init(&x->request.form, &x->request.arena);
	x->target_ok = framing_target_ok(target);
	if (x->target_ok)
		memcpy(x->target, target, strlen(target) + 1);
	return x;
}

static void
on_completed(void *arg, struct MHD_Connection *c, void **context,
    enum MHD_RequestTerminationCode why)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http *h = arg;
	struct exchange *x = *context;

	(void)why;
	if (info != NULL && info->socket_context != NULL)
		deadline_renew(h->deadline, info->socket_context);
	if (x == NULL)
		return;
	if (x->post != NULL)
		(void)MHD_destroy_post_processor(x->post);
	arena_done(&x->request.arena);
	free(x);
	*context = NULL;
}

static void
on_connection(void *arg, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct http *h = arg;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
		    MHD_get_connection_info(c,
			MHD_CONNECTION_INFO_CONNECTION_FD);

		*context = deadline_watch(h->deadline, info->connect_fd);
	} else if (*context != NULL) {
		deadline_forget(h->deadline, *context);
		*context = NULL;
	}
}

int
http_start(struct http **ret, const struct http_options *o, struct err *e)
{
	struct http *h;
	int fd;

	if (listener_open(&fd, o->listen, e) == -1)
		return -1;
	h = calloc(1, sizeof(*h));
	if (h == NULL || pthread_key_create(&h->worker, o->worker_free) != 0)
		abort();
	h->options = *o;
	h->deadline = deadline_new(REQUEST_SECONDS);
	h->daemon =
	    MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0,
		NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_THREAD_POOL_SIZE, o->threads,
		MHD_OPTION_CONNECTION_LIMIT, o->connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_SECONDS,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
	if (h->daemon == NULL) {
		(void)close(fd);
		deadline_free(h->deadline);
		(void)pthread_key_delete(h->worker);
		free(h);
		return err_set(e, ERR_SYS, "The web server does not start");
	}
	*ret = h;
	return 0;
}

void
http_stop(struct http *h)
{
	/* Threads end here, and with them their workers. */
	MHD_stop_daemon(h->daemon);
	deadline_free(h->deadline);
	(void)pthread_key_delete(h->worker);
	free(h);
}
