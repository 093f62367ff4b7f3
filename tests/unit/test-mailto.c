#include "tests/unit/unit.h"

#include "base/buf.h"
#include "base/mailto.h"

static void
writes(const char *address, const char *subject, const char *body,
    const char *link)
{
	struct buf b;

	buf_init(&b, 1024);
	mailto_write(&b, address, subject, body);
	assert_string_equal(b.data, link);
	buf_done(&b);
}

static void
each_part_may_be_left_out(void **state)
{
	(void)state;
	writes("loket@voorbeeld.example", NULL, NULL,
	    "mailto:loket@voorbeeld.example");
	writes("a+b@voorbeeld.example", "V-101", "",
	    "mailto:a+b@voorbeeld.example?subject=V-101");
	writes(NULL, "één & twee?", "regel\nhttps://a.example/#nl3",
	    "mailto:?subject=%C3%A9%C3%A9n%20%26%20twee%3F&body=regel%0D%0A"
	    "https%3A%2F%2Fa.example%2F%23nl3");
	writes(NULL, NULL, "x", "mailto:?body=x");
}

static void
no_value_becomes_a_field(void **state)
{
	(void)state;
	writes("a?cc=b@c.example", "s&bcc=d", "\r\nBcc: e",
	    "mailto:a%3Fcc%3Db@c.example?subject=s%26bcc%3Dd&body=%0D%0D%0A"
	    "Bcc%3A%20e");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_may_be_left_out),
		cmocka_unit_test(no_value_becomes_a_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
