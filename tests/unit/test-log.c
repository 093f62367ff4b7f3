#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What one event writes on standard error. */
static char *
logged(enum log_level level, const char *value)
{
	static char text[8192];
	int fds[2], keep = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	assert_int_not_equal(dup2(fds[1], STDERR_FILENO), -1);
	log_event(level, "event", "key", value, NULL);
	assert_int_not_equal(dup2(keep, STDERR_FILENO), -1);
	(void)close(keep);
	(void)close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	(void)close(fds[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
one_event_is_one_line(void **state)
{
	static const struct {
		const char *value, *shown;
	} cases[] = {
		{ "12", " key=12\n" },
		{ "", " key=\"\"\n" },
		{ "a b", " key=\"a b\"\n" },
		{ "a\nb=\"c\"\\", " key=\"a\\x0ab=\\\"c\\\"\\\\\"\n" },
		{ "caf\xc3\xa9", " key=caf\xc3\xa9\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line = logged(LOG_LEVEL_INFO, cases[i].value);

		assert_non_null(strstr(line, " program event"));
		assert_string_equal(strstr(line, " key="), cases[i].shown);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	}
	assert_string_equal(logged(LOG_LEVEL_DEBUG, "x"), "");
}

static void
a_long_event_still_ends(void **state)
{
	char value[9000];
	const char *line;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	line = logged(LOG_LEVEL_ERROR, value);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_true(strlen(line) <= 4097);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event_is_one_line),
		cmocka_unit_test(a_long_event_still_ends),
	};

	(void)unsetenv("JOURNAL_STREAM");
	log_init("program", LOG_LEVEL_INFO);
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
