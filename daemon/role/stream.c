#include "daemon/role/stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libetpan/mailstream.h>

#include "base/clock.h"
#include "base/err.h"
#include "daemon/role/stream_tls.h"

struct stream {
	int fd;
	int cancel_fd;
	int64_t deadline_ms;
	char *host;
	struct stream_tls *tls;
	bool stale; /* see stream_is_stale() */
	struct err error;
};

static int
timed_out(const struct stream *s, struct err *e)
{
	(void)err_set(e, ERR_TEMP, "The server %s did not answer in time",
	    s->host);
	return err_slug(e, "timed-out");
}

static int
lost(const struct stream *s, struct err *e)
{
	(void)err_set(e, ERR_TEMP, "The connection to the server %s was lost",
	    s->host);
	return err_slug(e, "lost");
}

/* Wait until fd allows events, the deadline or a cancellation. */
static int
wait_until(const struct stream *s, int fd, short events, int64_t deadline_ms,
    struct err *e)
{
	for (;;) {
		struct pollfd p[] = { { fd, events, 0 },
			{ s->cancel_fd, POLLIN, 0 } };
		int64_t left = deadline_ms - clock_now_ms();
		int r = poll(p, 2, left > 0 ? (int)left : 0);

		if (r == -1 && errno != EINTR)
			return err_sys(e, errno, "Cannot wait for %s", s->host);
		if (r > 0 && p[1].revents != 0)
			return err_set(e, ERR_INTERRUPT,
			    "The program was asked to stop");
		if (r > 0)
			return 0;
		if (left <= 0)
			return timed_out(s, e);
	}
}

static int
wait_for(const struct stream *s, short events, struct err *e)
{
	return wait_until(s, s->fd, events, s->deadline_ms, e);
}

/* A connected socket, or -1. */
static int
connect_one(const struct stream *s, const struct addrinfo *ai,
    int64_t deadline_ms, struct err *e)
{
	int error = 0, on = 1;
	socklen_t len = sizeof(error);
	int fd = socket(ai->ai_family,
	    ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);

	if (fd == -1)
		return err_sys(e, errno, "Cannot make a socket");
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == -1)
		error = errno;
	if (error == EINPROGRESS) {
		if (wait_until(s, fd, POLLOUT, deadline_ms, e) == -1) {
			(void)close(fd);
			return -1;
		}
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	}
	if (error == 0) {
		/* Commands are small and each waits for its answer. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		return fd;
	}
	(void)close(fd);
	if (error == ECONNREFUSED) {
		(void)err_set(e, ERR_TEMP,
		    "The server %s refuses the connection", s->host);
		return err_slug(e, "refused");
	}
	(void)err_sys(e, error, "Cannot reach the server %s", s->host);
	e->kind = ERR_TEMP;
	return err_slug(e, "lost");
}

static int
resolve(struct addrinfo **ret_list, const char *host, const char *port,
    struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	int r = getaddrinfo(host, port, &hints, ret_list);

	if (r == 0)
		return 0;
	/* An unknown name is a wrong setting; a silent resolver recovers. */
	(void)err_set(e,
	    r == EAI_AGAIN || r == EAI_SYSTEM || r == EAI_MEMORY ? ERR_TEMP
								 : ERR_CONFIG,
	    "The address of the server %s cannot be found: %s", host,
	    gai_strerror(r));
	return err_slug(e, "dns");
}

int
stream_connect(struct stream **ret_s, const char *host, const char *port,
    int timeout_ms, int cancel_fd, struct err *e)
{
	struct addrinfo *list, *ai;
	int left = 0;
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->host = strdup(host)) == NULL)
		abort();
	s->fd = -1;
	s->cancel_fd = cancel_fd;
	stream_set_timeout_ms(s, timeout_ms);
	if (resolve(&list, host, port, e) == -1) {
		stream_free(s);
		return -1;
	}
	for (ai = list; ai != NULL; ai = ai->ai_next)
		left++;
	for (ai = list; ai != NULL && s->fd == -1; ai = ai->ai_next, left--) {
		int64_t now = clock_now_ms();
		int64_t share = (s->deadline_ms - now) / left;

		s->fd = connect_one(s, ai, now + share, e);
		if (s->fd == -1 && e->kind == ERR_INTERRUPT)
			break;
	}
	freeaddrinfo(list);
	if (s->fd == -1) {
		stream_free(s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	stream_tls_free(s->tls);
	if (s->fd != -1)
		(void)close(s->fd);
	free(s->host);
	free(s);
}

int
stream_start_tls(struct stream *s, struct stream_trust *trust,
    size_t unread_bytes, struct err *e)
{
	struct stream_tls *tls;
	int r;

	/* In TLS the client speaks first: whatever is here already is not. */
	if (unread_bytes > 0 || !stream_is_quiet(s)) {
		(void)err_set(e, ERR_PROTO,
		    "The server %s sent unprotected data where protection had "
		    "to begin",
		    s->host);
		return err_slug(e, "tls-plaintext");
	}
	if (stream_tls_new(&tls, s->fd, s->host, trust, e) == -1)
		return -1;
	while ((r = stream_tls_handshake(tls, e)) > 0) {
		if (wait_for(s, (short)r, e) == -1) {
			stream_tls_free(tls);
			return -1;
		}
	}
	if (r == -1) {
		s->stale = stream_tls_has_offered(tls);
		stream_tls_free(tls);
		return -1;
	}
	s->tls = tls;
	return 0;
}

bool
stream_is_tls(const struct stream *s)
{
	return s->tls != NULL;
}

bool
stream_is_resumed(const struct stream *s)
{
	return s->tls != NULL && stream_tls_is_resumed(s->tls);
}

bool
stream_is_stale(const struct stream *s)
{
	return s->stale;
}

int
stream_fd(const struct stream *s)
{
	return s->fd;
}

bool
stream_is_loopback(const struct stream *s)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage storage;
	} peer = { .storage = { 0 } };
	socklen_t len = sizeof(peer);

	if (getpeername(s->fd, &peer.sa, &len) == -1)
		return false;
	if (peer.sa.sa_family == AF_INET)
		return ntohl(peer.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return peer.sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&peer.in6.sin6_addr);
}

bool
stream_is_quiet(const struct stream *s)
{
	struct pollfd p = { s->fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 0;
}

void
stream_set_timeout_ms(struct stream *s, int timeout_ms)
{
	s->deadline_ms = clock_now_ms() + timeout_ms;
}

void
stream_set_cancel_fd(struct stream *s, int fd)
{
	s->cancel_fd = fd;
}

/* As stream_tls_read() and stream_tls_write(). */
static ssize_t
plain_result(ssize_t n, short events, short *ret_events)
{
	if (n > 0)
		return n;
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		*ret_events = events;
		return 0;
	}
	return -1;
}

ssize_t
stream_read_some(struct stream *s, void *buf, size_t n, short *ret_events,
    struct err *e)
{
	ssize_t r;

	if (s->tls != NULL)
		r = stream_tls_read(s->tls, buf, n, ret_events);
	else
		r = plain_result(recv(s->fd, buf, n, 0), POLLIN, ret_events);
	return r == -1 ? lost(s, e) : r;
}

ssize_t
stream_write_some(struct stream *s, const struct iovec *iov, int n,
    short *ret_events, struct err *e)
{
	union {
		const struct iovec *in;
		struct iovec *out;
	} unconst = { .in = iov };
	struct msghdr m = { .msg_iov = unconst.out, .msg_iovlen = (size_t)n };
	ssize_t r;

	if (s->tls != NULL)
		r = stream_tls_write(s->tls, iov, n, ret_events);
	else
		r = plain_result(sendmsg(s->fd, &m, MSG_NOSIGNAL), POLLOUT,
		    ret_events);
	return r == -1 ? lost(s, e) : r;
}

ssize_t
stream_read(struct stream *s, void *buf, size_t n, struct err *e)
{
	short events = 0;
	ssize_t r;

	while ((r = stream_read_some(s, buf, n, &events, e)) == 0) {
		if (wait_for(s, events, e) == -1)
			return -1;
	}
	return r;
}

ssize_t
stream_write(struct stream *s, const struct iovec *iov, int n, struct err *e)
{
	short events = 0;
	ssize_t r;

	while ((r = stream_write_some(s, iov, n, &events, e)) == 0) {
		if (wait_for(s, events, e) == -1)
			return -1;
	}
	return r;
}

/*
 * The driver for libetpan.  Its data pointer is the borrowed stream.
 */
static ssize_t
low_read(mailstream_low *low, void *buf, size_t n)
{
	struct stream *s = low->data;

	return stream_read(s, buf, n, &s->error);
}

static ssize_t
low_write(mailstream_low *low, const void *buf, size_t n)
{
	struct stream *s = low->data;
	union {
		const void *in;
		void *out;
	} unconst = { .in = buf };
	const struct iovec iov = { unconst.out, n };

	return stream_write(s, &iov, 1, &s->error);
}

static int
low_get_fd(mailstream_low *low)
{
	return ((struct stream *)low->data)->fd;
}

static int
low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

static void
low_free(mailstream_low *low)
{
	free(low);
}

mailstream_low *
stream_low(struct stream *s)
{
	static mailstream_low_driver driver = {
		.mailstream_read = low_read,
		.mailstream_write = low_write,
		.mailstream_close = low_close,
		.mailstream_get_fd = low_get_fd,
		.mailstream_free = low_free,
	};

	return mailstream_low_new(s, &driver);
}

const struct err *
stream_error(const struct stream *s)
{
	return &s->error;
}
