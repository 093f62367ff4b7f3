#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/splice.h"
#include "tests/unit/mime_read.h"

static void
slots_survive_packing(void **state)
{
	const struct slot slots[] = { { 0, SLOT_TO }, { 0x01020304, SLOT_UNDO },
		{ 0x01020304, SLOT_MAIL_UNSUBSCRIBE } };
	struct slot *got = NULL;
	struct buf b;
	struct err e;
	size_t n;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(slot_pack(slots, 3, &b), 0);
	assert_int_equal(b.len, 3 * SLOT_PACKED_BYTES);
	assert_memory_equal(b.data + 5, "\x01\x02\x03\x04\x07", 5);
	assert_int_equal(slot_unpack(b.data, b.len, 0x01020304, &got, &n, &e),
	    0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got[i].offset, slots[i].offset);
		assert_int_equal(got[i].kind, slots[i].kind);
	}
	free(got);
	assert_int_equal(slot_unpack("", 0, 0, &got, &n, &e), 0);
	assert_int_equal(n, 0);
	free(got);
	buf_done(&b);
}

static void
damaged_slots_are_refused(void **state)
{
	static const struct {
		const char *packed;
		size_t size;
	} tests[] = {
		{ "\0\0\0\1", 4 },
		{ "\0\0\0\1\0\0", 6 },
		{ "\0\0\0\1\xff", 5 },
		{ "\0\0\0\1\x0c", 5 },
		{ "\0\0\0\x65\0", 5 },
		{ "\xff\xff\xff\xff\0", 5 },
		{ "\0\0\0\2\0\0\0\0\1\0", 10 },
	};
	char *many = calloc(SLOT_MAX + 1, SLOT_PACKED_BYTES);
	struct slot *got;
	struct err e;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		assert_int_equal(slot_unpack(tests[i].packed, tests[i].size,
				     100, &got, &n, &e),
		    -1);
		assert_int_equal(e.kind, ERR_SYS);
	}
	assert_int_equal(slot_unpack(many, (SLOT_MAX + 1) * SLOT_PACKED_BYTES,
			     100, &got, &n, &e),
	    -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(slot_unpack(many, SLOT_MAX * SLOT_PACKED_BYTES, 100,
			     &got, &n, &e),
	    0);
	assert_int_equal(n, SLOT_MAX);
	free(got);
	free(many);
}

static void
placeholders_are_found(void **state)
{
	(void)state;
	for (int k = 0; k < SLOT_KINDS; k++) {
		assert_int_equal(slot_at(slot_placeholder(k)), k);
		assert_true(
		    k == SLOT_TO || strlen(mime_values[k]) == slot_width(k));
	}
	assert_int_equal(slot_at(""), -1);
	assert_int_equal(slot_at("\xee\x80"), -1);
	assert_int_equal(slot_at("\ue00c"), -1);
	assert_int_equal(slot_at("\ue100"), -1);
}

/* "ab" with slots of every kind before, between, behind, and side by side. */
static void
message_make(struct message *m)
{
	message_init(m, 10);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < SLOT_KINDS; k++)
			assert_int_equal(message_add_slot(m, k), 0);
		if (i < 2)
			assert_int_equal(buf_addc(&m->bytes, (char)('a' + i)),
			    0);
	}
}

static void
pieces_make_the_whole(void **state)
{
	struct iovec iov[2 * 3 * SLOT_KINDS + 1];
	char want[4096], got[4096];
	struct message m;
	struct err e;
	size_t n = 0, len = 0;

	(void)state;
	message_make(&m);
	assert_int_equal(message_splice_max(&m), sizeof(iov) / sizeof(*iov));
	assert_int_equal(message_splice(&m, mime_values, iov,
			     message_splice_max(&m) - 1, &n, &e),
	    -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(n, 0);
	assert_int_equal(message_splice(&m, mime_values, iov,
			     message_splice_max(&m), &n, &e),
	    0);
	for (size_t i = 0; i < n; i++) {
		assert_true(iov[i].iov_len > 0);
		memcpy(got + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	assert_int_equal(len, message_splice_size(iov, n));
	assert_int_equal(mime_put_values(&m, want), len);
	assert_memory_equal(got, want, len);
	message_done(&m);
}

static void
values_must_fit(void **state)
{
	static const struct {
		enum slot_kind kind;
		const char *value;
	} tests[] = {
		{ SLOT_TO, NULL },
		{ SLOT_TO, "" },
		{ SLOT_TO, "a b@c.example" },
		{ SLOT_TO, "<a@c.example>" },
		{ SLOT_TO, "a@c.example\r\nBcc: d@e.example" },
		{ SLOT_TO, "a@c.example,b@c.example" },
		{ SLOT_TO, "\xc3\xa9@c.example" },
		{ SLOT_TO, "a\x7f@c.example" },
		{ SLOT_TO, "=?utf-8?Q?a?=@c.example" },
		{ SLOT_DATE, "Thu, 10 Dec 2026 10:00:00 +010" },
		{ SLOT_DATE, "Thu, 10 Dec 2026 10:00:00 +01000" },
		{ SLOT_DATE, "thu, 10 Dec 2026 10:00:00 +0100" },
		{ SLOT_DATE, "Thu,\n10 Dec 2026 10:00:00 +0100" },
		{ SLOT_MESSAGE_ID,
		    "Abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop" },
		{ SLOT_MESSAGE_ID,
		    "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmno" },
		{ SLOT_MESSAGE_ID,
		    "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop2" },
		{ SLOT_UNSUBSCRIBE, "UNSUBSCRIBE-0123456789abcdefghijklmnopq" },
		{ SLOT_UNDO, "UNDO-0123456789abcdefghijklmnopqrstuvwx=" },
		{ SLOT_CONFIRM, "CONFIRM.0123456789abcdefghijklmnopqrstuv" },
		{ SLOT_MAIL_UNSUBSCRIBE, NULL },
	};
	struct iovec iov[2 * 3 * SLOT_KINDS + 1];
	struct message m;
	struct err e;
	size_t n;
	char address[SLOT_TO_MAX + 2];

	(void)state;
	message_make(&m);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const char *values[SLOT_KINDS];

		memcpy(values, mime_values, sizeof(values));
		values[tests[i].kind] = tests[i].value;
		assert_int_equal(message_splice(&m, values, iov,
				     message_splice_max(&m), &n, &e),
		    -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
	memset(address, 'a', sizeof(address));
	address[1] = '@';
	for (size_t len = SLOT_TO_MAX; len <= SLOT_TO_MAX + 1; len++) {
		const char *values[SLOT_KINDS];

		memcpy(values, mime_values, sizeof(values));
		values[SLOT_TO] = address;
		address[len] = '\0';
		assert_int_equal(message_splice(&m, values, iov,
				     message_splice_max(&m), &n, &e),
		    len == SLOT_TO_MAX ? 0 : -1);
		address[len] = 'a';
	}
	message_done(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_survive_packing),
		cmocka_unit_test(damaged_slots_are_refused),
		cmocka_unit_test(placeholders_are_found),
		cmocka_unit_test(pieces_make_the_whole),
		cmocka_unit_test(values_must_fit),
	};

	return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}
