/*
 * pace - how fast the relay and each destination may be fed, without any I/O
 *
 * Rates are token buckets.  Concurrency follows the feedback of Postfix's
 * scheduler: N at a time grow or shrink by 1/N with each message, so by one
 * when all N agree; what shrinks takes effect at once, what grows when it is a
 * whole.  A destination that fails as often in a row as pace_config.cohorts
 * times its concurrency rests for a cool-down, and so does one that says PACE_COOL;
 * then one message at a time shows how it is.
 *
 * Times are milliseconds of a clock that only goes forward.
 *
 * Ownership: pace_new() returns for pace_free(), and copies its configuration.
 *   Nothing is allocated by the other calls.
 * Errors: none; a feedback without a message aborts.
 * Limits: PACE_DOMAINS_MAX destinations are remembered, in less than 1 MB; the
 *   one idle for longest makes room.
 * Threads: one.
 * Source: Postfix SCHEDULER_README, "Concurrency scheduling"; the buckets are
 *   the virtual scheduling algorithm of ITU-T I.371, annex A.
 */
#ifndef DAEMON_SEND_PACE_H
#define DAEMON_SEND_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace;

#define PACE_DOMAINS_MAX 8192

/* "Ask again after the next feedback." */
#define PACE_LATER INT64_MAX

struct pace_config {
	double rate;	    /* messages a second to the relay, 0: no limit */
	double domain_rate; /* the same to one destination */
	int burst;	    /* messages at once after a silence, from 1;
			     * what passes in 10 ms at least */
	int connections;    /* most to the relay, from 1 */
	int domain_concurrency; /* most in flight to one destination, 0: no
				 * limit while it is well */
	int cohorts;		/* failures in a row, times the concurrency */
	int64_t cool_down_ms;
};

enum pace_feedback {
	PACE_SUCCESS,
	PACE_NEUTRAL, /* refused for reasons of its own: says nothing */
	PACE_SLOWER,  /* 421, 4.7.x, connection lost */
	PACE_COOL,    /* 4.7.28: not before the cool-down is over */
};

void pace_free(struct pace *p);
struct pace *
pace_new(const struct pace_config *config) __attribute__((returns_nonnull));

/* So many workers share the rates and the concurrency of a destination; each
 * takes its part, but at least one message at a time. */
void pace_set_share(struct pace *p, int workers);

/*
 * The relay.
 */

/* How many connections may be open now. */
int pace_connections(const struct pace *p);

/* May another connection be tried, with so many open or being opened?  0: yes,
 * and it counts as being tried until pace_connected(); otherwise when to ask
 * again, or PACE_LATER.  Failures in a row double the time between tries from
 * 1 s to 5 min; then only one is tried at a time. */
int64_t pace_ask_connection(struct pace *p, int open, int64_t now_ms);
void pace_connected(struct pace *p, bool worked, int64_t now_ms);

/* How a message or a connection of before ended, as far as it says something
 * about the relay. */
void pace_relay_feedback(struct pace *p, enum pace_feedback f, int64_t now_ms);

/*
 * Destinations.
 */

/* The index of a domain (what follows '@', in any case), valid while a message
 * is in flight to it and otherwise until the next call.  -1 when all that are
 * remembered have messages in flight: this one then has no limits. */
int pace_domain(struct pace *p, const char *domain);

/* May a message for this destination go now?  0: yes, and it is in flight until
 * pace_feedback(); otherwise when to ask again, or PACE_LATER.  *ret_whole: it
 * is about the relay, so no other message may go either. */
int64_t pace_ask(struct pace *p, int domain, int64_t now_ms, bool *ret_whole);
void
pace_feedback(struct pace *p, int domain, enum pace_feedback f, int64_t now_ms);

/*
 * What to keep across a restart: the destinations, and the relay as domain "",
 * that are not well.  The others start anew.
 */
struct pace_state {
	const char *domain;
	double concurrency;
	int64_t cool_for_ms; /* from now; 0: none */
	int failures;	     /* in a row */
};

/* Has any of it changed since the last pace_each()? */
bool pace_is_changed(const struct pace *p);
void pace_each(struct pace *p, int64_t now_ms,
    void (*visit)(void *arg, const struct pace_state *state), void *arg);
void
pace_restore(struct pace *p, const struct pace_state *state, int64_t now_ms);

#endif
