#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/web/limit.h"
#include "daemon/web/network.h"

static struct network
of(const char *peer, const char *forwarded)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct network n;

	if (inet_pton(AF_INET, peer, &four.sin_addr) == 1)
		network_of(&n, (const struct sockaddr *)&four, forwarded);
	else {
		assert_int_equal(inet_pton(AF_INET6, peer, &six.sin6_addr), 1);
		network_of(&n, (const struct sockaddr *)&six, forwarded);
	}
	return n;
}

static void
addresses_of_one_network_are_one(void **state)
{
	static const struct {
		const char *peer, *forwarded, *same_as;
		bool same;
	} cases[] = {
		{ "192.0.2.1", NULL, "192.0.2.254", true },
		{ "192.0.2.1", NULL, "192.0.3.1", false },
		{ "2001:db8:1:2::1", NULL, "2001:db8:1:ffff::9", true },
		{ "2001:db8:1::1", NULL, "2001:db8:2::1", false },
		{ "::ffff:192.0.2.1", NULL, "192.0.2.9", true },
		{ "127.0.0.1", "192.0.2.1", "192.0.2.9", true },
		{ "127.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.9", true },
		{ "127.0.0.1", "192.0.2.1, 198.51.100.7", "192.0.2.9", false },
		{ "127.0.0.1", "198.51.100.7,\t2001:db8:1::1 ", "2001:db8:1::2",
		    true },
		{ "127.0.0.1", "::ffff:192.0.2.1", "192.0.2.9", true },
		{ "192.0.2.1", "", "192.0.2.9", true },
		{ "192.0.2.1", "unknown", "192.0.2.9", true },
		{ "192.0.2.1", "198.51.100.7, 192.0.2", "192.0.2.9", true },
		{ "192.0.2.1", "1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5",
		    "192.0.2.9", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network a = of(cases[i].peer, cases[i].forwarded);
		struct network b = of(cases[i].same_as, NULL);

		assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, cases[i].same);
	}
}

static void
turns_end_and_come_back_after_an_hour(void **state)
{
	const int64_t hour = 3600 * 1000, start = 1000 * hour;
	struct limit *l = limit_new(3);
	struct network a = of("192.0.2.1", NULL), b = of("192.0.3.1", NULL);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(limit_take(l, &a, start + i), 0);
	assert_int_equal(limit_take(l, &a, start + 10), 3600);
	assert_int_equal(limit_take(l, &a, start + hour - 1), 1);
	assert_int_equal(limit_take(l, &b, start + 10), 0);
	assert_int_equal(limit_take(l, &a, start + hour), 0);
	limit_free(l);
}

static void
nothing_is_limited_by_zero(void **state)
{
	struct limit *l = limit_new(0);
	struct network a = of("192.0.2.1", NULL);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(limit_take(l, &a, 1), 0);
	limit_free(l);
}

/* Many networks do not push out one that has used up its turns. */
static void
who_is_at_the_limit_is_not_forgotten(void **state)
{
	struct limit *l = limit_new(2);
	struct network bad = of("192.0.2.1", NULL);

	(void)state;
	assert_int_equal(limit_take(l, &bad, 1), 0);
	assert_int_equal(limit_take(l, &bad, 1), 0);
	for (unsigned i = 0; i < 8 * LIMIT_NETWORKS; i++) {
		struct network n = { .bytes = { 6, (unsigned char)i,
					 (unsigned char)(i >> 8),
					 (unsigned char)(i >> 16) } };

		assert_int_equal(limit_take(l, &n, 2), 0);
	}
	assert_int_not_equal(limit_take(l, &bad, 3), 0);
	limit_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_one_network_are_one),
		cmocka_unit_test(turns_end_and_come_back_after_an_hour),
		cmocka_unit_test(nothing_is_limited_by_zero),
		cmocka_unit_test(who_is_at_the_limit_is_not_forgotten),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
