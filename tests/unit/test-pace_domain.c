#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pace_steps.h"

static void
destinations_grow_as_far_as_they_are_used(void **state)
{
	struct pace *p = pace_new(&defaults);
	int d = pace_domain(p, "a.example"), n = 0;
	bool whole;

	(void)state;
	/* One at a time never needs more than the first two. */
	for (int i = 0; i < 1000; i++)
		ended(p, d, PACE_SUCCESS, i);
	assert_int_equal(width(p, d, 0), 2);
	/* All it may have: 2 + 3 + ... + 19 messages to twenty. */
	for (int used = 1; used < 20;) {
		int i;

		for (i = 0; pace_ask(p, d, 0, &whole) == 0; i++)
			;
		assert_true(pace_ask(p, d, 0, &whole) == PACE_LATER);
		assert_false(whole);
		assert_int_equal(i, used + 1);
		for (used = i; i > 0; i--, n++)
			pace_feedback(p, d, PACE_SUCCESS, 0);
	}
	assert_int_equal(n, 2 + (3 + 20) * 18 / 2);
	for (int i = 0; i < 1000; i++)
		ended(p, d, PACE_SUCCESS, i);
	assert_int_equal(width(p, d, 0), 20);
	/* What fails takes one away at once. */
	ended(p, d, PACE_SLOWER, 0);
	assert_int_equal(width(p, d, 0), 19);
	ended(p, d, PACE_NEUTRAL, 0);
	assert_int_equal(width(p, d, 0), 19);
	/* Somebody else knows nothing of it, capitals are no difference. */
	assert_int_equal(width(p, pace_domain(p, "b.example"), 0), 2);
	assert_int_equal(width(p, pace_domain(p, "A.eXaMPLE"), 0), 19);
	pace_free(p);
}

static void
failing_destinations_rest_and_are_probed(void **state)
{
	static const int wants[] = { 0, 2, 2, 3 };
	struct pace_config c = defaults;

	(void)state;
	for (c.cohorts = 1; c.cohorts <= 3; c.cohorts++) {
		struct pace *p = pace_new(&c);
		int d = pace_domain(p, "a.example"), failures = 0;
		int64_t now = 9, at;
		bool whole;

		while ((at = pace_ask(p, d, now, &whole)) == 0) {
			pace_feedback(p, d, PACE_SLOWER, now);
			failures++;
		}
		assert_int_equal(failures, wants[c.cohorts]);
		assert_false(whole);
		assert_true(at == now + 10 * MINUTE);
		ended(p, pace_domain(p, "b.example"), PACE_SUCCESS, now);
		d = pace_domain(p, "a.example");
		/* One probe; it fails, then another one that does not. */
		for (int i = 0; i < 3; i++) {
			assert_true(pace_ask(p, d, at - 1, &whole) == at);
			assert_int_equal(pace_ask(p, d, at, &whole), 0);
			assert_true(pace_ask(p, d, at, &whole) == PACE_LATER);
			now = at + 5000;
			pace_feedback(p, d, PACE_SLOWER, now);
			at = pace_ask(p, d, now, &whole);
			assert_true(at == now + 10 * MINUTE);
		}
		assert_int_equal(pace_ask(p, d, at, &whole), 0);
		pace_feedback(p, d, PACE_SUCCESS, at);
		assert_int_equal(width(p, d, at), 2);
		/* And a full set of failures before the next rest. */
		for (int i = 0; i < failures; i++)
			ended(p, d, PACE_SLOWER, at);
		assert_true(pace_ask(p, d, at, &whole) > at);
		pace_free(p);
	}
}

static void
who_asks_for_a_rest_gets_it_at_once(void **state)
{
	static const enum pace_feedback late[] = { PACE_SUCCESS, PACE_NEUTRAL,
		PACE_SLOWER };
	const int64_t end = 500 + 10 * MINUTE;

	(void)state;
	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		struct pace *p = pace_new(&defaults);
		int d = pace_domain(p, "a.example");
		bool whole;

		/* Three in flight, of which two say nothing about it. */
		for (int n = 0; n < 2; n++)
			assert_int_equal(pace_ask(p, d, 0, &whole), 0);
		for (int n = 0; n < 2; n++)
			pace_feedback(p, d, PACE_SUCCESS, 0);
		for (int n = 0; n < 3; n++)
			assert_int_equal(pace_ask(p, d, 0, &whole), 0);
		pace_feedback(p, d, PACE_COOL, 500);
		pace_feedback(p, d, late[i], 600);
		assert_true(pace_ask(p, d, 600, &whole) == end);
		/* The last one comes so late that it is the probe. */
		assert_true(pace_ask(p, d, end, &whole) == PACE_LATER);
		pace_feedback(p, d, late[i], end);
		if (late[i] == PACE_SLOWER)
			assert_true(
			    pace_ask(p, d, end, &whole) == end + 10 * MINUTE);
		else
			assert_int_equal(width(p, d, end),
			    late[i] == PACE_SUCCESS ? 2 : 1);
		pace_free(p);
	}
}

static void
without_a_limit_only_failures_set_one(void **state)
{
	struct pace_config c = defaults;
	struct pace *p;
	bool whole;
	int d;

	(void)state;
	c.domain_concurrency = 0;
	p = pace_new(&c);
	d = pace_domain(p, "a.example");
	assert_int_equal(width(p, d, 0), 65536);
	for (int i = 0; i < 40; i++)
		assert_int_equal(pace_ask(p, d, 0, &whole), 0);
	pace_feedback(p, d, PACE_SLOWER, 0);
	/* 39 of the 40 are still there. */
	assert_true(pace_ask(p, d, 0, &whole) == PACE_LATER);
	pace_feedback(p, d, PACE_SUCCESS, 0);
	assert_int_equal(pace_ask(p, d, 0, &whole), 0);
	assert_int_equal(pace_ask(p, d, 0, &whole), 0);
	for (int i = 0; i < 40; i++)
		pace_feedback(p, d, PACE_SUCCESS, 0);
	assert_int_equal(width(p, d, 0), 80);
	for (int i = 0; i < 65536; i++)
		ended(p, d, PACE_SUCCESS, 0);
	assert_int_equal(width(p, d, 0), 65536);
	pace_free(p);
}

static void
the_idle_make_room(void **state)
{
	struct pace_config c = defaults;
	struct pace *p;
	char name[300];
	bool whole;

	(void)state;
	c.domain_concurrency = 1;
	p = pace_new(&c);
	/* First and second have a message in flight, the third is asked for
	 * now and then, the fourth is forgotten: its rest with it. */
	int first = pace_domain(p, "first.example");
	assert_int_equal(pace_ask(p, first, 0, &whole), 0);
	int second = pace_domain(p, "second.example");
	assert_int_equal(pace_ask(p, second, 0, &whole), 0);
	int third = pace_domain(p, "third.example");
	ended(p, third, PACE_COOL, 0);
	int fourth = pace_domain(p, "fourth.example");
	ended(p, fourth, PACE_COOL, 0);
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(name, sizeof(name), "d%d.example", i);
		int d = pace_domain(p, name);
		assert_true(d != first && d != second && d != third);
		assert_int_equal(pace_domain(p, name), d);
		assert_int_equal(pace_ask(p, d, 0, &whole), 0);
		pace_feedback(p, d, PACE_SUCCESS, 0);
		if (i % 8000 == 0)
			assert_int_equal(pace_domain(p, "third.example"),
			    third);
	}
	assert_int_equal(pace_domain(p, "first.example"), first);
	assert_true(pace_ask(p, first, 0, &whole) == PACE_LATER);
	assert_true(pace_ask(p, third, 0, &whole) == 10 * MINUTE);
	fourth = pace_domain(p, "fourth.example");
	assert_int_equal(pace_ask(p, fourth, 0, &whole), 0);
	pace_feedback(p, fourth, PACE_NEUTRAL, 0);
	pace_feedback(p, first, PACE_NEUTRAL, 0);
	pace_feedback(p, second, PACE_NEUTRAL, 0);

	/* All of them busy: whoever comes then has no limits of its own. */
	int busy[PACE_DOMAINS_MAX];
	for (int i = 0; i < PACE_DOMAINS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "e%d.example", i);
		busy[i] = pace_domain(p, name);
		assert_int_equal(pace_ask(p, busy[i], 0, &whole), 0);
	}
	assert_int_equal(pace_domain(p, "one.more.example"), -1);
	assert_int_equal(pace_ask(p, -1, 0, &whole), 0);
	pace_feedback(p, -1, PACE_COOL, 0);
	assert_int_equal(pace_domain(p, "e77.example"), busy[77]);
	pace_feedback(p, busy[77], PACE_SUCCESS, 0);
	assert_int_equal(pace_domain(p, "one.more.example"), busy[77]);
	pace_free(p);

	/* The end of a name is what tells who it is. */
	p = pace_new(&c);
	memset(name, 'a', sizeof(name));
	name[254] = '\0';
	int d = pace_domain(p, name);
	assert_int_equal(pace_domain(p, name + 191), d);
	assert_int_not_equal(pace_domain(p, name + 192), d);
	name[0] = 'b';
	assert_int_equal(pace_domain(p, name), d);
	name[253] = 'b';
	assert_int_not_equal(pace_domain(p, name), d);
	assert_true(pace_domain(p, "") >= 0);
	pace_free(p);
}

/*
 * Across a restart
 */
struct kept {
	struct pace_state states[16];
	char names[16][64];
	int n;
};

static void
keep(void *arg, const struct pace_state *state)
{
	struct kept *k = arg;

	assert_in_range(k->n, 0, 15);
	k->states[k->n] = *state;
	(void)snprintf(k->names[k->n], sizeof(k->names[0]), "%s",
	    state->domain);
	k->states[k->n].domain = k->names[k->n];
	k->n++;
}

static void
what_is_not_well_survives_a_restart(void **state)
{
	struct pace *p = pace_new(&defaults), *q = pace_new(&defaults);
	struct kept k = { .n = 0 }, again = { .n = 0 };
	const int64_t now = 1000, later = 77777;
	bool whole;

	(void)state;
	assert_false(pace_is_changed(p));
	ended(p, pace_domain(p, "well.example"), PACE_SUCCESS, now);
	ended(p, pace_domain(p, "odd.example"), PACE_NEUTRAL, now);
	pace_relay_feedback(p, PACE_SUCCESS, now);
	assert_false(pace_is_changed(p));
	pace_each(p, now, keep, &k);
	assert_int_equal(k.n, 0);

	ended(p, pace_domain(p, "cool.example"), PACE_COOL, now);
	assert_true(pace_is_changed(p));
	for (int i = 0; i < 20; i++)
		ended(p, pace_domain(p, "slow.example"), PACE_SUCCESS, now);
	ended(p, pace_domain(p, "slow.example"), PACE_SLOWER, now);
	for (int i = 0; i < 30; i++)
		pace_relay_feedback(p, PACE_SUCCESS, now);
	for (int i = 0; i < 3; i++)
		pace_relay_feedback(p, PACE_SLOWER, now + 5000 * i);
	pace_each(p, now + 2 * MINUTE, keep, &k);
	assert_false(pace_is_changed(p));
	assert_int_equal(k.n, 3);
	assert_string_equal(k.names[0], "");
	assert_int_equal(k.states[0].failures, 3);
	assert_string_equal(k.names[1], "cool.example");
	assert_true(k.states[1].cool_for_ms == 8 * MINUTE);
	assert_string_equal(k.names[2], "slow.example");
	assert_int_equal(k.states[2].failures, 1);

	for (int i = 0; i < k.n; i++)
		pace_restore(q, &k.states[i], later);
	assert_false(pace_is_changed(q));
	assert_int_equal(pace_connections(q), pace_connections(p));
	assert_true(pace_ask(q, pace_domain(q, "cool.example"), later,
			&whole) == later + 8 * MINUTE);
	assert_int_equal(width(q, pace_domain(q, "slow.example"), later),
	    width(p, pace_domain(p, "slow.example"), now));
	/* The fourth failure in a row waits eight seconds. */
	assert_int_equal(pace_ask_connection(q, 0, later), 0);
	pace_connected(q, false, later);
	assert_true(pace_ask_connection(q, 0, later) == later + 8000);
	pace_free(q);
	q = pace_new(&defaults);
	for (int i = 0; i < k.n; i++)
		pace_restore(q, &k.states[i], later);
	pace_each(q, later, keep, &again);
	assert_int_equal(again.n, k.n);
	for (int i = 0; i < k.n; i++) {
		assert_string_equal(again.names[i], k.names[i]);
		assert_true(
		    again.states[i].concurrency == k.states[i].concurrency);
		assert_true(
		    again.states[i].cool_for_ms == k.states[i].cool_for_ms);
		assert_int_equal(again.states[i].failures,
		    k.states[i].failures);
	}
	/* Whoever is well again is told by not being told. */
	ended(q, pace_domain(q, "slow.example"), PACE_SUCCESS, later);
	assert_true(pace_is_changed(q));
	again.n = 0;
	pace_each(q, later, keep, &again);
	assert_int_equal(again.n, 2);
	pace_free(p);
	pace_free(q);
}

static void
nonsense_from_outside_does_no_harm(void **state)
{
	static const struct pace_state odd[] = {
		{ "a.example", 1e308, INT64_MAX, INT32_MAX },
		{ "a.example", -1e308, INT64_MIN, INT32_MIN },
		{ "a.example", __builtin_nan(""), 0, 0 },
		{ "", 1e308, INT64_MAX, INT32_MAX },
		{ "", __builtin_nan(""), INT64_MIN, INT32_MIN },
	};
	const int64_t day = 24 * 60 * MINUTE;
	bool whole;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct pace *p = pace_new(&defaults);

		pace_restore(p, &odd[i], 100);
		assert_in_range(pace_connections(p), 1, 10);
		int d = pace_domain(p, "a.example");
		assert_int_equal(pace_ask(p, d, 100 + day, &whole), 0);
		pace_feedback(p, d, PACE_SLOWER, 100 + day);
		assert_int_equal(pace_ask_connection(p, 0, 100 + day), 0);
		pace_connected(p, false, 100 + day);
		assert_true(pace_ask_connection(p, 0, 100 + day) <=
		    100 + day + 5 * MINUTE);
		pace_free(p);
	}
}

/*
 * A million random steps
 */
#define NAMES 12000

static void
whatever_happens_the_limits_hold(void **state)
{
	static struct {
		int in_flight, index;
	} names[NAMES];
	static int flying[NAMES * 30];
	struct pace_config c = defaults;
	unsigned int random = 7;
	int n_flying = 0, open = 0, trying = 0;
	int64_t now = 0;
	struct pace *p;

	(void)state;
	c.domain_concurrency = 7;
	c.domain_rate = 20;
	c.burst = 10;
	c.rate = 5000;
	c.cool_down_ms = 3000;
	p = pace_new(&c);
	for (int step = 0; step < 1000000; step++) {
		int what = rand_r(&random) % 16;
		enum pace_feedback f = PACE_SUCCESS;

		if (rand_r(&random) % 4 == 0)
			f = (enum pace_feedback)(rand_r(&random) % 4);
		if (what < 8) {
			/* A few get most of it. */
			int i = rand_r(&random) % NAMES;
			char name[32];
			bool whole;

			i = rand_r(&random) % 2 == 0 ? i : i % 50;
			(void)snprintf(name, sizeof(name), "n%d.example", i);
			int d = pace_domain(p, name);
			if (names[i].in_flight > 0)
				assert_int_equal(d, names[i].index);
			assert_in_range(d, 0, PACE_DOMAINS_MAX - 1);
			int64_t at = pace_ask(p, d, now, &whole);
			if (at == PACE_LATER) {
				assert_true(names[i].in_flight > 0);
				assert_false(whole);
			} else if (at != 0) {
				assert_true(at > now);
				assert_true(at <= now + 3000);
				/* When its time has come, it goes, unless
				 * it has one in flight that must come back
				 * first; a bucket may follow a rest. */
				int64_t then = pace_ask(p, d, at, &whole);
				if (then != 0 && then != PACE_LATER) {
					assert_true(then > at);
					at = then;
					then = pace_ask(p, d, at, &whole);
				}
				assert_true(then == 0 ||
				    (then == PACE_LATER &&
					names[i].in_flight > 0));
				now = at;
				at = then;
			}
			if (at == 0) {
				names[i].in_flight++;
				names[i].index = d;
				flying[n_flying++] = i;
				assert_in_range(names[i].in_flight, 1, 7);
			}
		} else if (what < 14 && n_flying > 0) {
			int k = rand_r(&random) % n_flying;
			int i = flying[k];

			flying[k] = flying[--n_flying];
			names[i].in_flight--;
			pace_feedback(p, names[i].index, f, now);
			if (f != PACE_COOL || rand_r(&random) % 64 == 0)
				pace_relay_feedback(p, f, now);
		} else if (what == 14) {
			int64_t at = pace_ask_connection(p, open + trying, now);

			if (at == 0)
				trying++;
			else
				assert_true(at > now &&
				    (at == PACE_LATER ||
					at <= now + 5 * MINUTE));
			if (at == PACE_LATER)
				assert_true(open + trying > 0);
			assert_in_range(open + trying, 0, 10);
			if (trying > 0 && rand_r(&random) % 2 == 0) {
				bool worked = f == PACE_SUCCESS;

				trying--;
				open += worked;
				pace_connected(p, worked, now);
			}
			if (open > pace_connections(p))
				open--;
		} else
			now += rand_r(&random) % 8;
		assert_in_range(pace_connections(p), 1, 10);
	}
	for (; n_flying > 0; n_flying--)
		pace_feedback(p, names[flying[n_flying - 1]].index,
		    PACE_SUCCESS, now);
	/* Nobody is forgotten for good. */
	now += 5 * MINUTE;
	for (int i = 0; i < NAMES; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "n%d.example", i);
		ended(p, pace_domain(p, name), PACE_SUCCESS, now += 10);
	}
	pace_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destinations_grow_as_far_as_they_are_used),
		cmocka_unit_test(failing_destinations_rest_and_are_probed),
		cmocka_unit_test(who_asks_for_a_rest_gets_it_at_once),
		cmocka_unit_test(without_a_limit_only_failures_set_one),
		cmocka_unit_test(the_idle_make_room),
		cmocka_unit_test(what_is_not_well_survives_a_restart),
		cmocka_unit_test(nonsense_from_outside_does_no_harm),
		cmocka_unit_test(whatever_happens_the_limits_hold),
	};

	return cmocka_run_group_tests_name("pace_domain", tests, NULL, NULL);
}
