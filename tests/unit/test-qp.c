#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/splice.h"
#include "composer/message/qp.h"
#include "tests/unit/mime_read.h"

#define TEXT_MAX 4000
#define U "\ue003" /* SLOT_UNSUBSCRIBE */

/* What base/slot.h has in store for a text this long, decoded or not. */
static char spliced[50 * TEXT_MAX], decoded[50 * TEXT_MAX],
    meaning[50 * TEXT_MAX];

static int
survives(const char *text)
{
	struct message m;
	size_t n, want = mime_meaning(text, meaning);

	message_init(&m, sizeof(spliced));
	qp_encode(&m, text);
	n = mime_put_values(&m, spliced);
	message_done(&m);
	n = mime_read_qp(spliced, n, decoded);
	if (n == want && memcmp(decoded, meaning, n) == 0)
		return 1;
	print_error("text: [%s]\nencoded: [%s]\n", text, spliced);
	return 0;
}

static void
text_is_encoded_so(void **state)
{
	static const struct {
		const char *text, *encoded;
	} tests[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "a=b", "a=3Db" },
		{ "een \u00e9\u00e9n", "een =C3=A9=C3=A9n" },
		{ "a\nb\rc\r\nd\n\re", "a\r\nb\r\nc\r\nd\r\n\r\ne" },
		{ ".\n..\na.\n", "=2E\r\n=2E.\r\na.\r\n" },
		{ "From me\nFromage\n From ",
		    "=46rom me\r\nFromage\r\n From=20" },
		{ "-- \n\t\n \t", "--=20\r\n=09\r\n =09" },
		{ "\x7f\x01", "=7F=01" },
		{ "\ue003.", "." },
		{ "\ue0ff", "=EE=83=BF" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct message m;

		message_init(&m, TEXT_MAX);
		qp_encode(&m, tests[i].text);
		assert_string_equal(m.bytes.data, tests[i].encoded);
		message_done(&m);
		assert_true(survives(tests[i].text));
	}
}

static void
full_line_is_not_broken(void **state)
{
	char line[78];
	struct message m;

	(void)state;
	memset(line, 'x', 77);
	line[76] = '\0';
	message_init(&m, TEXT_MAX);
	qp_encode(&m, line);
	assert_string_equal(m.bytes.data, line);
	line[76] = 'x';
	line[77] = '\0';
	buf_clear(&m.bytes);
	qp_encode(&m, line);
	assert_memory_equal(m.bytes.data + 75, "=\r\nxx", 6);
	message_done(&m);
}

static void
every_width_keeps_its_lines(void **state)
{
	static const char *const tails[] = { "", "\n", " ", " \n", ".", ".\nz",
		"\n.", "From ", "\u2013", U, "\ue003\ue003", "\t", "=" };
	char text[TEXT_MAX];

	(void)state;
	for (int width = 70; width <= 80; width++)
		for (size_t t = 0; t < sizeof(tails) / sizeof(tails[0]); t++) {
			memset(text, 'x', (size_t)width);
			memcpy(text + width, tails[t], strlen(tails[t]) + 1);
			assert_true(survives(text));
			for (size_t i = 0; i < (size_t)width; i++) {
				memcpy(text + width, tails[t],
				    strlen(tails[t]) + 1);
				text[i] = ' ';
				assert_true(survives(text));
				text[i] = '.';
				assert_true(survives(text));
				text[i] = 'x';
			}
		}
}

static void
slot_is_whole_at_every_column(void **state)
{
	static const char *const tails[] = { "", "\n", " ", ".", "x", U,
		"\u00e9", ".....\n" };
	char text[TEXT_MAX];

	(void)state;
	for (int kind = SLOT_DATE; kind < SLOT_KINDS; kind++)
		for (int before = 0; before <= 80; before++)
			for (size_t t = 0; t < sizeof(tails) / sizeof(tails[0]);
			     t++) {
				memset(text, '.', (size_t)before);
				(void)snprintf(text + before,
				    sizeof(text) - (size_t)before, "%s%s%s",
				    slot_placeholder(kind), tails[t], tails[t]);
				assert_true(survives(text));
			}
}

static void
random_text_survives(void **state)
{
	static const char *const pieces[] = { "a", "b", "xyzzy", " ", " ", "\t",
		".", ".", "=", "\n", "\r", "\r\n", "From ", "\u00e9", "\u2013",
		"\U0001f600", "\u0645", U, "\ue001", "\ue009", "--", "=_",
		"woorden en nog meer woorden" };
	uint64_t seed = 20261210;
	char text[TEXT_MAX];

	(void)state;
	for (int round = 0; round < 5000; round++) {
		size_t len = 0, n = mime_random(&seed) % 120;

		for (size_t i = 0; i < n; i++) {
			const char *p = pieces[mime_random(&seed) %
			    (sizeof(pieces) / sizeof(pieces[0]))];

			memcpy(text + len, p, strlen(p));
			len += strlen(p);
		}
		text[len] = '\0';
		assert_true(survives(text));
	}
}

static void
full_message_stays_full(void **state)
{
	struct message m;

	(void)state;
	message_init(&m, 10);
	qp_encode(&m, "een twee drie");
	assert_true(buf_full(&m.bytes));
	message_done(&m);

	message_init(&m, 10);
	for (int i = 0; i < SLOT_MAX; i++)
		assert_int_equal(message_add_slot(&m, SLOT_UNDO), 0);
	assert_int_equal(message_add_slot(&m, SLOT_UNDO), -1);
	assert_true(buf_full(&m.bytes));
	message_done(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_encoded_so),
		cmocka_unit_test(full_line_is_not_broken),
		cmocka_unit_test(every_width_keeps_its_lines),
		cmocka_unit_test(slot_is_whole_at_every_column),
		cmocka_unit_test(random_text_survives),
		cmocka_unit_test(full_message_stays_full),
	};

	return cmocka_run_group_tests_name("qp", tests, NULL, NULL);
}
