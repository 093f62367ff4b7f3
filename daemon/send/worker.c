#include "daemon/send/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/send/journal_dir.h"
#include "daemon/send/loop.h"
#include "daemon/send/pace_store.h"

struct worker {
	struct worker_setup setup;
	char name[JOURNAL_WORKER_MAX];
	pthread_t thread;
	struct loop loop;
	atomic_bool running;
};

static void *
run(void *arg)
{
	struct worker *w = arg;

	loop_run(&w->loop);
	atomic_store(&w->running, false);
	return NULL;
}

int
worker_start(struct worker **ret, const struct worker_setup *setup,
    struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct clerk_setup clerk = { .config = setup->config,
		.keys = setup->keys,
		.host = setup->host };
	struct timespec now;
	int why;

	if (w == NULL)
		abort();
	w->setup = *setup;
	/* Nobody has this name again, though a pid comes back: in a container
	 * with the next start. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(w->name, sizeof(w->name), "%s:%d:%lld", setup->host,
	    (int)getpid(),
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	atomic_store(&w->running, true);
	loop_init(&w->loop, &w->setup, w->name);
	clerk.name = w->name;
	if (pace_store_load(setup->db, w->loop.pace, setup->keys, setup->host,
		clock_now_ms(), e) == -1 ||
	    clerk_start(&w->loop.clerk, &clerk, e) == -1) {
		loop_done(&w->loop);
		free(w);
		return -1;
	}
	why = pthread_create(&w->thread, NULL, run, w);
	if (why != 0) {
		(void)clerk_join(w->loop.clerk, true);
		loop_done(&w->loop);
		clerk_free(w->loop.clerk);
		free(w);
		return err_sys(e, why, "A worker cannot be started");
	}
	*ret = w;
	return 0;
}

void
worker_join(struct worker *w)
{
	(void)pthread_join(w->thread, NULL);
	loop_done(&w->loop);
	clerk_free(w->loop.clerk);
	free(w);
}

bool
worker_is_running(const struct worker *w)
{
	return atomic_load(&w->running);
}

long
worker_accepted(const struct worker *w)
{
	return atomic_load(&w->loop.accepted);
}

bool
worker_relay_is_away(const struct worker *w)
{
	return atomic_load(&w->loop.away);
}
