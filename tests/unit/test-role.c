#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/role/notices.h"
#include "daemon/role/options.h"
#include "daemon/role/process.h"

/* line: words, parted by one blank; they live until the next call. */
static int
parse(struct options *o, struct err *e, const char *line)
{
	static char words[256];
	char *argv[16], *save = NULL, *w;
	int n = 0;

	(void)snprintf(words, sizeof(words), "x %s", line);
	for (w = strtok_r(words, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	return options_parse(o, n, argv, "x", e);
}

static void
options_are_parsed(void **state)
{
	struct options o = { .once = true };
	struct err e;

	(void)state;
	assert_int_equal(parse(&o, &e, "--config f --hold"), 1);
	assert_string_equal(o.config, "f");
	assert_true(o.hold);
	assert_false(o.once || o.check || o.foreground);
	assert_int_equal(parse(&o, &e, "--once --check-config --foreground"),
	    1);
	assert_true(o.once && o.check && o.foreground);
	assert_null(o.config);
}

static void
wrong_use_is_refused(void **state)
{
	struct options o = { .hold = true };
	struct err e;

	(void)state;
	assert_int_equal(parse(&o, &e, "--nonsense"), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "--nonsense"));
	assert_int_equal(parse(&o, &e, "--config"), -1);
	assert_int_equal(parse(&o, &e, "--once word"), -1);
	assert_true(o.hold); /* untouched */
}

static void
pauses_grow_to_a_maximum(void **state)
{
	static const int want[] = { 1000, 2000, 4000, 8000, 16000, 30000,
		30000 };

	(void)state;
	for (unsigned int n = 1; n <= 7; n++)
		assert_int_equal(process_pause_ms(n, 30000), want[n - 1]);
	assert_int_equal(process_pause_ms(4000000000U, 60000), 60000);
}

static void
notices_name_their_sender(void **state)
{
	struct notices n;
	struct notice got;
	struct err e;

	(void)state;
	assert_int_equal(notices_open(&n, &e), 0);
	assert_int_equal(notices_read(&n, &got), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", n.address, 1), 0);
	assert_int_equal(sd_notify(0, "READY=1\nSTATUS=Issue 12\nX=1"), 1);
	assert_int_equal(sd_notify(1, "WATCHDOG=1"), 1);
	assert_int_equal(notices_read(&n, &got), 1);
	assert_int_equal(got.pid, getpid());
	assert_true(got.ready);
	assert_string_equal(got.status, "Issue 12");
	assert_int_equal(notices_read(&n, &got), 1);
	assert_false(got.ready);
	assert_null(got.status);
	(void)close(n.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_parsed),
		cmocka_unit_test(wrong_use_is_refused),
		cmocka_unit_test(pauses_grow_to_a_maximum),
		cmocka_unit_test(notices_name_their_sender),
	};

	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
