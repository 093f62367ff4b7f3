#include "tests/sink/server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/sink/tally.h"

#define READ_BYTES ((size_t)256 * 1024)
#define EVENTS 64
#define BACKLOG 1024
#define SLACK_NS 1000

struct connection {
	struct link link; /* first: a link leads back to its connection */
	struct session session;
	bool handshaking;
	bool deaf;     /* what comes is thrown away */
	bool watching; /* for room to write */
	int64_t until_ns;
	size_t nleft;
	char left[SESSION_LINE_MAX]; /* the beginning of a line */
	TAILQ_ENTRY(connection) all;
	TAILQ_ENTRY(connection) waiting; /* deaf, for until_ns */
};
TAILQ_HEAD(connections, connection);

struct server {
	const struct server_options *o;
	pthread_t thread;
	int epoll_fd, listen_fd, stop_fd;
	struct distance distance;
	struct connections all, waiting;
	struct buf replies;
	char *input; /* SESSION_LINE_MAX for what was left, READ_BYTES */
};

static void
free_when_idle(struct connection *c)
{
	if (c->link.fd == -1 && c->link.pending == 0)
		free(c);
}

static void
close_connection(struct server *s, struct connection *c)
{
	TAILQ_REMOVE(&s->all, c, all);
	if (c->until_ns != 0)
		TAILQ_REMOVE(&s->waiting, c, waiting);
	link_close(&c->link);
	free_when_idle(c);
}

static void
watch(struct server *s, struct connection *c, bool writing)
{
	struct epoll_event ev = { .events = EPOLLIN | (writing ? EPOLLOUT : 0),
		.data.ptr = c };

	if (c->watching == writing)
		return;
	c->watching = writing;
	(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->link.fd, &ev);
}

/* No longer listens, and does not wait for ever. */
static void
be_deaf(struct server *s, struct connection *c)
{
	c->deaf = true;
	c->until_ns = link_now_ns() + s->o->patience_ns;
	TAILQ_INSERT_TAIL(&s->waiting, c, waiting);
}

/* Send what may leave; the last turn of a connection ends it. */
static void
flush(struct server *s, struct connection *c)
{
	bool blocked;
	int rc = link_flush(&c->link, &blocked);

	if (rc == -1 || (rc == 1 && c->session.next == SESSION_DROP)) {
		close_connection(s, c);
		return;
	}
	if (rc == 1 && c->session.next == SESSION_END)
		(void)shutdown(c->link.fd, SHUT_WR);
	watch(s, c, blocked);
}

static void
run_session(struct server *s, struct connection *c, size_t n)
{
	char *p = s->input + SESSION_LINE_MAX - c->nleft;
	const char *end = s->input + SESSION_LINE_MAX + n, *rest;

	(void)memcpy(p, c->left, c->nleft);
	rest = session_input(&c->session, p, end, &s->replies);
	link_write(&c->link, s->replies.data, s->replies.len);
	buf_clear(&s->replies);
	c->nleft = 0;
	if (c->session.next == SESSION_GO_ON) {
		c->nleft = (size_t)(end - rest);
		(void)memcpy(c->left, rest, c->nleft);
	} else if (c->session.next == SESSION_START_TLS) {
		if (rest < end)
			tally_complain(s->o->session.tally,
			    TALLY_UNSYNCHRONISED, "input after STARTTLS");
		link_start_tls(&c->link, &s->o->identity);
		c->handshaking = true;
	} else if (c->session.next == SESSION_DROP) {
		c->deaf = true;
	} else {
		be_deaf(s, c);
	}
}

/* Returns -1 when the connection is gone. */
static int
shake_hands(struct server *s, struct connection *c)
{
	int rc = link_handshake(&c->link);

	if (rc != 1)
		return rc;
	c->handshaking = false;
	session_secured(&c->session);
	tally_add(s->o->session.tally, TALLY_TLS, 1);
	if (gnutls_session_is_resumed(c->link.tls))
		tally_add(s->o->session.tally, TALLY_RESUMED, 1);
	return 1;
}

static void
on_input(struct server *s, struct connection *c)
{
	ssize_t n;
	int rc;

	do {
		if (c->handshaking && (rc = shake_hands(s, c)) != 1) {
			if (rc == 0)
				break;
			close_connection(s, c);
			return;
		}
		n = link_read(&c->link, s->input + SESSION_LINE_MAX,
		    READ_BYTES);
		if (n == -1) {
			close_connection(s, c);
			return;
		}
		if (n > 0 && !c->deaf)
			run_session(s, c, (size_t)n);
		/* GnuTLS may have more, which epoll does not know of. */
	} while (c->link.tls != NULL && n > 0);
	flush(s, c);
}

static void
on_connection(struct server *s)
{
	static const int on = 1;
	int fd;

	while ((fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		struct connection *c = calloc(1, sizeof(*c));
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

		if (c == NULL)
			abort();
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		link_init(&c->link, fd, &s->distance);
		TAILQ_INSERT_TAIL(&s->all, c, all);
		tally_add(s->o->session.tally, TALLY_CONNECTIONS, 1);
		(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
		session_begin(&c->session, &s->o->session, &s->replies);
		link_write(&c->link, s->replies.data, s->replies.len);
		buf_clear(&s->replies);
		if (c->session.next == SESSION_DROP)
			c->deaf = true;
		else if (c->session.next != SESSION_GO_ON)
			be_deaf(s, c);
		flush(s, c);
	}
}

/* Let leave whose time has come, and close whose patience has ended. */
static void
on_time(struct server *s, int64_t now)
{
	struct connection *c;
	struct link *l;

	while ((l = distance_next(&s->distance, now)) != NULL) {
		c = (struct connection *)l;
		if (l->fd == -1)
			free_when_idle(c);
		else
			flush(s, c);
	}
	while ((c = TAILQ_FIRST(&s->waiting)) != NULL && c->until_ns <= now)
		close_connection(s, c);
}

static int
wait_events(struct server *s, struct epoll_event *events)
{
	const struct connection *c = TAILQ_FIRST(&s->waiting);
	int64_t due = distance_due(&s->distance), left;
	struct timespec ts;

	if (c != NULL && c->until_ns < due)
		due = c->until_ns;
	if (due == INT64_MAX)
		return epoll_wait(s->epoll_fd, events, EVENTS, -1);
	left = due - link_now_ns();
	if (left < 0)
		left = 0;
	ts.tv_sec = left / 1000000000;
	ts.tv_nsec = left % 1000000000;
	return epoll_pwait2(s->epoll_fd, events, EVENTS, &ts, NULL);
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	struct epoll_event events[EVENTS];
	int n;

	(void)prctl(PR_SET_TIMERSLACK, SLACK_NS);
	for (;;) {
		n = wait_events(s, events);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &s->stop_fd)
				return NULL;
			if (events[i].data.ptr == NULL)
				on_connection(s);
			else if (events[i].events & ~(uint32_t)EPOLLOUT)
				on_input(s, events[i].data.ptr);
			else
				flush(s, events[i].data.ptr);
		}
		on_time(s, link_now_ns());
	}
}

static int
listen_on(const struct addrinfo *a, int *ret_port, struct err *e)
{
	static const int on = 1;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} got = { 0 };
	socklen_t n = sizeof(got);
	int fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1 ||
	    bind(fd, a->ai_addr, a->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1 || getsockname(fd, &got.any, &n) == -1) {
		(void)err_sys(e, errno, "Cannot listen");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	*ret_port = ntohs(got.any.sa_family == AF_INET6 ? got.in6.sin6_port
							: got.in.sin_port);
	return fd;
}

static void
server_free(struct server *s)
{
	struct connection *c;

	while ((c = TAILQ_FIRST(&s->all)) != NULL)
		/* The analyzer does not see that the list lets go of it.
		 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		close_connection(s, c);
	while (distance_due(&s->distance) != INT64_MAX)
		free_when_idle((
		    struct connection *)distance_next(&s->distance, INT64_MAX));
	free(s->distance.ring);
	buf_done(&s->replies);
	free(s->input);
	(void)close(s->listen_fd);
	(void)close(s->stop_fd);
	(void)close(s->epoll_fd);
	free(s);
}

int
server_start(struct server **ret, const struct server_options *o,
    const char *host, const char *port, int *ret_port, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE };
	struct epoll_event ev = { .events = EPOLLIN };
	struct addrinfo *a;
	struct server *s;
	int fd, rc = getaddrinfo(host, port, &hints, &a);

	if (rc != 0)
		return err_set(e, ERR_USAGE, "%s: %s", host, gai_strerror(rc));
	fd = listen_on(a, ret_port, e);
	freeaddrinfo(a);
	if (fd == -1)
		return -1;
	s = calloc(1, sizeof(*s));
	if (s == NULL ||
	    (s->input = malloc(SESSION_LINE_MAX + READ_BYTES)) == NULL)
		abort();
	s->o = o;
	s->listen_fd = fd;
	s->distance.delay_ns = o->delay_ns;
	TAILQ_INIT(&s->all);
	TAILQ_INIT(&s->waiting);
	buf_init(&s->replies, LINK_OUT_MAX);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->listen_fd, &ev);
	ev.data.ptr = &s->stop_fd;
	(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->stop_fd, &ev);
	if ((rc = pthread_create(&s->thread, NULL, serve, s)) != 0) {
		server_free(s);
		return err_sys(e, rc, "Cannot start a thread");
	}
	*ret = s;
	return 0;
}

void
server_stop(struct server *s)
{
	const uint64_t one = 1;

	if (write(s->stop_fd, &one, sizeof(one)) == -1)
		abort();
	(void)pthread_join(s->thread, NULL);
	server_free(s);
}
