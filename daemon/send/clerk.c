#include "daemon/send/clerk.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/role/departed.h"
#include "daemon/send/batch.h"
#include "daemon/send/burial.h"
#include "daemon/send/ledger.h"
#include "daemon/send/work.h"

#define BEAT_MS 5000
#define BURIAL_MS 30000
#define IDLE_MS 2000
#define AWAY_MS 1000

struct clerk {
	struct clerk_setup setup;
	pthread_t thread;
	struct database *db;
	struct messages messages;
	struct held held;
	int wake_fd;   /* towards the clerk */
	int notice_fd; /* towards the worker */
	int64_t beat_ms, burial_ms;
	long accepted_at_beat;
	bool opened; /* journals of the dead were looked at */
	bool said_away, said_departures;

	pthread_mutex_t lock;
	struct batch *given, *recorded;
	struct work *leased;
	struct clerk_news news;
	int want;
	bool idle;
	bool stop;
	bool all_done; /* the worker has nothing in hand any more */
	bool returned; /* and so the database knows */
	bool probe;
	int workers;
	unsigned int epoch;
	int64_t lease_until_ms;
};

static void
poke(int fd)
{
	const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

static void
clear(int fd)
{
	uint64_t n;

	(void)!read(fd, &n, sizeof(n));
}

/*
 * The worker's side.
 */
int
clerk_fd(const struct clerk *c)
{
	return c->notice_fd;
}

void
clerk_fd_clear(const struct clerk *c)
{
	clear(c->notice_fd);
}

void
clerk_look(struct clerk *c, struct clerk_state *ret)
{
	(void)pthread_mutex_lock(&c->lock);
	*ret = (struct clerk_state){ .recorded = c->recorded,
		.leased = c->leased,
		.is_free = c->given == NULL,
		.is_idle = c->idle && c->leased == NULL,
		.wants_probe = c->probe,
		.workers = c->workers,
		.epoch = c->epoch,
		.lease_until_ms = c->lease_until_ms - BEAT_MS };
	c->recorded = NULL;
	c->leased = NULL;
	c->probe = false;
	(void)pthread_mutex_unlock(&c->lock);
}

void
clerk_hand(struct clerk *c, struct batch *b)
{
	(void)pthread_mutex_lock(&c->lock);
	c->given = b;
	(void)pthread_mutex_unlock(&c->lock);
	poke(c->wake_fd);
}

void
clerk_want(struct clerk *c, int chunks)
{
	bool more;

	(void)pthread_mutex_lock(&c->lock);
	more = chunks > 0 && c->want == 0 && !c->idle;
	c->want = chunks;
	(void)pthread_mutex_unlock(&c->lock);
	if (more)
		poke(c->wake_fd);
}

void
clerk_tell(struct clerk *c, const struct clerk_news *news)
{
	(void)pthread_mutex_lock(&c->lock);
	c->news = *news;
	(void)pthread_mutex_unlock(&c->lock);
}

/*
 * The clerk's own.
 */

/* The worker has news to look at. */
static void
notify(struct clerk *c)
{
	poke(c->notice_fd);
}

static int
beat(struct clerk *c, struct err *e)
{
	int64_t now = clock_now_ms(), past = now - c->beat_ms;
	struct clerk_news news;
	struct rows r;
	char rate[32];
	int workers;

	(void)pthread_mutex_lock(&c->lock);
	news = c->news;
	(void)pthread_mutex_unlock(&c->lock);
	(void)snprintf(rate, sizeof(rate), "%.1f",
	    past > 0 ? (double)(news.accepted - c->accepted_at_beat) * 1000 /
		    (double)past
		     : 0.0);
	if (DATABASE_RUN(c->db, &r, e, "send_beat", param_text(c->setup.name),
		param_text(c->setup.host), param_int(getpid()),
		param_int(LEDGER_LEASE_SECONDS), param_int(news.connections),
		param_int(news.in_flight), param_text(rate),
		param_text(news.relay), param_int((int64_t)news.relay_size),
		param_bool(c->setup.config->hold_uncertain)) == -1)
		return -1;
	workers = (int)rows_int(&r, 0, "workers");
	rows_done(&r);
	c->accepted_at_beat = news.accepted;
	c->beat_ms = now;
	(void)pthread_mutex_lock(&c->lock);
	if (c->lease_until_ms != 0 && now > c->lease_until_ms)
		c->epoch++;
	c->lease_until_ms = now + (int64_t)LEDGER_LEASE_SECONDS * 1000;
	c->workers = workers;
	(void)pthread_mutex_unlock(&c->lock);
	return 0;
}

/* Put leased works where the worker finds them. */
static void
publish(struct clerk *c, struct work *list)
{
	struct work **p;

	if (list == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	for (p = &c->leased; *p != NULL;)
		p = &(*p)->next_work;
	*p = list;
	(void)pthread_mutex_unlock(&c->lock);
	notify(c);
}

/* 1: everybody who left is off the list, as far as is known.  Asked every time:
 * a database may be set back without a word.  0: it cannot be known, and nothing
 * is leased, but what was done is put on record as ever. */
static int
let_go(struct clerk *c, struct err *e)
{
	if (departed_apply(c->db, c->setup.config->departures, e) == 0) {
		c->said_departures = false;
		return 1;
	}
	if (e->kind == ERR_TEMP)
		return -1;
	if (!c->said_departures)
		log_event(LOG_LEVEL_ERROR, "departures-failed", "error",
		    e->text, NULL);
	c->said_departures = true;
	return 0;
}

/* 1: some were leased. */
static int
lease(struct clerk *c, int chunks, int64_t probing, struct err *e)
{
	struct work *list;
	int rc = let_go(c, e);

	if (rc != 1)
		return rc;
	rc = ledger_lease(c->db, &c->held, c->setup.config, c->setup.name,
	    chunks, probing, &c->messages, &list, e);
	publish(c, list);
	return rc;
}

static int
probe(struct clerk *c, struct err *e)
{
	struct rows r;
	int64_t mailing;
	bool connect;

	if (DATABASE_RUN(c->db, &r, e, "send_probe") == -1)
		return -1;
	if (r.n == 0) {
		rows_done(&r);
		return 0;
	}
	mailing = rows_int(&r, 0, "mailing_id");
	connect = strcmp(rows_str(&r, 0, "probe"), "connect") == 0;
	rows_done(&r);
	if (!connect)
		return lease(c, 1, mailing, e) == -1 ? -1 : 0;
	(void)pthread_mutex_lock(&c->lock);
	c->probe = true;
	(void)pthread_mutex_unlock(&c->lock);
	notify(c);
	return 0;
}

static int
connect_database(struct clerk *c, struct err *e)
{
	static const char *const files[] = { "send", "departures", NULL };

	if (database_open(&c->db, c->setup.config->database, "tweeluik_send",
		files, e) == -1)
		return -1;
	if (database_listen(c->db, "tweeluik_send", e) == -1 ||
	    ledger_strays(c->db, &c->held, c->setup.name, e) == -1)
		return -1;
	if (c->said_away)
		log_event(LOG_LEVEL_INFO, "database-back", NULL);
	c->said_away = false;
	c->beat_ms = c->burial_ms = 0;
	return 0;
}

static int
record(struct clerk *c, struct batch *b, struct err *e)
{
	if (ledger_record(c->db, b, &c->setup, e) == -1)
		return -1;
	held_drop(&c->held, b);
	(void)pthread_mutex_lock(&c->lock);
	c->given = NULL;
	c->recorded = b;
	/* What was given back may be due. */
	c->idle = c->idle && b->nworks == 0;
	(void)pthread_mutex_unlock(&c->lock);
	notify(c);
	return 0;
}

/* One round.  1: go on at once, 0: nothing to do now, -1. */
static int
serve(struct clerk *c, struct err *e)
{
	int64_t now = clock_now_ms();
	struct batch *b;
	int want, rc;

	if (now - c->burial_ms >= BURIAL_MS || c->burial_ms == 0) {
		if (bury(c->db, &c->setup, e) == -1)
			return -1;
		c->burial_ms = now;
	}
	if (now - c->beat_ms >= BEAT_MS || c->beat_ms == 0) {
		if (beat(c, e) == -1 || probe(c, e) == -1)
			return -1;
	}
	(void)pthread_mutex_lock(&c->lock);
	b = c->given;
	want = c->stop ? 0 : c->want;
	(void)pthread_mutex_unlock(&c->lock);
	/* First what the worker is waiting for, unless it would lease what a
	 * brake stops. */
	if (b != NULL && b->nbrakes > 0)
		return record(c, b, e) == -1 ? -1 : 1;
	rc = want > 0 ? lease(c, want, 0, e) : 0;
	if (rc == -1)
		return -1;
	(void)pthread_mutex_lock(&c->lock);
	if (want > 0)
		c->idle = rc == 0;
	if (rc == 1)
		c->want = 0;
	(void)pthread_mutex_unlock(&c->lock);
	if (want > 0 && rc == 0)
		notify(c);
	if (b != NULL && record(c, b, e) == -1)
		return -1;
	return b != NULL || rc == 1;
}

/* Sleep until there is something to do. */
static int
rest(struct clerk *c, struct err *e)
{
	int rc = database_wait(c->db, IDLE_MS, c->wake_fd, e);

	clear(c->wake_fd);
	if (rc == -1)
		return -1;
	return 0;
}

static void
away(struct clerk *c, const struct err *e)
{
	struct pollfd p = { c->wake_fd, POLLIN, 0 };
	bool stop;

	if (!c->said_away)
		log_event(LOG_LEVEL_ERROR, "database-away", "error", e->text,
		    NULL);
	c->said_away = true;
	database_close(c->db);
	c->db = NULL;
	(void)pthread_mutex_lock(&c->lock);
	stop = c->stop;
	(void)pthread_mutex_unlock(&c->lock);
	if (!stop)
		(void)poll(&p, 1, AWAY_MS);
	clear(c->wake_fd);
}

/* Whether it is time to go: asked to, and nothing that can be done is left. */
static bool
finished(struct clerk *c)
{
	bool done;

	(void)pthread_mutex_lock(&c->lock);
	done = c->stop && (c->given == NULL || c->db == NULL);
	(void)pthread_mutex_unlock(&c->lock);
	return done;
}

static void *
run(void *arg)
{
	struct clerk *c = arg;
	struct err e;

	while (!finished(c)) {
		int rc = c->db == NULL ? connect_database(c, &e) : 0;

		if (rc == 0)
			rc = serve(c, &e);
		if (rc == 0)
			rc = rest(c, &e);
		if (rc == -1)
			away(c, &e);
	}
	/* What was leased and not even looked at is free. */
	c->returned = c->all_done && c->db != NULL &&
	    DATABASE_DO(c->db, &e, "send_buried", param_text(c->setup.name),
		param_bool(true), param_bool(false)) == 0;
	database_close(c->db);
	c->db = NULL;
	return NULL;
}

int
clerk_start(struct clerk **ret, const struct clerk_setup *setup, struct err *e)
{
	struct clerk *c = calloc(1, sizeof(*c));
	int why;

	if (c == NULL)
		abort();
	c->setup = *setup;
	c->messages.keys = setup->keys;
	c->workers = 1;
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->notice_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&c->lock, NULL);
	if (c->wake_fd == -1 || c->notice_fd == -1)
		why = errno;
	else
		why = pthread_create(&c->thread, NULL, run, c);
	if (why != 0) {
		clerk_free(c);
		return err_sys(e, why, "A clerk cannot be started");
	}
	*ret = c;
	return 0;
}

bool
clerk_join(struct clerk *c, bool all_done)
{
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	c->all_done = all_done;
	(void)pthread_mutex_unlock(&c->lock);
	poke(c->wake_fd);
	(void)pthread_join(c->thread, NULL);
	return c->returned;
}

void
clerk_free(struct clerk *c)
{
	struct work *w;

	while ((w = c->leased) != NULL) {
		c->leased = w->next_work;
		work_free(w);
	}
	messages_done(&c->messages);
	held_done(&c->held);
	(void)close(c->wake_fd);
	(void)close(c->notice_fd);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
