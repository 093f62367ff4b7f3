#include "daemon/send/loop.h"

#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/err.h"
#include "daemon/send/connections.h"
#include "daemon/send/pace.h"
#include "daemon/send/work.h"

/* A worker stays with a chunk for so long: that is how fast a pause or a
 * reader who left takes effect. */
#define BUDGET_MS 2000

/* When a destination can be asked again that has enough in flight. */
#define LATER_MS 50

/* Messages for one connection before the next one gets some. */
#define HELPING 4

static bool
is_braked(const struct loop *l, const struct work *w)
{
	return l->braking && !w->probe &&
	    (l->brake_mailing == 0 || l->brake_mailing == w->mailing);
}

void
loop_take_works(struct loop *l)
{
	struct work *w, **last = &l->works;
	unsigned int epoch = l->clerk_state.epoch;

	if (epoch != l->epoch) {
		/* Others may have taken over what was leased until now. */
		l->epoch = epoch;
		loop_give_up(l, 0);
		for (int i = 0; i < connections_count(l->connections); i++)
			connections_at(l->connections, i)->failed = true;
	}
	while (*last != NULL)
		last = &(*last)->next_work;
	*last = l->clerk_state.leased;
	for (w = *last; w != NULL; w = w->next_work) {
		l->nworks++;
		w->given_up = l->stop_by_ms != 0 || is_braked(l, w);
	}
}

void
loop_give_up(struct loop *l, int64_t mailing)
{
	for (struct work *w = l->works; w != NULL; w = w->next_work)
		if (mailing == 0 || w->mailing == mailing)
			w->given_up = true;
}

int
loop_pending(const struct loop *l)
{
	int n = l->again != NULL;

	for (const struct work *w = l->works; w != NULL; w = w->next_work)
		if (!w->given_up)
			n += w->probe ? w->next == 0 : w->n - w->next;
	if (l->nparked > 0 && l->parked_next_ms <= l->now_ms)
		n += l->nparked;
	return n;
}

static void
park(struct loop *l, struct work *w, int row, int64_t until_ms)
{
	if (l->nparked == l->parked_max) {
		l->parked_max += 512;
		l->parked = reallocarray(l->parked, (size_t)l->parked_max,
		    sizeof(*l->parked));
		if (l->parked == NULL)
			abort();
	}
	if (l->nparked == 0 || until_ms < l->parked_next_ms)
		l->parked_next_ms = until_ms;
	l->parked[l->nparked++] =
	    (struct parked){ .work = w, .row = row, .until_ms = until_ms };
	w->parked++;
}

static void
unpark(struct loop *l, int i)
{
	l->parked[i].work->parked--;
	l->parked[i] = l->parked[--l->nparked];
}

static void
suppress(struct loop *l, const struct work *w, const struct work_row *row)
{
	static const struct journal_result left = { .result = "suppressed",
		.status = "",
		.text = "" };
	const struct journal_key key = { .mailing = w->mailing,
		.seq = row->seq,
		.attempt = w->attempt };

	(void)batch_add(l->batch, &key, &left);
}

/* What is wrong with one copy is wrong with all. */
static void
cannot_be_made(struct loop *l, struct flight *f, const struct err *e)
{
	int64_t mailing = f->work->mailing;

	f->work->open--;
	flight_give(&l->flights, f);
	loop_brake(l, mailing, e->text, NULL, false);
}

/* The relay's rate lets nobody go. */
static bool
must_wait(const struct loop *l)
{
	return l->wait_until_ms > l->now_ms;
}

/* May it go now?  false: it is parked or waits with all others. */
static bool
ask_pace(struct loop *l, struct flight *f)
{
	bool whole = false;
	int64_t until;

	f->domain = pace_domain(l->pace, strchr(f->personal.to, '@') + 1);
	if (f->domain == -1)
		return true;
	until = pace_ask(l->pace, f->domain, l->now_ms, &whole);
	if (until == 0) {
		f->paced = true;
		return true;
	}
	if (until == PACE_LATER)
		until = l->now_ms + LATER_MS;
	if (whole) {
		l->wait_until_ms = until;
		f->next = l->again;
		l->again = f;
		return false;
	}
	park(l, f->work, (int)(f->row - f->work->rows), until);
	f->work->open--;
	flight_give(&l->flights, f);
	return false;
}

/* A row of a work becomes a flight; NULL when it does not, for now. */
static struct flight *
start(struct loop *l, struct work *w, int i)
{
	const struct work_row *row = &w->rows[i];
	struct flight *f;
	struct err e;

	if (!row->deliverable) {
		suppress(l, w, row);
		return NULL;
	}
	f = flight_take(&l->flights, w, row);
	w->open++;
	if (flight_address(f, l->setup->keys, &e) == -1) {
		cannot_be_made(l, f, &e);
		return NULL;
	}
	return ask_pace(l, f) ? f : NULL;
}

static bool
can_start(const struct loop *l)
{
	return !must_wait(l) && l->flights.unused != NULL;
}

static struct flight *
take_again(struct loop *l)
{
	struct flight *f;

	while ((f = l->again) != NULL) {
		l->again = f->next;
		f->next = NULL;
		if (!f->work->given_up)
			return ask_pace(l, f) ? f : NULL;
		f->work->open--;
		flight_give(&l->flights, f);
	}
	return NULL;
}

static struct flight *
take_parked(struct loop *l)
{
	int64_t next = INT64_MAX;

	for (int i = 0; i < l->nparked; i++) {
		struct parked p = l->parked[i];
		struct flight *f;

		if (p.until_ms > l->now_ms) {
			next = p.until_ms < next ? p.until_ms : next;
			continue;
		}
		unpark(l, i--);
		f = start(l, p.work, p.row);
		if (f != NULL || must_wait(l))
			return f;
	}
	l->parked_next_ms = next;
	return NULL;
}

static struct flight *
take_row(struct loop *l)
{
	for (struct work *w = l->works; w != NULL; w = w->next_work)
		while (!w->given_up && w->next < w->n && loop_has_room(l)) {
			struct flight *f = start(l, w, w->next++);

			w->given_up |= w->probe;
			if (f != NULL || must_wait(l))
				return f;
		}
	return NULL;
}

/* The next message that may go, its copy made; NULL when there is none. */
static struct flight *
next_flight(struct loop *l)
{
	struct flight *f;
	struct err e;

	while (!must_wait(l) && loop_has_room(l)) {
		f = take_again(l);
		if (f == NULL && l->nparked > 0 && can_start(l) &&
		    l->parked_next_ms <= l->now_ms)
			f = take_parked(l);
		if (f == NULL && can_start(l))
			f = take_row(l);
		if (f == NULL || f->prepared ||
		    flight_prepare(f, l->setup->keys,
			l->setup->config->return_domain, &e) == 0)
			return f;
		if (f->paced)
			pace_feedback(l->pace, f->domain, PACE_NEUTRAL,
			    l->now_ms);
		cannot_be_made(l, f, &e);
	}
	return NULL;
}

/* Give a connection some messages.  False when there are no more. */
static bool
help(struct loop *l, struct connection *k)
{
	struct smtp_machine *m = smtp_client_machine(k->client);

	for (int i = 0; i < HELPING && smtp_machine_room(m) > 0; i++) {
		struct flight *f = next_flight(l);
		struct smtp_result result;
		int r;

		if (f == NULL)
			return false;
		f->connection = k;
		r = smtp_machine_submit(m, &f->message, &result);
		if (r == -1) {
			f->connection = NULL;
			loop_settle(l, f, &result);
			continue;
		}
		if (r == 0)
			abort(); /* it said that there was room */
		k->dirty = true;
	}
	return true;
}

void
loop_fill(struct loop *l)
{
	int n = connections_count(l->connections);
	bool more = true;

	if (l->away_until_ms > l->now_ms || l->journal_bad ||
	    l->stop_by_ms != 0 || !loop_lease_holds(l))
		return;
	while (more && connections_room(l->connections) > 0 &&
	    loop_pending(l) > 0) {
		more = false;
		for (int i = 0; i < n; i++) {
			struct connection *k =
			    connections_at(l->connections, i);

			if (k->failed || k->leaving)
				continue;
			if (!help(l, k))
				return;
			more = true;
		}
	}
}

/* What could not go because of its destination waits outside the chunk. */
static void
set_later(struct loop *l, struct work *w)
{
	for (int i = 0; i < l->nparked; i++) {
		const struct parked *p = &l->parked[i];
		int64_t wait = p->until_ms - l->now_ms;

		if (p->work != w)
			continue;
		w->later[w->nlater++] = w->rows[p->row].seq;
		/* The first of them says when to look again. */
		if (w->later_ms == 0 || wait < w->later_ms)
			w->later_ms = wait > 0 ? wait : 1;
		unpark(l, i--);
	}
}

static void
drop_again(struct loop *l, const struct work *w)
{
	for (struct flight **p = &l->again; *p != NULL;) {
		struct flight *f = *p;

		if (f->work != w) {
			p = &f->next;
			continue;
		}
		*p = f->next;
		f->work->open--;
		flight_give(&l->flights, f);
	}
}

void
loop_close_works(struct loop *l)
{
	for (struct work **p = &l->works; *p != NULL;) {
		struct work *w = *p;

		if (l->now_ms - w->leased_ms > BUDGET_MS)
			w->given_up = true;
		if (w->given_up && w->parked > 0)
			set_later(l, w);
		if (w->given_up && w->open > 0 && l->again != NULL)
			drop_again(l, w);
		if (w->open > 0 || w->parked > 0 ||
		    (!w->given_up && w->next < w->n) ||
		    l->batch->nworks == BATCH_WORKS) {
			p = &w->next_work;
			continue;
		}
		*p = w->next_work;
		w->next_work = NULL;
		l->nworks--;
		l->batch->works[l->batch->nworks++] = w;
	}
}
