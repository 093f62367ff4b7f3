#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/keys.h"
#include "daemon/send/flight.h"
#include "daemon/send/work.h"

#define FLIGHTS 2
#define RETURN_DOMAIN "terug.voorbeeld.example"

static struct keys *keys;
static struct work work = { .mailing = 7,
	.attempt = 2,
	.dated_at = 1796893200 };

/* A message that says so many times to whom it goes. */
static void
write_message(struct stored_message *m, int times)
{
	message_init(&m->message, 65536);
	for (int i = 0; i < times; i++) {
		assert_int_equal(buf_adds(&m->message.bytes, "To: "), 0);
		assert_int_equal(message_add_slot(&m->message, SLOT_TO), 0);
		assert_int_equal(buf_adds(&m->message.bytes, "\r\n"), 0);
	}
}

static void
seal(struct work_row *row, unsigned char sealed[KEYS_SEALED_MAX],
    const char *address)
{
	row->nsealed = keys_seal(keys, sealed, address);
	row->sealed = sealed;
}

static void
assert_copy(const struct flight *f, const char *to, int times)
{
	char want[65536] = "", got[65536] = "";

	for (int i = 0; i < times; i++) {
		strcat(want, "To: ");
		strcat(want, to);
		strcat(want, "\r\n");
	}
	for (int i = 0; i < f->message.iov_len; i++)
		strncat(got, f->message.iov[i].iov_base,
		    f->message.iov[i].iov_len);
	assert_string_equal(got, want);
	assert_int_equal(f->message.size_bytes, strlen(want));
	assert_string_equal(f->message.to, to);
	assert_ptr_equal(f->message.tag, f);
}

/* Nothing of the one before is left, whichever of them is longer. */
static void
a_flight_that_is_used_again_is_another_one(void **state)
{
	static const struct {
		const char *to;
		int times;
	} tests[] = { { "a.long.name@voorbeeld.example", 3 },
		{ "b@voorbeeld.example", 1 }, { "c@voorbeeld.example", 400 } };
	unsigned char sealed[KEYS_SEALED_MAX];
	struct flights flights;
	char before[PERSONAL_SENDER_MAX] = "";
	struct err e;

	(void)state;
	flights_init(&flights, 1);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct stored_message m = { .id = 1 };
		struct work_row row = { .seq = (int32_t)i + 1,
			.subscriber = (int64_t)i + 1,
			.message = &m };
		struct journal_key key;
		struct flight *f;

		write_message(&m, tests[i].times);
		seal(&row, sealed, tests[i].to);
		f = flight_take(&flights, &work, &row);
		assert_non_null(f);
		assert_false(f->prepared || f->paced || f->intended);
		assert_null(f->connection);
		assert_int_equal(flight_address(f, keys, &e), 0);
		assert_int_equal(flight_prepare(f, keys, RETURN_DOMAIN, &e), 0);
		assert_true(f->prepared);
		assert_copy(f, tests[i].to, tests[i].times);
		assert_string_not_equal(f->message.from, before);
		(void)snprintf(before, sizeof(before), "%s", f->message.from);
		flight_key(f, &key);
		assert_int_equal(key.mailing, 7);
		assert_int_equal(key.seq, i + 1);
		assert_int_equal(key.attempt, 2);
		f->paced = f->intended = true;
		flight_give(&flights, f);
		message_done(&m.message);
	}
	flights_done(&flights);
}

static void
there_are_as_many_as_were_asked_for(void **state)
{
	struct work_row row = { .seq = 1 };
	struct flights flights;
	struct flight *f[FLIGHTS];

	(void)state;
	flights_init(&flights, FLIGHTS);
	for (int i = 0; i < FLIGHTS; i++)
		f[i] = flight_take(&flights, &work, &row);
	assert_ptr_not_equal(f[0], f[1]);
	assert_null(flight_take(&flights, &work, &row));
	assert_int_equal(flights.used, FLIGHTS);
	flight_give(&flights, f[1]);
	assert_ptr_equal(flight_take(&flights, &work, &row), f[1]);
	flights_done(&flights);
}

static void
an_address_that_does_not_open_is_named_nowhere(void **state)
{
	unsigned char sealed[KEYS_SEALED_MAX];
	struct work_row row = { .seq = 1 };
	struct flights flights;
	struct flight *f;
	struct err e;

	(void)state;
	flights_init(&flights, 1);
	seal(&row, sealed, "jansen@voorbeeld.example");
	sealed[row.nsealed - 1] ^= 1;
	f = flight_take(&flights, &work, &row);
	assert_int_equal(flight_address(f, keys, &e), -1);
	assert_null(strstr(e.text, "jansen"));
	flights_done(&flights);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flight_that_is_used_again_is_another_one),
		cmocka_unit_test(there_are_as_many_as_were_asked_for),
		cmocka_unit_test(
		    an_address_that_does_not_open_is_named_nowhere),
	};
	char path[] = "/tmp/test-flight-XXXXXX", file[64];
	struct err e;
	int failed;

	if (mkdtemp(path) == NULL)
		return 1;
	(void)snprintf(file, sizeof(file), "%s/keys", path);
	if (keys_create(file, &e) == -1 || keys_load(&keys, file, &e) == -1)
		return 1;
	failed = cmocka_run_group_tests_name("flight", tests, NULL, NULL);
	keys_free(keys);
	(void)unlink(file);
	(void)rmdir(path);
	return failed;
}
