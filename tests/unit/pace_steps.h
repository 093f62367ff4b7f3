/*
 * pace_steps - what the tests of the pace share
 */
#ifndef TESTS_UNIT_PACE_STEPS_H
#define TESTS_UNIT_PACE_STEPS_H

#include <stdbool.h>

#include "daemon/send/pace.h"

#define MINUTE ((int64_t)60 * 1000)
#define YEAR ((int64_t)365 * 24 * 60 * MINUTE)

static const struct pace_config defaults = {
	.burst = 1,
	.connections = 10,
	.domain_concurrency = 20,
	.cohorts = 1,
	.cool_down_ms = 10 * MINUTE,
};

/* How many messages may go at that moment, when each ends at once. */
static inline int
burst_at(struct pace *p, int domain, int64_t now)
{
	bool whole;
	int n = 0;

	for (; n < 1000000 && pace_ask(p, domain, now, &whole) == 0; n++)
		pace_feedback(p, domain, PACE_NEUTRAL, now);
	return n;
}

static inline void
ended(struct pace *p, int domain, enum pace_feedback f, int64_t now)
{
	bool whole;

	assert_int_equal(pace_ask(p, domain, now, &whole), 0);
	pace_feedback(p, domain, f, now);
}

/* How many can be in flight at once; none are before and after. */
static inline int
width(struct pace *p, int domain, int64_t now)
{
	bool whole;
	int n = 0;

	while (n < 100000 && pace_ask(p, domain, now, &whole) == 0)
		n++;
	for (int i = 0; i < n; i++)
		pace_feedback(p, domain, PACE_NEUTRAL, now);
	return n;
}

#endif
