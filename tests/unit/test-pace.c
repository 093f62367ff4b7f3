#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pace_steps.h"

static void
buckets_give_what_they_promise(void **state)
{
	static const struct {
		double rate;
		int burst;
		int step_ms; /* asked so often */
		int at_once; /* after a silence */
		int in_10_s; /* after that */
	} tests[] = {
		{ 1, 1, 1, 1, 10 },
		{ 1, 5, 1, 5, 10 },
		{ 0.1, 3, 7, 3, 1 },
		{ 3, 1, 1, 1, 30 },
		{ 50, 10, 1, 10, 500 },
		{ 50, 10, 90, 10, 500 },
		/* what a turn of the loop takes, whatever the burst */
		{ 1000, 1, 1, 11, 10000 },
		{ 1000, 1, 10, 11, 10000 },
		{ 40000, 1, 1, 401, 400000 },
		{ 40000, 1000, 20, 1000, 400000 },
	};
	static const int64_t starts[] = { 0, 1, 123456789, YEAR, 30 * YEAR };

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]);
		     s++) {
			struct pace_config c = defaults;
			int64_t now = starts[s];
			struct pace *p;
			int n;

			c.rate = tests[i].rate;
			c.burst = tests[i].burst;
			p = pace_new(&c);
			n = burst_at(p, -1, now);
			assert_int_equal(n, tests[i].at_once);
			for (n = 0; now < starts[s] + 10000;) {
				now += tests[i].step_ms;
				n += burst_at(p, -1, now);
			}
			assert_in_range(n, tests[i].in_10_s - 1,
			    tests[i].in_10_s + 1 +
				(int)(tests[i].rate * tests[i].step_ms / 1000));
			/* Silence saves no more than the burst; a clock that
			 * jumps back gives nothing and breaks nothing. */
			assert_int_equal(burst_at(p, -1, now + YEAR),
			    tests[i].at_once);
			assert_int_equal(burst_at(p, -1, now + 1), 0);
			assert_int_equal(burst_at(p, -1, now + 2 * YEAR),
			    tests[i].at_once);
			pace_free(p);
		}
}

static void
the_time_to_ask_again_is_right(void **state)
{
	struct pace_config c = defaults;
	int64_t now = 5, at;
	struct pace *p;
	bool whole;
	int d;

	(void)state;
	c.rate = 3;
	p = pace_new(&c);
	assert_int_equal(pace_ask(p, -1, now, &whole), 0);
	at = pace_ask(p, -1, now, &whole);
	assert_true(whole);
	assert_in_range(at, now + 323, now + 324);
	assert_true(pace_ask(p, -1, at - 1, &whole) == at);
	assert_int_equal(pace_ask(p, -1, at, &whole), 0);
	pace_free(p);

	c.rate = 0;
	c.domain_rate = 3;
	p = pace_new(&c);
	d = pace_domain(p, "a.example");
	ended(p, d, PACE_SUCCESS, now);
	at = pace_ask(p, d, now, &whole);
	assert_false(whole);
	assert_in_range(at, now + 323, now + 324);
	/* Nobody else waits for it. */
	ended(p, pace_domain(p, "b.example"), PACE_SUCCESS, now);
	d = pace_domain(p, "a.example");
	assert_true(pace_ask(p, d, at - 1, &whole) == at);
	assert_int_equal(pace_ask(p, d, at, &whole), 0);
	pace_free(p);
}

/* Refused by one bucket, a message takes nothing from the other. */
static void
refused_messages_cost_nothing(void **state)
{
	struct pace_config c = defaults;
	struct pace *p;
	bool whole;

	(void)state;
	c.rate = 10;
	c.domain_rate = 1;
	c.burst = 4;
	p = pace_new(&c);
	assert_int_equal(burst_at(p, pace_domain(p, "a.example"), 0), 4);
	for (int i = 0; i < 50; i++)
		assert_true(
		    pace_ask(p, i % 2 == 0 ? -1 : pace_domain(p, "b.example"),
			0, &whole) > 0);
	assert_true(whole);
	assert_int_equal(burst_at(p, pace_domain(p, "a.example"), 350), 0);
	assert_int_equal(burst_at(p, pace_domain(p, "b.example"), 350), 3);
	pace_free(p);
}

static void
shares_add_up(void **state)
{
	struct pace_config c = defaults;

	(void)state;
	c.rate = 100;
	c.burst = 8;
	for (int workers = 1; workers <= 16; workers *= 2) {
		int sum = 0;

		for (int w = 0; w < workers; w++) {
			struct pace *p = pace_new(&c);

			pace_set_share(p, workers);
			for (int64_t now = 0; now < 60000; now++)
				sum += burst_at(p, -1, now);
			pace_set_share(p, 0); /* one is there at least */
			pace_free(p);
		}
		assert_in_range(sum, 6000, 6000 + 2 * workers + 8);
	}
}

static void
destinations_are_shared_too(void **state)
{
	static const int parts[][2] = { { 1, 20 }, { 2, 10 }, { 3, 6 },
		{ 20, 1 }, { 50, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct pace *p = pace_new(&defaults);
		int d = pace_domain(p, "a.example"), most = 0;
		bool whole;

		pace_set_share(p, parts[i][0]);
		for (int turn = 0; turn < 100; turn++) {
			int n = 0;

			while (pace_ask(p, d, turn, &whole) == 0)
				n++;
			most = n > most ? n : most;
			while (n-- > 0)
				pace_feedback(p, d, PACE_SUCCESS, turn);
		}
		assert_int_equal(most, parts[i][1]);
		/* The others stop: it may go faster. */
		pace_set_share(p, 1);
		assert_in_range(width(p, d, 200), most == 1 ? 2 : most, 20);
		pace_free(p);
	}
}

static void
everybody_gets_the_same_part(void **state)
{
	struct pace_config c = defaults;
	int got[7] = { 0 };
	struct pace *p;
	bool whole;

	(void)state;
	c.rate = 100;
	p = pace_new(&c);
	/* Who is served goes to the end of the line, as in a worker. */
	for (int64_t now = 0, next = 0; now < 70000; now++) {
		char name[] = "a.example";

		name[0] = (char)('a' + next);
		int d = pace_domain(p, name);
		if (pace_ask(p, d, now, &whole) != 0)
			continue;
		pace_feedback(p, d, PACE_SUCCESS, now);
		got[next]++;
		next = (next + 1) % 7;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(got[i], 999, 1001);
	pace_free(p);
}

static void
relays_get_more_connections_by_success(void **state)
{
	static const struct {
		int max, start, messages; /* until max */
	} tests[] = { { 1, 1, 0 }, { 2, 2, 0 }, { 4, 2, 5 }, { 10, 2, 44 },
		{ 20, 2, 189 } };

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct pace_config c = defaults;
		struct pace *p;
		int n = 0, last;

		c.connections = tests[i].max;
		p = pace_new(&c);
		assert_int_equal(pace_connections(p), tests[i].start);
		for (; pace_connections(p) < tests[i].max; n++)
			pace_relay_feedback(p, PACE_SUCCESS, 0);
		assert_int_equal(n, tests[i].messages);
		for (n = 0; n < 1000; n++)
			pace_relay_feedback(p, PACE_SUCCESS, 0);
		assert_int_equal(pace_connections(p), tests[i].max);
		/* One failure takes one away at once, N more the next. */
		last = tests[i].max;
		for (n = 0; n < 1000; n++) {
			pace_relay_feedback(p, PACE_SLOWER, n);
			pace_relay_feedback(p, PACE_NEUTRAL, n);
			if (n == 0 && tests[i].max > 1)
				assert_int_equal(pace_connections(p),
				    tests[i].max - 1);
			assert_in_range(pace_connections(p),
			    last > 1 ? last - 1 : 1, last);
			last = pace_connections(p);
		}
		assert_int_equal(last, 1);
		pace_free(p);
	}
}

static void
failed_connections_wait_longer_and_longer(void **state)
{
	struct pace *p = pace_new(&defaults);
	static const int64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000,
		64000, 128000, 256000, 300000, 300000, 300000 };
	int64_t now = 77;

	(void)state;
	/* Two at once; that both fail is one failure. */
	assert_int_equal(pace_ask_connection(p, 0, now), 0);
	assert_int_equal(pace_ask_connection(p, 1, now), 0);
	assert_true(pace_ask_connection(p, 2, now) == PACE_LATER);
	pace_connected(p, false, now);
	pace_connected(p, false, now + 10);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		int64_t at = pace_ask_connection(p, 0, now);

		assert_true(at == now + waits[i]);
		assert_true(pace_ask_connection(p, 0, at - 1) == at);
		assert_int_equal(pace_ask_connection(p, 0, at), 0);
		/* One at a time, even if more were allowed. */
		assert_true(pace_ask_connection(p, 0, at) == PACE_LATER);
		now = at;
		pace_connected(p, false, now);
	}
	/* A connection is not enough, a message is. */
	now += 5 * MINUTE;
	assert_int_equal(pace_ask_connection(p, 0, now), 0);
	pace_connected(p, true, now);
	pace_relay_feedback(p, PACE_SLOWER, now);
	assert_true(pace_ask_connection(p, 0, now) == now + 5 * MINUTE);
	now += 5 * MINUTE;
	assert_int_equal(pace_ask_connection(p, 0, now), 0);
	pace_connected(p, true, now);
	pace_relay_feedback(p, PACE_SUCCESS, now);
	assert_int_equal(pace_connections(p), 2);
	assert_int_equal(pace_ask_connection(p, 1, now), 0);
	pace_connected(p, false, now);
	assert_true(pace_ask_connection(p, 0, now) == now + 1000);
	pace_free(p);
}

/* A relay that allows five is asked for a sixth less and less often. */
static void
limits_of_the_relay_are_found(void **state)
{
	struct pace *p = pace_new(&defaults);
	int open = 0, refused = 0;

	(void)state;
	for (int64_t now = 0; now < 60 * MINUTE; now += 10) {
		if (pace_ask_connection(p, open, now) == 0) {
			pace_connected(p, open < 5, now);
			if (open < 5)
				open++;
			else
				refused++;
		}
		for (int i = 0; i < open; i++)
			pace_relay_feedback(p, PACE_SUCCESS, now);
	}
	assert_int_equal(open, 5);
	assert_in_range(refused, 9, 25);
	pace_free(p);
}

static void
relays_that_want_a_rest_get_it(void **state)
{
	struct pace *p = pace_new(&defaults);
	bool whole;

	(void)state;
	for (int i = 0; i < 100; i++)
		pace_relay_feedback(p, PACE_SUCCESS, 0);
	pace_relay_feedback(p, PACE_COOL, 1000);
	assert_int_equal(pace_connections(p), 1);
	assert_true(pace_ask(p, -1, 1000, &whole) == 1000 + 10 * MINUTE);
	assert_true(whole);
	assert_true(pace_ask_connection(p, 0, 2000) == 1000 + 10 * MINUTE);
	assert_int_equal(pace_ask(p, -1, 1000 + 10 * MINUTE, &whole), 0);
	assert_int_equal(pace_ask_connection(p, 0, 1000 + 10 * MINUTE), 0);
	pace_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_give_what_they_promise),
		cmocka_unit_test(the_time_to_ask_again_is_right),
		cmocka_unit_test(refused_messages_cost_nothing),
		cmocka_unit_test(shares_add_up),
		cmocka_unit_test(destinations_are_shared_too),
		cmocka_unit_test(everybody_gets_the_same_part),
		cmocka_unit_test(relays_get_more_connections_by_success),
		cmocka_unit_test(failed_connections_wait_longer_and_longer),
		cmocka_unit_test(limits_of_the_relay_are_found),
		cmocka_unit_test(relays_that_want_a_rest_get_it),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
