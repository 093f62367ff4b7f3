#include "daemon/send/pace.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/send/pace_table.h"

#define INITIAL 2.0 /* concurrency of whom we know nothing */
/* Sums of 1/N come out a little below a whole. */
#define ROUNDING 0.001
/* More than connections can carry: as good as no limit. */
#define UNLIMITED 65536.0

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS ((int64_t)5 * 60 * 1000)
#define COOL_MAX_MS ((int64_t)24 * 60 * 60 * 1000)
#define FAILURES_MAX 1000000

#define NS_PER_MS 1000000
#define INTERVAL_MAX_NS 3.6e12
#define BURST_MAX 100000
/* A turn of the loop may take so long; what it could not send meanwhile it may
 * send after. */
#define TURN_NS (10 * (int64_t)NS_PER_MS)

/* A message every interval; up to slack they may come before their time. */
struct rate {
	int64_t interval_ns; /* 0: no limit */
	int64_t slack_ns;
};

struct relay {
	int64_t bucket_ns;
	int64_t hold_until_ms; /* no message before */
	int64_t retry_at_ms;   /* no new connection before */
	double concurrency;
	int failures; /* in a row, of connections */
	int trying;
	bool fresh; /* a connection came after the last failure */
};

struct pace {
	struct pace_config config;
	struct rate rate, domain_rate; /* the part of this worker */
	int workers;
	struct relay relay;
	bool changed;
	struct pace_table table;
};

/*
 * Rates
 */
static struct rate
rate_of(double per_second, int burst)
{
	double interval = 1e9 / per_second;
	struct rate r = { 0, 0 };

	if (per_second <= 0)
		return r;
	if (interval > INTERVAL_MAX_NS)
		interval = INTERVAL_MAX_NS;
	r.interval_ns = interval > 1 ? (int64_t)interval : 1;
	if (burst > BURST_MAX)
		burst = BURST_MAX;
	r.slack_ns = (burst - 1) * r.interval_ns;
	if (r.slack_ns < TURN_NS)
		r.slack_ns = TURN_NS;
	return r;
}

/* When the next message may go; a bucket is the time at which it would go if
 * all came evenly. */
static int64_t
free_at(const struct rate *r, int64_t bucket_ns)
{
	int64_t ns = bucket_ns - r->slack_ns;

	return ns <= 0 || r->interval_ns == 0
	    ? 0
	    : (ns + NS_PER_MS - 1) / NS_PER_MS;
}

static void
charge(const struct rate *r, int64_t *bucket_ns, int64_t now_ms)
{
	int64_t now_ns = now_ms * NS_PER_MS;

	*bucket_ns =
	    (*bucket_ns > now_ns ? *bucket_ns : now_ns) + r->interval_ns;
}

/*
 * Concurrency
 */
static int
whole(double concurrency)
{
	return (int)(concurrency + ROUNDING);
}

static double
at_most(double a, double b)
{
	return a < b ? a : b;
}

static double
grown(double concurrency, double max)
{
	return at_most(concurrency + 1.0 / whole(concurrency), max);
}

static double
shrunk(double concurrency)
{
	concurrency -= 1.0 / whole(concurrency);
	return concurrency > 1 ? concurrency : 1;
}

struct pace *
pace_new(const struct pace_config *config)
{
	struct pace *p = calloc(1, sizeof(*p));

	if (p == NULL || config->connections < 1 || config->burst < 1)
		abort();
	p->config = *config;
	p->relay.concurrency = at_most(INITIAL, config->connections);
	pace_table_init(&p->table);
	pace_set_share(p, 1);
	return p;
}

void
pace_free(struct pace *p)
{
	free(p);
}

static int
part_of(int n, int workers)
{
	return n == 0 || n >= workers ? n / workers : 1;
}

void
pace_set_share(struct pace *p, int workers)
{
	const struct pace_config *c = &p->config;
	int burst;

	if (workers < 1)
		workers = 1;
	burst = part_of(c->burst, workers);
	p->rate = rate_of(c->rate / workers, burst);
	p->domain_rate = rate_of(c->domain_rate / workers, burst);
	p->workers = workers;
}

/*
 * The relay
 */
int
pace_connections(const struct pace *p)
{
	return whole(p->relay.concurrency);
}

int64_t
pace_ask_connection(struct pace *p, int open, int64_t now_ms)
{
	struct relay *r = &p->relay;
	int64_t at = r->hold_until_ms > r->retry_at_ms ? r->hold_until_ms
						       : r->retry_at_ms;

	if (open >= pace_connections(p) || (r->failures > 0 && r->trying > 0))
		return PACE_LATER;
	if (now_ms < at)
		return at;
	r->trying++;
	return 0;
}

static int64_t
back_off(int failures)
{
	int64_t ms = RETRY_MIN_MS;

	while (--failures > 0 && ms < RETRY_MAX_MS)
		ms *= 2;
	return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

static void
relay_failed(struct pace *p, int64_t now_ms)
{
	struct relay *r = &p->relay;

	p->changed = true;
	r->fresh = false;
	r->concurrency = shrunk(r->concurrency);
	/* What was under way when another one failed is the same failure. */
	if (now_ms < r->retry_at_ms)
		return;
	if (r->failures < FAILURES_MAX)
		r->failures++;
	r->retry_at_ms = now_ms + back_off(r->failures);
}

void
pace_connected(struct pace *p, bool worked, int64_t now_ms)
{
	if (p->relay.trying-- == 0)
		abort();
	if (worked)
		p->relay.fresh = true;
	else
		relay_failed(p, now_ms);
}

static bool
relay_is_ill(const struct pace *p)
{
	const struct relay *r = &p->relay;

	return r->failures > 0 || r->hold_until_ms != 0 ||
	    r->concurrency < at_most(INITIAL, p->config.connections);
}

static void
relay_worked(struct pace *p, int64_t now_ms)
{
	struct relay *r = &p->relay;

	p->changed |= relay_is_ill(p);
	r->concurrency = grown(r->concurrency, p->config.connections);
	if (now_ms >= r->hold_until_ms)
		r->hold_until_ms = 0;
	/* Success on the connections it has says nothing about one more: a
	 * relay that allows five refuses the sixth time and again. */
	if (r->fresh)
		r->failures = 0;
}

void
pace_relay_feedback(struct pace *p, enum pace_feedback f, int64_t now_ms)
{
	switch (f) {
	case PACE_SUCCESS:
		relay_worked(p, now_ms);
		break;
	case PACE_NEUTRAL:
		break;
	case PACE_SLOWER:
		relay_failed(p, now_ms);
		break;
	case PACE_COOL:
		p->changed = true;
		p->relay.concurrency = 1;
		p->relay.hold_until_ms = now_ms + p->config.cool_down_ms;
		break;
	}
}

/*
 * Destinations
 */
static double
domain_max(const struct pace *p)
{
	int max = p->config.domain_concurrency;

	return max > 0 ? max : UNLIMITED;
}

static double
domain_initial(const struct pace *p)
{
	int max = p->config.domain_concurrency;

	return max > 0 ? at_most(INITIAL, max) : UNLIMITED;
}

/* As much of it as is ours. */
static double
concurrency_of(const struct pace *p, const struct pace_entry *d)
{
	int part = part_of(p->config.domain_concurrency, p->workers);

	return part > 0 ? at_most(d->concurrency, part) : d->concurrency;
}

static bool
is_ill(const struct pace *p, const struct pace_entry *d)
{
	return d->failures > 0 || d->cool_until_ms != 0 ||
	    d->concurrency < domain_initial(p);
}

static int
limit(const struct pace *p, const struct pace_entry *d)
{
	if (d->cool_until_ms != 0)
		return 1;
	return whole(concurrency_of(p, d));
}

static struct pace_entry *
entry_of(struct pace *p, const char *domain)
{
	struct pace_entry *d = pace_table_find(&p->table, domain);

	if (d != NULL && d->concurrency == 0)
		d->concurrency = domain_initial(p);
	return d;
}

int
pace_domain(struct pace *p, const char *domain)
{
	struct pace_entry *d = entry_of(p, domain);

	return d != NULL ? (int)(d - p->table.entries) : -1;
}

static int64_t
ask_domain(const struct pace *p, const struct pace_entry *d, int64_t now_ms)
{
	if (now_ms < d->cool_until_ms)
		return d->cool_until_ms;
	if (d->in_flight >= limit(p, d))
		return PACE_LATER;
	return free_at(&p->domain_rate, d->bucket_ns);
}

int64_t
pace_ask(struct pace *p, int domain, int64_t now_ms, bool *ret_whole)
{
	struct pace_entry *d = domain != -1 ? &p->table.entries[domain] : NULL;
	int64_t at = free_at(&p->rate, p->relay.bucket_ns);

	if (at < p->relay.hold_until_ms)
		at = p->relay.hold_until_ms;
	*ret_whole = at > now_ms;
	if (at <= now_ms && d != NULL)
		at = ask_domain(p, d, now_ms);
	if (at > now_ms)
		return at;
	charge(&p->rate, &p->relay.bucket_ns, now_ms);
	if (d != NULL) {
		charge(&p->domain_rate, &d->bucket_ns, now_ms);
		pace_table_take(&p->table, d);
		if (d->in_flight >= limit(p, d))
			d->full = true;
	}
	return 0;
}

static void
rest(const struct pace *p, struct pace_entry *d, int64_t now_ms)
{
	d->concurrency = 1;
	d->cool_until_ms = now_ms + p->config.cool_down_ms;
}

static void
domain_failed(const struct pace *p, struct pace_entry *d, int64_t now_ms)
{
	double c = concurrency_of(p, d);

	/* Without a limit the first failure shows how many were too many. */
	if (c >= UNLIMITED)
		c = d->in_flight;
	d->concurrency = shrunk(c);
	if (d->failures < FAILURES_MAX)
		d->failures++;
	if (d->cool_until_ms != 0 ||
	    d->failures >= p->config.cohorts * whole(c))
		rest(p, d, now_ms);
}

static void
domain_worked(const struct pace *p, struct pace_entry *d)
{
	d->failures = 0;
	if (p->config.domain_concurrency == 0)
		d->concurrency = at_most(d->concurrency + 1, UNLIMITED);
	else if (d->full) {
		int before = whole(d->concurrency);

		d->concurrency = grown(d->concurrency, domain_max(p));
		d->full = whole(d->concurrency) == before;
	}
}

void
pace_feedback(struct pace *p, int domain, enum pace_feedback f, int64_t now_ms)
{
	struct pace_entry *d;

	if (domain == -1)
		return;
	d = &p->table.entries[domain];
	p->changed |= is_ill(p, d);
	if (f == PACE_COOL) {
		rest(p, d, now_ms);
	} else if (now_ms < d->cool_until_ms) {
		/* It left before the rest began. */
	} else if (f == PACE_SLOWER) {
		domain_failed(p, d, now_ms);
	} else {
		d->cool_until_ms = 0;
		if (f == PACE_SUCCESS)
			domain_worked(p, d);
	}
	p->changed |= is_ill(p, d);
	pace_table_give(&p->table, d);
}

/*
 * Across a restart
 */
bool
pace_is_changed(const struct pace *p)
{
	return p->changed;
}

static int64_t
left(int64_t until_ms, int64_t now_ms)
{
	return until_ms > now_ms ? until_ms - now_ms : 0;
}

void
pace_each(struct pace *p, int64_t now_ms,
    void (*visit)(void *arg, const struct pace_state *state), void *arg)
{
	struct pace_state s = { "", p->relay.concurrency,
		left(p->relay.hold_until_ms, now_ms), p->relay.failures };

	p->changed = false;
	if (relay_is_ill(p))
		visit(arg, &s);
	for (int i = 0; i < p->table.n; i++) {
		const struct pace_entry *d = &p->table.entries[i];

		s = (struct pace_state){ d->name, d->concurrency,
			left(d->cool_until_ms, now_ms), d->failures };
		if (is_ill(p, d))
			visit(arg, &s);
	}
}

void
pace_restore(struct pace *p, const struct pace_state *state, int64_t now_ms)
{
	double max =
	    state->domain[0] == '\0' ? p->config.connections : domain_max(p);
	double concurrency = at_most(state->concurrency, max);
	int failures =
	    state->failures < FAILURES_MAX ? state->failures : FAILURES_MAX;
	int64_t cool_ms =
	    state->cool_for_ms < COOL_MAX_MS ? state->cool_for_ms : COOL_MAX_MS;
	int64_t until = cool_ms > 0 ? now_ms + cool_ms : 0;

	/* Also when it is no number. */
	if (!(concurrency >= 1))
		concurrency = 1;
	if (failures < 0)
		failures = 0;
	if (state->domain[0] == '\0') {
		p->relay.concurrency = concurrency;
		p->relay.failures = failures;
		p->relay.hold_until_ms = until;
		return;
	}
	struct pace_entry *d = entry_of(p, state->domain);
	if (d == NULL)
		return;
	d->concurrency = concurrency;
	d->failures = failures;
	d->cool_until_ms = until;
}
