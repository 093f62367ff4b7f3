#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/send/batch.h"

static struct batch batch;

static int
begin(void **state)
{
	(void)state;
	batch_init(&batch);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	batch_done(&batch);
	return 0;
}

/* Replies come and go in the buffer of their connection. */
static void
texts_outlive_the_reply_they_came_from(void **state)
{
	char status[] = "4.2.2", text[] = "Mailbox full";
	const struct journal_key key = { .mailing = 7, .seq = 3, .attempt = 1 };
	const struct journal_result r = { .result = "deferred",
		.stage = "rcpt",
		.code = 452,
		.status = status,
		.text = text };
	const struct outcome *o;

	(void)state;
	assert_true(batch_is_empty(&batch));
	o = batch_add(&batch, &key, &r);
	memset(status, 'x', sizeof(status) - 1);
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(o->key.seq, 3);
	assert_string_equal(o->result.status, "4.2.2");
	assert_string_equal(o->result.text, "Mailbox full");
	assert_int_equal(o->dead, 0);
	assert_false(o->journaled);
	assert_false(batch_is_empty(&batch));
	batch_clear(&batch);
	assert_true(batch_is_empty(&batch));
}

/* A window full of refusals is one reason to stop, the first. */
static void
brakes_count_once_for_each_mailing(void **state)
{
	char reason[16];

	(void)state;
	for (int i = 0; i < 3 * BATCH_BRAKES; i++) {
		const struct brake b = { .mailing = i / 2, .reason = reason };

		(void)snprintf(reason, sizeof(reason), "reason %d", i);
		batch_brake(&batch, &b);
	}
	assert_int_equal(batch.nbrakes, BATCH_BRAKES);
	for (int i = 0; i < BATCH_BRAKES; i++) {
		(void)snprintf(reason, sizeof(reason), "reason %d", 2 * i);
		assert_int_equal(batch.brakes[i].mailing, i);
		assert_string_equal(batch.brakes[i].reason, reason);
	}
}

/* Each alone is worth a transaction. */
static void
whatever_it_holds_it_is_not_empty(void **state)
{
	(void)state;
	batch.resume = "connect";
	assert_false(batch_is_empty(&batch));
	batch_clear(&batch);
	batch.has_pace = true; /* that every destination is well again */
	assert_false(batch_is_empty(&batch));
	batch_clear(&batch);
	batch.works[batch.nworks++] = calloc(1, sizeof(struct work));
	assert_false(batch_is_empty(&batch));
	batch_clear(&batch);
	assert_true(batch_is_empty(&batch));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts_outlive_the_reply_they_came_from),
		TEST(brakes_count_once_for_each_mailing),
		TEST(whatever_it_holds_it_is_not_empty),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
