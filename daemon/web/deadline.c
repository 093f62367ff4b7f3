#include "daemon/web/deadline.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

/* The list is in the order of ends_ms: renewing moves to the tail. */
struct deadline_watch {
	struct deadline_watch *prev, *next;
	int64_t ends_ms;
	int fd;
};

struct deadline {
	pthread_mutex_t lock;
	pthread_cond_t stop;
	pthread_t thread;
	struct deadline_watch ends; /* head and tail of the ring */
	int64_t span_ms;
	bool stopping;
};

static void
unlink_watch(struct deadline_watch *w)
{
	w->prev->next = w->next;
	w->next->prev = w->prev;
}

static void
append(struct deadline *d, struct deadline_watch *w)
{
	w->ends_ms = clock_now_ms() + d->span_ms;
	w->prev = d->ends.prev;
	w->next = &d->ends;
	w->prev->next = w;
	d->ends.prev = w;
}

static void *
run(void *arg)
{
	struct deadline *d = arg;

	(void)pthread_mutex_lock(&d->lock);
	while (!d->stopping) {
		int64_t now = clock_now_ms();
		struct timespec tick;

		for (struct deadline_watch *w = d->ends.next;
		     w != &d->ends && w->ends_ms <= now; w = w->next)
			(void)shutdown(w->fd, SHUT_RDWR);
		(void)clock_gettime(CLOCK_MONOTONIC, &tick);
		tick.tv_sec++;
		(void)pthread_cond_timedwait(&d->stop, &d->lock, &tick);
	}
	(void)pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct deadline *
deadline_new(unsigned seconds)
{
	struct deadline *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	if (d == NULL)
		abort();
	d->ends.prev = d->ends.next = &d->ends;
	d->span_ms = (int64_t)seconds * 1000;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&d->stop, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (pthread_create(&d->thread, NULL, run, d) != 0)
		abort();
	return d;
}

void
deadline_free(struct deadline *d)
{
	(void)pthread_mutex_lock(&d->lock);
	d->stopping = true;
	(void)pthread_cond_signal(&d->stop);
	(void)pthread_mutex_unlock(&d->lock);
	(void)pthread_join(d->thread, NULL);
	(void)pthread_cond_destroy(&d->stop);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

struct deadline_watch *
deadline_watch(struct deadline *d, int fd)
{
	struct deadline_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->fd = fd;
	(void)pthread_mutex_lock(&d->lock);
	append(d, w);
	(void)pthread_mutex_unlock(&d->lock);
	return w;
}

void
deadline_renew(struct deadline *d, struct deadline_watch *w)
{
	(void)pthread_mutex_lock(&d->lock);
	unlink_watch(w);
	append(d, w);
	(void)pthread_mutex_unlock(&d->lock);
}

void
deadline_forget(struct deadline *d, struct deadline_watch *w)
{
	(void)pthread_mutex_lock(&d->lock);
	unlink_watch(w);
	(void)pthread_mutex_unlock(&d->lock);
	free(w);
}
