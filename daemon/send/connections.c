#include "daemon/send/connections.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/send/smtp_client.h"
#include "daemon/send/smtp_machine.h"

#define WINDOW_FIRST 4

struct opening {
	struct connections *owner;
	struct opening *next;
	bool probe;
	pthread_t thread;
	struct smtp_client *client;
	struct smtp_result result;
	struct err error;
};

struct connections {
	const struct smtp_config *config;
	int epoll_fd;
	int fd; /* of the threads that open */
	int window_max, window, successes;
	int opening;
	struct connection *all[CONNECTIONS_MAX];
	int n;

	pthread_mutex_t lock;
	struct opening *done;
};

struct connections *
connections_new(const struct smtp_config *config, int epoll_fd, int window_max)
{
	struct connections *c = calloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (c == NULL)
		abort();
	c->config = config;
	c->epoll_fd = epoll_fd;
	c->window_max = window_max;
	c->window = WINDOW_FIRST < window_max ? WINDOW_FIRST : window_max;
	c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&c->lock, NULL);
	if (c->fd == -1 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) == -1)
		abort();
	return c;
}

static void *
open_one(void *arg)
{
	struct opening *o = arg;
	struct connections *c = o->owner;
	const uint64_t one = 1;

	if (smtp_client_open(&o->client, c->config, &o->error, &o->result) ==
	    -1)
		o->client = NULL;
	(void)pthread_mutex_lock(&c->lock);
	o->next = c->done;
	c->done = o;
	(void)pthread_mutex_unlock(&c->lock);
	(void)!write(c->fd, &one, sizeof(one));
	return NULL;
}

int
connections_open(struct connections *c, bool probe, struct err *e)
{
	struct opening *o = calloc(1, sizeof(*o));
	int why;

	if (o == NULL)
		abort();
	o->owner = c;
	o->probe = probe;
	why = pthread_create(&o->thread, NULL, open_one, o);
	if (why != 0) {
		free(o);
		return err_sys(e, why, "A connection cannot be opened");
	}
	c->opening++;
	return 0;
}

int
connections_opening(const struct connections *c)
{
	return c->opening;
}

static struct opening *
take_opening(struct connections *c)
{
	struct opening *o;

	(void)pthread_mutex_lock(&c->lock);
	o = c->done;
	if (o != NULL)
		c->done = o->next;
	(void)pthread_mutex_unlock(&c->lock);
	if (o != NULL) {
		(void)pthread_join(o->thread, NULL);
		c->opening--;
	}
	return o;
}

static struct connection *
add(struct connections *c, struct smtp_client *client)
{
	struct connection *k = calloc(1, sizeof(*k));
	struct epoll_event ev = { .data.ptr = k };

	if (k == NULL || c->n == CONNECTIONS_MAX)
		abort();
	k->client = client;
	k->events = smtp_client_events(client);
	k->idle_since_ms = clock_now_ms();
	/* The bits of poll() and epoll are the same. */
	ev.events = (uint32_t)k->events | EPOLLRDHUP;
	if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, smtp_client_fd(client),
		&ev) == -1)
		abort();
	smtp_machine_set_window(smtp_client_machine(client), c->window);
	c->all[c->n++] = k;
	return k;
}

bool
connections_opened(struct connections *c, struct opened *ret)
{
	struct opening *o = take_opening(c);
	uint64_t n;

	if (o == NULL) {
		(void)!read(c->fd, &n, sizeof(n));
		o = take_opening(c);
	}
	if (o == NULL)
		return false;
	ret->connection = o->client != NULL ? add(c, o->client) : NULL;
	ret->probe = o->probe;
	ret->result = o->result;
	ret->error = o->error;
	free(o);
	return true;
}

int
connections_count(const struct connections *c)
{
	return c->n;
}

struct connection *
connections_at(struct connections *c, int i)
{
	return c->all[i];
}

void
connections_remove(struct connections *c, struct connection *k)
{
	for (int i = 0; i < c->n; i++)
		if (c->all[i] == k) {
			c->all[i] = c->all[--c->n];
			break;
		}
	smtp_client_free(k->client);
	free(k);
}

void
connections_watch(struct connections *c, struct connection *k)
{
	short events = smtp_client_events(k->client);
	struct epoll_event ev = { .events = (uint32_t)events | EPOLLRDHUP,
		.data.ptr = k };

	if (events == k->events)
		return;
	k->events = events;
	(void)epoll_ctl(c->epoll_fd, EPOLL_CTL_MOD, smtp_client_fd(k->client),
	    &ev);
}

static void
set_window(struct connections *c, int window)
{
	c->window = window;
	c->successes = 0;
	for (int i = 0; i < c->n; i++)
		smtp_machine_set_window(smtp_client_machine(c->all[i]->client),
		    window);
}

void
connections_success(struct connections *c, struct connection *k)
{
	k->accepted++;
	if (c->window >= c->window_max || ++c->successes < c->window)
		return;
	set_window(c,
	    c->window * 2 < c->window_max ? c->window * 2 : c->window_max);
}

void
connections_loss(struct connections *c)
{
	set_window(c, c->window > 1 ? c->window / 2 : 1);
}

int
connections_room(struct connections *c)
{
	int room = 0;

	for (int i = 0; i < c->n; i++)
		room +=
		    smtp_machine_room(smtp_client_machine(c->all[i]->client));
	return room;
}

void
connections_free(struct connections *c)
{
	struct opening *o;

	while (c->opening > 0) {
		struct pollfd p = { c->fd, POLLIN, 0 };
		uint64_t n;

		(void)poll(&p, 1, -1);
		(void)!read(c->fd, &n, sizeof(n));
		while ((o = take_opening(c)) != NULL) {
			smtp_client_free(o->client);
			free(o);
		}
	}
	while (c->n > 0)
		connections_remove(c, c->all[0]);
	(void)close(c->fd);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
