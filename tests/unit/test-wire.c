#include "tests/unit/unit.h"

#include <string.h>

#include "composer/message/wire.h"

static enum wire_fault
fed(const char *s, size_t n, size_t split, size_t *ret_bytes)
{
	struct wire w;

	wire_init(&w);
	wire_add(&w, s, split);
	wire_add(&w, s + split, n - split);
	*ret_bytes = w.bytes;
	return wire_end(&w);
}

/* Whole, split at every offset, and byte by byte. */
static void
expect(const char *s, size_t n, enum wire_fault fault)
{
	struct wire w;
	size_t bytes;

	for (size_t at = 0; at <= n; at++) {
		assert_int_equal(fed(s, n, at, &bytes), fault);
		assert_int_equal(bytes, n);
	}
	wire_init(&w);
	for (size_t i = 0; i < n; i++)
		wire_add(&w, s + i, 1);
	assert_int_equal(wire_end(&w), fault);
	assert_int_equal(w.bytes, n);
	assert_true(strlen(wire_fault_text(fault)) > 0);
}
#define EXPECT(s, fault) expect((s), sizeof(s) - 1, (fault))

static void
forms(void **state)
{
	(void)state;
	EXPECT("Subject: a\r\n\r\ntext\r\n", WIRE_OK);
	EXPECT("\r\n", WIRE_OK);
	EXPECT("a.\r\n.\r\n", WIRE_DOT);
	EXPECT(".a\r\n", WIRE_DOT);
	EXPECT("a\r\nb", WIRE_UNFINISHED);
	EXPECT("", WIRE_UNFINISHED);
	EXPECT("a\nb\r\n", WIRE_BARE_LF);
	EXPECT("a\r\n\nb\r\n", WIRE_BARE_LF);
	EXPECT("a\rb\r\n", WIRE_BARE_CR);
	EXPECT("a\r\r\n", WIRE_BARE_CR);
	EXPECT("a\r", WIRE_BARE_CR);
	EXPECT("a\0b\r\n", WIRE_NOT_ASCII);
	EXPECT("12345678\xee\x80\x81"
	       "12345678\r\n",
	    WIRE_NOT_ASCII);
}

static void
lengths(void **state)
{
	char line[WIRE_LINE_MAX + 3];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line + WIRE_LINE_MAX, "\r\n", 2);
	expect(line, WIRE_LINE_MAX + 2, WIRE_OK);
	memcpy(line + WIRE_LINE_MAX, "x\r\n", 3);
	expect(line, WIRE_LINE_MAX + 3, WIRE_LONG_LINE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(lengths),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
