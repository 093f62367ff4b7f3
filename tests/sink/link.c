#include "tests/sink/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SENT_KEPT 65536

int64_t
link_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void
link_init(struct link *l, int fd, struct distance *d)
{
	*l = (struct link){ .fd = fd, .distance = d };
	buf_init(&l->out, LINK_OUT_MAX);
}

void
link_close(struct link *l)
{
	if (l->tls != NULL)
		gnutls_deinit(l->tls);
	l->tls = NULL;
	(void)close(l->fd);
	l->fd = -1;
	buf_done(&l->out);
}

static void
depart_later(struct distance *d, struct link *l, size_t n)
{
	if (d->n == d->size) {
		size_t size = d->size > 0 ? 2 * d->size : 64;
		struct departure *ring = calloc(size, sizeof(*ring));

		if (ring == NULL)
			abort();
		for (size_t i = 0; i < d->n; i++)
			ring[i] = d->ring[(d->first + i) % d->size];
		free(d->ring);
		d->ring = ring;
		d->size = size;
		d->first = 0;
	}
	d->ring[(d->first + d->n++) % d->size] =
	    (struct departure){ .due_ns = link_now_ns() + d->delay_ns,
		    .link = l,
		    .n = n };
	l->pending++;
}

static void
put(struct link *l, const void *p, size_t n)
{
	if (n == 0 || buf_add(&l->out, p, n) == -1)
		return;
	if (l->distance->delay_ns > 0)
		depart_later(l->distance, l, n);
	else
		l->released += n;
}

struct link *
distance_next(struct distance *d, int64_t now_ns)
{
	const struct departure *first = &d->ring[d->first];
	struct link *l;

	if (d->n == 0 || first->due_ns > now_ns)
		return NULL;
	l = first->link;
	l->pending--;
	l->released += first->n;
	d->first = (d->first + 1) % d->size;
	d->n--;
	return l;
}

int64_t
distance_due(const struct distance *d)
{
	return d->n > 0 ? d->ring[d->first].due_ns : INT64_MAX;
}

ssize_t
link_read(struct link *l, char *p, size_t n)
{
	ssize_t r = 0;
	size_t got = 0;

	if (l->tls == NULL) {
		r = recv(l->fd, p, n, MSG_DONTWAIT);
		if (r == -1 && (errno == EAGAIN || errno == EINTR))
			return 0;
		return r > 0 ? r : -1;
	}
	/* A record at a time; several make one turn. */
	while (got < n) {
		r = gnutls_record_recv(l->tls, p + got, n - got);
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	if (got > 0 || r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED)
		return (ssize_t)got;
	return -1;
}

void
link_write(struct link *l, const char *p, size_t n)
{
	ssize_t r;

	if (l->tls == NULL) {
		put(l, p, n);
		return;
	}
	for (; n > 0; p += r, n -= (size_t)r)
		if ((r = gnutls_record_send(l->tls, p, n)) <= 0)
			return; /* what broke shows at the next read */
}

int
link_flush(struct link *l, bool *ret_blocked)
{
	*ret_blocked = false;
	if (buf_full(&l->out))
		return -1;
	while (l->sent < l->released) {
		ssize_t r = send(l->fd, l->out.data + l->sent,
		    l->released - l->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (r == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (r == -1) {
			*ret_blocked = true;
			break;
		}
		l->sent += (size_t)r;
	}
	if (l->sent == l->out.len) {
		buf_clear(&l->out);
		l->sent = l->released = 0;
		return 1;
	}
	if (l->sent > SENT_KEPT) {
		l->out.len -= l->sent;
		(void)memmove(l->out.data, l->out.data + l->sent, l->out.len);
		l->released -= l->sent;
		l->sent = 0;
	}
	return 0;
}

static ssize_t
push(gnutls_transport_ptr_t transport, const void *p, size_t n)
{
	put(transport, p, n);
	return (ssize_t)n;
}

static ssize_t
pull(gnutls_transport_ptr_t transport, void *p, size_t n)
{
	struct link *l = transport;
	ssize_t r = recv(l->fd, p, n, MSG_DONTWAIT);

	if (r == -1)
		gnutls_transport_set_errno(l->tls, errno);
	return r;
}

void
link_start_tls(struct link *l, const struct link_identity *identity)
{
	if (gnutls_init(&l->tls,
		GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0 ||
	    gnutls_set_default_priority(l->tls) != 0 ||
	    gnutls_credentials_set(l->tls, GNUTLS_CRD_CERTIFICATE,
		identity->credentials) != 0 ||
	    gnutls_session_ticket_enable_server(l->tls,
		&identity->ticket_key) != 0)
		abort();
	gnutls_transport_set_ptr(l->tls, l);
	gnutls_transport_set_push_function(l->tls, push);
	gnutls_transport_set_pull_function(l->tls, pull);
}

int
link_handshake(struct link *l)
{
	int rc;

	do
		rc = gnutls_handshake(l->tls);
	while (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc));
	if (rc == GNUTLS_E_AGAIN)
		return 0;
	return rc == 0 ? 1 : -1;
}
