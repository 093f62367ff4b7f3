#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "daemon/send/journal_dir.h"
#include "daemon/send/journal_line.h"

#define WORKER "mail.organisatie.example:4711/0"

static const struct journal_result accepted = { "accepted", "end-of-data", 250,
	"2.0.0", "Ok: queued as 4F3" };

static void
lines_say_what_was_written(void **state)
{
	static const struct {
		struct journal_key key;
		struct journal_result r;
		const char *line;
	} tests[] = {
		{ { 1, 2, 3 },
		    { "accepted", "end-of-data", 250, "2.0.0", "Ok: queued" },
		    "r 1 2 3 accepted end-of-data 250 2.0.0 Ok: queued" },
		{ { INT64_MAX, INT32_MAX, INT32_MAX },
		    { "deferred", "rcpt", 451, "", "" },
		    "r 9223372036854775807 2147483647 2147483647 deferred rcpt "
		    "451 - " },
		{ { 0, 0, 0 }, { "uncertain", "end-of-data", 0, "", " a  b " },
		    "r 0 0 0 uncertain end-of-data 0 -  a  b " },
	};
	char line[JOURNAL_LINE_MAX + 1];
	struct journal_line at;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct journal_result *r = &tests[i].r;
		size_t n = journal_line_result(line, &tests[i].key, r);

		assert_int_equal(line[n - 1], '\n');
		assert_int_equal(n, strlen(tests[i].line) + 10);
		assert_memory_equal(line, tests[i].line, n - 10);
		line[n - 1] = '\0';
		assert_int_equal(journal_line_read(line, n - 1, &at),
		    JOURNAL_LINE_RESULT);
		assert_memory_equal(&at.key, &tests[i].key, sizeof(at.key));
		assert_string_equal(at.result.result, r->result);
		assert_string_equal(at.result.stage, r->stage);
		assert_int_equal(at.result.code, r->code);
		assert_string_equal(at.result.status, r->status);
		assert_string_equal(at.result.text, r->text);
	}
}

static void
lines_have_the_checksum_of_the_books(void **state)
{
	/* Computed with another implementation of CRC-32C. */
	static const char *const lines[] = {
		"i 1 2 3 a6070bcb",
		"u 7 123456 1 f8c136ec",
		"tweeluik-journal 1 0123456789abcdef0123456789abcdef turn 7ad5315c",
	};
	static const enum journal_line_kind kinds[] = {
		JOURNAL_LINE_INTENT,
		JOURNAL_LINE_UNSENT,
		JOURNAL_LINE_HEADER,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char line[JOURNAL_LINE_MAX + 1];
		struct journal_line at;

		(void)snprintf(line, sizeof(line), "%s", lines[i]);
		assert_int_equal(journal_line_read(line, strlen(line), &at),
		    kinds[i]);
	}
}

static void
lines_hold_whatever_a_server_says(void **state)
{
	char line[JOURNAL_LINE_MAX + 1], text[2000];
	const struct journal_key k = { INT64_MAX, INT32_MAX, INT32_MAX };
	struct journal_result r = { text, text, INT32_MAX, text, text };
	struct journal_line at;

	(void)state;
	/* Every byte there is; the cut falls inside an e with an accent. */
	for (size_t at_end = JOURNAL_TEXT_MAX - 3; at_end < JOURNAL_TEXT_MAX;
	     at_end++) {
		memset(text, 'x', sizeof(text));
		for (int c = 1; c < 256; c++)
			text[c - 1] = (char)c;
		memcpy(text + at_end, "\u20ac", 3);
		text[sizeof(text) - 1] = '\0';
		size_t n = journal_line_result(line, &k, &r);
		assert_true(n <= JOURNAL_LINE_MAX);
		assert_ptr_equal(memchr(line, '\n', n), line + n - 1);
		line[n - 1] = '\0';
		assert_int_equal(journal_line_read(line, n - 1, &at),
		    JOURNAL_LINE_RESULT);
		assert_int_equal(strlen(at.result.text),
		    at_end == JOURNAL_TEXT_MAX - 3 ? JOURNAL_TEXT_MAX : at_end);
		assert_int_equal(strlen(at.result.result), JOURNAL_WORD_MAX);
		assert_null(strchr(at.result.text, '\n'));
		assert_memory_equal(at.result.text + 31, text + 31, 95);
	}
}

static void
damaged_lines_say_nothing(void **state)
{
	char good[JOURNAL_LINE_MAX + 1], line[JOURNAL_LINE_MAX + 1];
	const struct journal_key k = { 7, 3, 1 };
	size_t n = journal_line_result(good, &k, &accepted) - 1;
	struct journal_line at;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		memcpy(line, good, n);
		line[i] = '\0';
		assert_int_equal(journal_line_read(line, i, &at),
		    JOURNAL_LINE_DAMAGED);
		for (int bit = 0; bit < 8; bit++) {
			memcpy(line, good, n);
			line[n] = '\0';
			line[i] = (char)(line[i] ^ 1 << bit);
			assert_int_equal(journal_line_read(line, n, &at),
			    JOURNAL_LINE_DAMAGED);
		}
	}
}

static void
names_come_back(void **state)
{
	static const struct {
		const char *worker, *file;
	} tests[] = {
		{ WORKER, "mail.organisatie.example%3A4711%2F0" },
		{ "a", "a" },
		{ "..", "%2E." },
		{ "../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd" },
		{ "h\xc3\xb6st 1%", "h%C3%B6st%201%25" },
		{ "a.1.2", "a.1.2" },
	};
	static const char *const others[] = { "", ".journal", "a.journal",
		"a.1.journal", ".1.2.journal", "a.1.2.journal~", "a.1.2",
		"a..2.journal", "a.1.x.journal", "a.1.4294967296.journal",
		"a.9223372036854775808.1.journal", "%.1.2.journal",
		"%4.1.2.journal", "%00.1.2.journal", "a%4g.1.2.journal" };
	char file[JOURNAL_NAME_MAX], want[JOURNAL_NAME_MAX];
	struct journal_name name, back;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		name = (struct journal_name){ .run = INT64_MAX,
			.number = UINT32_MAX };
		(void)snprintf(name.worker, sizeof(name.worker), "%s",
		    tests[i].worker);
		journal_name_write(file, &name);
		(void)snprintf(want, sizeof(want), "%s.%s.journal",
		    tests[i].file, "9223372036854775807.4294967295");
		assert_string_equal(file, want);
		assert_true(journal_name_read(file, &back));
		assert_string_equal(back.worker, name.worker);
		assert_true(back.run == name.run);
		assert_true(back.number == name.number);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(journal_name_read(others[i], &back));
	memset(name.worker, '/', sizeof(name.worker) - 1);
	journal_name_write(file, &name);
	assert_true(journal_name_read(file, &back));
	assert_string_equal(back.worker, name.worker);
	memmove(file + 3, file, strlen(file) + 1);
	assert_false(journal_name_read(file, &back));
}
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_say_what_was_written),
		cmocka_unit_test(lines_have_the_checksum_of_the_books),
		cmocka_unit_test(lines_hold_whatever_a_server_says),
		cmocka_unit_test(damaged_lines_say_nothing),
		cmocka_unit_test(names_come_back),
	};

	return cmocka_run_group_tests_name("journal_line", tests, NULL, NULL);
}
