#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "daemon/web/ics.h"

static const struct ics party = {
	.uid = "event-7@nieuws.example",
	.stamp = "20261210T090000Z",
	.sequence = "2",
	.starts = "20270114T090000Z",
	.ends = "20270114T153000Z",
	.summary = "Dag",
	.location = "",
	.url = "",
};

static void
an_event_is_written(void **state)
{
	static const char expected[] =
	    "BEGIN:VCALENDAR\r\n"
	    "VERSION:2.0\r\n"
	    "PRODID:-//Tweeluik//Tweeluik//NL\r\n"
	    "BEGIN:VEVENT\r\n"
	    "UID:event-7@nieuws.example\r\n"
	    "DTSTAMP:20261210T090000Z\r\n"
	    "SEQUENCE:2\r\n"
	    "DTSTART;VALUE=DATE:20270114\r\n"
	    "SUMMARY:Dag\r\n"
	    "LOCATION:Zaal 2\\, De Brug\\; a\\\\b\\nc\r\n"
	    "URL:https://voorbeeld.example/a,b;c\r\n"
	    "END:VEVENT\r\n"
	    "END:VCALENDAR\r\n";
	struct ics i = party;
	struct buf b;

	(void)state;
	i.all_day = true;
	i.starts = "20270114";
	i.ends = "";
	i.location = "Zaal 2, De Brug; a\\b\nc\x01\r\x7f";
	i.url = "https://voorbeeld.example/a,b;c";
	buf_init(&b, 4096);
	ics_write(&i, &b);
	assert_string_equal(b.data, expected);
	buf_done(&b);
}

/* The value of SUMMARY, put together again; every line is looked at. */
static void
unfold(const char *data, char *ret)
{
	const char *line = strstr(data, "SUMMARY:"), *end;
	size_t n = 0;

	for (bool first = true; first || *line == ' '; line = end + 2) {
		size_t skip = first ? 8 : 1;

		end = strstr(line, "\r\n");
		assert_true(end - line <= 75);
		assert_int_not_equal((unsigned char)line[skip] & 0xc0, 0x80);
		memcpy(ret + n, line + skip, (size_t)(end - line) - skip);
		n += (size_t)(end - line) - skip;
		first = false;
	}
	ret[n] = '\0';
}

/* Characters of one to four octets, from every column on. */
static void
no_character_is_split(void **state)
{
	static const char *const letters[] = { "a", "é", "–", "\U0001f469" };
	char summary[1024], got[1024];
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	for (size_t shift = 0; shift < 80; shift++)
		for (size_t k = 0; k < 4; k++) {
			struct ics i = party;
			size_t n = shift;

			memset(summary, 'x', shift);
			for (; n < 300; n += strlen(letters[k]))
				(void)strcpy(summary + n, letters[k]);
			i.summary = summary;
			buf_clear(&b);
			ics_write(&i, &b);
			unfold(b.data, got);
			assert_string_equal(got, summary);
		}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_written),
		cmocka_unit_test(no_character_is_split),
	};

	return cmocka_run_group_tests_name("ics", tests, NULL, NULL);
}
