#include "daemon/send/loop.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/send/classify.h"
#include "daemon/send/connections.h"
#include "daemon/send/pace.h"
#include "daemon/send/pace_store.h"

#define EVENTS 128
#define FLIGHTS_MAX 4096
#define WORKS_MAX 32
#define TURN_MAX_MS 1000
#define TELL_MS 1000
#define PACE_MS 5000
#define JOURNAL_RETRY_MS 1000
#define STOP_MS 20000
#define LAST_BATCH_MS 3000
/* An idle relay would hang up by itself. */
#define IDLE_MS 2000
/* A few outcomes wait for company: one commit for many. */
#define HAND_OVER_MIN 512
#define HAND_OVER_MS 50
#define LEASE_CHUNKS_MAX 8
/* Times its concurrency a destination may fail in a row before it rests. */
#define COHORTS 20

void
loop_init(struct loop *l, const struct worker_setup *setup, const char *name)
{
	const struct config *c = setup->config;
	const struct pace_config pace = {
		.rate = c->rate,
		.domain_rate = c->domain_rate,
		.domain_concurrency = c->domain_concurrency,
		.burst = c->relay_connections,
		.connections = c->relay_connections,
		.cohorts = COHORTS,
		.cool_down_ms = (int64_t)c->cool_down_minutes * 60000,
	};
	int flights = c->relay_connections * c->relay_window + 2;

	memset(l, 0, sizeof(*l));
	l->setup = setup;
	l->name = name;
	smtp_config_init(&l->smtp);
	(void)snprintf(l->port, sizeof(l->port), "%d", c->relay_port);
	l->smtp.host = c->relay_host;
	l->smtp.port = l->port;
	l->smtp.tls = c->relay_tls == CONFIG_TLS_STARTTLS ? SMTP_TLS_STARTTLS
	    : c->relay_tls == CONFIG_TLS_IMPLICIT	  ? SMTP_TLS_IMPLICIT
							  : SMTP_TLS_NONE;
	l->smtp.trust = setup->trust;
	l->smtp.user = c->relay_user;
	l->smtp.password = setup->password;
	l->smtp.helo = c->relay_helo != NULL ? c->relay_helo : c->list_id;
	l->smtp.cancel_fd = setup->stop_fd;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd == -1)
		abort();
	l->connections =
	    connections_new(&l->smtp, l->epoll_fd, c->relay_window);
	l->pace = pace_new(&pace);
	flights_init(&l->flights,
	    flights < FLIGHTS_MAX ? flights : FLIGHTS_MAX);
	batch_init(&l->batches[0]);
	batch_init(&l->batches[1]);
	l->batch = &l->batches[0];
}

void
loop_done(struct loop *l)
{
	connections_free(l->connections);
	while (l->works != NULL) {
		struct work *w = l->works;

		l->works = w->next_work;
		work_free(w);
	}
	batch_done(&l->batches[0]);
	batch_done(&l->batches[1]);
	flights_done(&l->flights);
	pace_free(l->pace);
	free(l->parked);
	(void)close(l->epoll_fd);
}

static void
watch_fd(struct loop *l, int fd, void *tag)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = tag };

	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == -1)
		abort();
}

/*
 * Connections.
 */
static void
end_connection(struct loop *l, struct connection *k, const struct err *why)
{
	struct smtp_event event;
	bool busy = smtp_machine_in_flight(smtp_client_machine(k->client)) > 0;
	bool closing = smtp_machine_is_closing(smtp_client_machine(k->client));

	while (smtp_client_fail(k->client, why, &event) == 1)
		loop_settle(l, event.tag, &event.result);
	if (busy && !closing && !k->failed) {
		connections_loss(l->connections);
		pace_relay_feedback(l->pace, PACE_SLOWER, l->now_ms);
		if (k->accepted == 0)
			loop_relay_away(l, why->text);
	}
	connections_remove(l->connections, k);
}

static void
receive(struct loop *l, struct connection *k)
{
	struct smtp_event event;
	struct err e;
	int r;

	while ((r = smtp_client_receive(k->client, &event, &e)) == 1) {
		k->dirty = true;
		k->idle_since_ms = l->now_ms;
		loop_settle(l, event.tag, &event.result);
	}
	k->dirty = true;
	if (r == -1)
		end_connection(l, k, &e);
}

static void
receive_events(struct loop *l, struct connection *k, uint32_t events)
{
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		smtp_client_hung_up(k->client);
	receive(l, k);
}

static void
take_opened(struct loop *l)
{
	struct opened o;

	while (connections_opened(l->connections, &o)) {
		if (!o.probe)
			pace_connected(l->pace, o.connection != NULL,
			    l->now_ms);
		if (o.connection != NULL) {
			l->away_until_ms = 0;
			l->relay_size =
			    smtp_client_size_max(o.connection->client);
			if (o.probe)
				l->batch->resume = "connect";
		} else if (l->stop_by_ms != 0 || o.probe) {
			continue;
		} else if (classify(&o.result) == VERDICT_RELAY_BROKEN) {
			loop_brake_by_reply(l, 0, &o.result, "connect", true);
		} else {
			loop_relay_away(l, o.error.text);
		}
	}
}

static void
open_more(struct loop *l)
{
	int have = connections_count(l->connections) +
	    connections_opening(l->connections);
	int want = loop_pending(l);
	struct err e;

	if (have == 0 && l->probe_wanted) {
		l->probe_wanted =
		    connections_open(l->connections, true, &e) == -1;
		return;
	}
	if (l->away_until_ms > l->now_ms || l->stop_by_ms != 0 || l->braking ||
	    l->journal_bad)
		return;
	for (; have < want && have < CONNECTIONS_MAX &&
	     pace_ask_connection(l->pace, have, l->now_ms) == 0;
	     have++)
		if (connections_open(l->connections, false, &e) == -1) {
			pace_connected(l->pace, false, l->now_ms);
			loop_relay_away(l, e.text);
			return;
		}
}

static void
set_late(const struct loop *l, struct err *e)
{
	(void)err_set(e, ERR_TEMP, "The server %s did not answer in time",
	    l->smtp.host);
}

/* Deadlines, and connections nobody needs. */
static void
check_connections(struct loop *l)
{
	bool idle = loop_pending(l) == 0;

	for (int i = connections_count(l->connections); i-- > 0;) {
		struct connection *k = connections_at(l->connections, i);
		struct smtp_machine *m = smtp_client_machine(k->client);
		struct err e;

		if (smtp_client_deadline_ms(k->client) < l->now_ms) {
			set_late(l, &e);
			end_connection(l, k, &e);
		} else if (!k->leaving && smtp_machine_in_flight(m) == 0 &&
		    (l->stop_by_ms != 0 || smtp_machine_is_closing(m) ||
			(idle && l->now_ms - k->idle_since_ms > IDLE_MS))) {
			k->leaving = k->dirty = true;
			smtp_machine_quit(m);
		}
	}
}

/*
 * Journal and transmission.
 */
bool
loop_lease_holds(const struct loop *l)
{
	return clock_now_ms() < l->clerk_state.lease_until_ms;
}

static int
open_journal(struct loop *l, struct err *e)
{
	return l->journal != NULL
	    ? 0
	    : journal_open(&l->journal, l->setup->config->journal, l->name,
		  l->setup->config->journal_sync ? JOURNAL_SYNC_TURN
						 : JOURNAL_SYNC_NEVER,
		  e);
}

static void
journal_trouble(struct loop *l, const struct err *e)
{
	if (!l->journal_bad)
		log_event(LOG_LEVEL_ERROR, "journal-away", "error", e->text,
		    NULL);
	l->journal_bad = true;
	l->journal_retry_ms = l->now_ms + JOURNAL_RETRY_MS;
	(void)snprintf(l->trouble, sizeof(l->trouble), "%s", e->text);
}

/* Intents of the messages whose end may leave in this turn. */
static void
commit(struct loop *l)
{
	for (int i = 0; i < connections_count(l->connections); i++) {
		struct connection *k = connections_at(l->connections, i);
		struct smtp_machine *m = smtp_client_machine(k->client);
		struct journal_key key;
		void *tag;

		while (k->dirty && journal_room(l->journal) > 0 &&
		    smtp_machine_commit(m, &tag) == 1) {
			struct flight *f = tag;

			flight_key(f, &key);
			f->file = journal_intent(l->journal, &key);
			f->intended = true;
		}
	}
}

/* What is on record may leave: 0, or -1 while nothing may. */
static int
write_journal(struct loop *l)
{
	struct err e;

	if (l->journal_bad && l->now_ms < l->journal_retry_ms)
		return -1;
	if (open_journal(l, &e) == -1) {
		journal_trouble(l, &e);
		return -1;
	}
	if (!l->journal_bad && loop_lease_holds(l))
		commit(l);
	if (journal_flush(l->journal, &e) == -1) {
		journal_trouble(l, &e);
		return -1;
	}
	if (l->journal_bad) {
		log_event(LOG_LEVEL_INFO, "journal-back", NULL);
		l->journal_bad = false;
		l->trouble[0] = '\0';
	}
	return loop_lease_holds(l) ? 0 : -1;
}

static void
transmit(struct loop *l)
{
	for (int i = connections_count(l->connections); i-- > 0;) {
		struct connection *k = connections_at(l->connections, i);
		struct err e;

		if (k->failed) {
			(void)err_set(&e, ERR_TEMP,
			    "The lease of the messages was lost");
			end_connection(l, k, &e);
			continue;
		}
		if (!k->dirty)
			continue;
		k->dirty = false;
		if (smtp_client_transmit(k->client, &e) == -1)
			/* Its last words, and its end. */
			receive_events(l, k, EPOLLHUP);
		else
			connections_watch(l->connections, k);
	}
}

/*
 * The clerk.
 */
static void
take_recorded(struct loop *l)
{
	struct batch *b = l->clerk_state.recorded;

	if (b == NULL)
		return;
	for (int i = 0; i < b->n; i++)
		if (b->outcomes[i].journaled)
			journal_settled(l->journal, b->outcomes[i].file);
	if (b->nbrakes > 0)
		l->braking = l->batch->nbrakes > 0;
	batch_clear(b);
}

static void
hand_over(struct loop *l)
{
	struct batch *b = l->batch;

	if (batch_is_empty(b)) {
		l->batch_since_ms = l->now_ms;
		return;
	}
	if (!l->clerk_state.is_free ||
	    (b->n < HAND_OVER_MIN && b->nbrakes == 0 && l->stop_by_ms == 0 &&
		l->now_ms - l->batch_since_ms < HAND_OVER_MS))
		return;
	l->batch = b == &l->batches[0] ? &l->batches[1] : &l->batches[0];
	l->batch_since_ms = l->now_ms;
	l->clerk_state.is_free = false;
	clerk_hand(l->clerk, b);
}

/* Twice what can be in flight, so that the next lease is there in time. */
static void
want_work(struct loop *l)
{
	int rows = 0, chunk = l->setup->config->chunk_size, chunks;

	for (const struct work *w = l->works; w != NULL; w = w->next_work)
		rows += w->given_up ? 0 : w->n - w->next;
	chunks = (l->flights.n * 2 + chunk - 1) / chunk;
	if (chunks > LEASE_CHUNKS_MAX)
		chunks = LEASE_CHUNKS_MAX;
	if (l->stop_by_ms != 0 || l->journal_bad || l->braking ||
	    l->away_until_ms > l->now_ms || l->nworks + chunks > WORKS_MAX ||
	    rows > l->flights.n)
		chunks = 0;
	clerk_want(l->clerk, chunks);
}

static void
tell(struct loop *l)
{
	struct clerk_news news = {
		.connections = connections_count(l->connections),
		.in_flight = l->flights.used,
		.accepted = atomic_load(&l->accepted),
		.relay_size = l->relay_size,
	};

	if (l->now_ms - l->told_ms < TELL_MS)
		return;
	l->told_ms = l->now_ms;
	memcpy(news.relay, l->trouble, sizeof(news.relay));
	clerk_tell(l->clerk, &news);
	pace_set_share(l->pace, l->clerk_state.workers);
	if (l->now_ms - l->paced_ms >= PACE_MS && pace_is_changed(l->pace)) {
		l->paced_ms = l->now_ms;
		pace_store_take(l->pace, l->now_ms, l->batch);
	}
}

/*
 * Turns.
 */
static int
turn_ms(const struct loop *l)
{
	int64_t until = l->now_ms + TURN_MAX_MS;

	if (!batch_is_empty(l->batch) &&
	    l->batch_since_ms + HAND_OVER_MS < until)
		until = l->batch_since_ms + HAND_OVER_MS;
	if (l->wait_until_ms > l->now_ms && l->wait_until_ms < until)
		until = l->wait_until_ms;
	if (l->away_until_ms > l->now_ms && l->away_until_ms < until)
		until = l->away_until_ms;
	if (l->nparked > 0 && l->parked_next_ms < until)
		until = l->parked_next_ms;
	return until > l->now_ms ? (int)(until - l->now_ms) : 1;
}

static void
dispatch(struct loop *l, const struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++) {
		void *tag = events[i].data.ptr;

		if (tag == l->connections)
			take_opened(l);
		else if (tag == l->clerk)
			clerk_fd_clear(l->clerk);
		else if (tag != l)
			receive_events(l, tag, events[i].events);
	}
}

static void
turn(struct loop *l)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(l->epoll_fd, events, EVENTS, turn_ms(l));

	l->now_ms = clock_now_ms();
	dispatch(l, events, n > 0 ? n : 0);
	clerk_look(l->clerk, &l->clerk_state);
	l->probe_wanted |= l->clerk_state.wants_probe;
	take_recorded(l);
	loop_take_works(l);
	open_more(l);
	loop_fill(l);
	check_connections(l);
	if (write_journal(l) == 0)
		transmit(l);
	loop_close_works(l);
	tell(l);
	hand_over(l);
	want_work(l);
}

static bool
stop_wanted(const struct loop *l)
{
	struct pollfd p = { .fd = l->setup->stop_fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Nothing is under way and nothing is due. */
static bool
is_through(const struct loop *l)
{
	return l->nworks == 0 && batch_is_empty(l->batch) &&
	    l->clerk_state.is_free && l->flights.used == 0 &&
	    (l->stop_by_ms != 0 || l->clerk_state.is_idle);
}

static void
begin_to_stop(struct loop *l)
{
	l->stop_by_ms = clock_now_ms() + STOP_MS;
	loop_give_up(l, 0);
	(void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, l->setup->stop_fd, NULL);
}

/* What has no answer by now is uncertain. */
static void
give_up_waiting(struct loop *l)
{
	struct err e;

	set_late(l, &e);
	while (connections_count(l->connections) > 0)
		end_connection(l, connections_at(l->connections, 0), &e);
	for (int64_t until = clock_now_ms() + LAST_BATCH_MS;
	     !is_through(l) && clock_now_ms() < until;)
		turn(l);
}

/* The journal stays where only it knows what was not sent. */
static void
end_journal(struct loop *l, bool all_done)
{
	if (l->journal == NULL)
		return;
	if (all_done)
		journal_close(l->journal);
	else
		journal_leave(l->journal);
	l->journal = NULL;
}

void
loop_run(struct loop *l)
{
	watch_fd(l, clerk_fd(l->clerk), l->clerk);
	watch_fd(l, l->setup->stop_fd, l);
	l->now_ms = clock_now_ms();
	/* A turn begins by waiting for what was asked for at the last one's
	 * end. */
	want_work(l);
	for (;;) {
		if (l->stop_by_ms == 0 && stop_wanted(l))
			begin_to_stop(l);
		if ((l->stop_by_ms != 0 || l->setup->once) && is_through(l))
			break;
		if (l->stop_by_ms != 0 && clock_now_ms() > l->stop_by_ms) {
			give_up_waiting(l);
			break;
		}
		turn(l);
	}
	/* Time for a goodbye, if the relay answers, and for what a turn may
	 * still have put on its way into the ledger: the pace. */
	for (int64_t until = clock_now_ms() + IDLE_MS;
	     (connections_count(l->connections) > 0 || !is_through(l)) &&
	     clock_now_ms() < until;) {
		if (l->stop_by_ms == 0)
			begin_to_stop(l);
		turn(l);
	}
	end_journal(l, clerk_join(l->clerk, is_through(l)));
}
