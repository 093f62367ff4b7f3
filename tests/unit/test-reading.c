#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unicode/ucnv.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/mailbox/reading.h"

/* What a child does is what the first word of its bytes says. */
static struct reading *nursery;
static int prepared;

static void
prepare(void)
{
	prepared = 7;
}

static int
work(const char *bytes, size_t n, json_t **ret, struct err *e)
{
	const char *volatile nowhere = NULL;
	int (*volatile again)(const char *, size_t, json_t **, struct err *) =
	    work;
	UErrorCode fault = U_ZERO_ERROR;

	if (n == 0) {
		*ret = json_string("nothing");
		return 0;
	}
	switch (bytes[0]) {
	case 'n': /* how much there is */
		*ret = json_integer((json_int_t)n);
		return 0;
	case 'p':
		*ret = json_integer(prepared);
		return 0;
	case 'i':
		return err_set(e, ERR_INPUT, "so-so");
	case 'l':
		return err_set(e, ERR_LIMIT, "so much");
	case 'c':
		*ret = json_integer(*nowhere);
		return 0;
	case 'a':
		abort();
	case 's': /* recursion without an end */
		return again(bytes, n, ret, e) + again(bytes, n, ret, e);
	case 't':
		for (;;)
			(void)again;
	case 'm':
		for (size_t mb = 0; mb < 2048; mb++) {
			char *p = malloc(1024 * 1024);

			if (p == NULL)
				abort();
			memset(p, 1, 1024 * 1024);
		}
		*ret = json_true();
		return 0;
	case 'd': /* descriptors to be had */
		*ret = json_pack("[i,i,i,i]",
		    open("/dev/null", O_RDONLY | O_CLOEXEC), errno,
		    socket(AF_INET, SOCK_STREAM, 0), fcntl(0, F_GETFD));
		return 0;
	case 'f': /* those that are there */
		*ret = json_array();
		for (int fd = 0; fd < 1024; fd++)
			if (fcntl(fd, F_GETFD) != -1)
				(void)json_array_append_new(*ret,
				    json_integer(fd));
		return 0;
	case 'u': /* charsets need no file */
		*ret = json_string(ucnv_open("ISO-2022-JP", &fault) != NULL &&
			    ucnv_open("windows-1252", &fault) != NULL
			? "there"
			: u_errorName(fault));
		return 0;
	case 'b': /* a long answer */
		*ret = json_array();
		for (size_t i = 0; i < READING_ANSWER_MAX / 8; i++)
			(void)json_array_append_new(*ret,
			    json_string("12345678"));
		return 0;
	default:
		_exit(bytes[0] - '0');
	}
}

static json_t *
run(const char *bytes)
{
	json_t *said = NULL;
	struct err e = { .kind = ERR_NONE };

	if (reading_run(nursery, work, bytes, strlen(bytes), &said, &e) == -1)
		fail_msg("%s: %s", bytes, e.text);
	return said;
}

static int
number(const char *bytes)
{
	json_t *said = run(bytes);
	int n = (int)json_integer_value(said);

	json_decref(said);
	return n;
}

static void
answers(void **state)
{
	json_t *said = run("");

	(void)state;
	assert_string_equal(json_string_value(said), "nothing");
	json_decref(said);
	assert_int_equal(number("n"), 1);
	assert_int_equal(number("nine more"), 9);
	assert_int_equal(number("p"), 7);
	assert_int_equal(prepared, 0);
}

static void
large_bytes(void **state)
{
	const size_t n = (size_t)10 * 1024 * 1024;
	char *bytes = calloc(1, n);
	json_t *said = NULL;
	struct err e;

	(void)state;
	bytes[0] = 'n';
	assert_int_equal(reading_run(nursery, work, bytes, n, &said, &e), 0);
	assert_int_equal(json_integer_value(said), n);
	json_decref(said);
	free(bytes);
}

static void
what_goes_wrong_is_told_apart(void **state)
{
	static const struct {
		const char *bytes, *slug;
		enum err_kind kind;
	} cases[] = {
		{ "i", "unreadable", ERR_INPUT },
		{ "l", "too-large", ERR_LIMIT },
		{ "a", "crashed", ERR_INPUT },
		{ "3", "crashed", ERR_INPUT },
		{ "0", "unreadable", ERR_INPUT }, /* it says nothing */
		{ "b", "too-large", ERR_LIMIT },
		{ "t", "too-slow", ERR_LIMIT },
		{ "c", "crashed", ERR_INPUT },
		{ "s", "crashed", ERR_INPUT },
#ifndef __SANITIZE_ADDRESS__ /* which needs memory without a limit */
		{ "m", "crashed", ERR_INPUT },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *said = NULL;
		struct err e = { .kind = ERR_NONE };

		assert_int_equal(reading_run(nursery, work, cases[i].bytes, 1,
				     &said, &e),
		    -1);
		assert_string_equal(e.slug, cases[i].slug);
		assert_int_equal(e.kind, cases[i].kind);
		assert_null(said);
		/* And the next one is read. */
		assert_int_equal(number("n"), 1);
	}
}

static void
nothing_is_within_reach(void **state)
{
	json_t *said = run("d");

	(void)state;
	assert_int_equal(json_integer_value(json_array_get(said, 0)), -1);
	assert_int_equal(json_integer_value(json_array_get(said, 1)), EMFILE);
	assert_int_equal(json_integer_value(json_array_get(said, 2)), -1);
	assert_int_equal(json_integer_value(json_array_get(said, 3)), -1);
	json_decref(said);
	/* /dev/null twice, and the pipe. */
	said = run("f");
	assert_int_equal(json_array_size(said), 3);
	json_decref(said);
	said = run("u");
	assert_string_equal(json_string_value(said), "there");
	json_decref(said);
}

static void
a_nursery_that_is_gone_is_told(void **state)
{
	struct reading *other;
	json_t *said = NULL;
	struct err e;
	char line[64];
	pid_t pid = 0;
	FILE *f;

	(void)state;
	assert_int_equal(reading_start(&other, NULL, &e), 0);
	/* The youngest child. */
	(void)snprintf(line, sizeof(line), "/proc/%d/task/%d/children",
	    (int)getpid(), (int)getpid());
	f = fopen(line, "re");
	assert_non_null(f);
	while (fscanf(f, "%d", &pid) == 1)
		;
	(void)fclose(f);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(reading_run(other, work, "n", 1, &said, &e), -1);
	assert_string_equal(e.slug, "reading-gone");
	assert_int_equal(e.kind, ERR_SYS);
	reading_stop(other);
	assert_int_equal(number("n"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(large_bytes),
		cmocka_unit_test(what_goes_wrong_is_told_apart),
		cmocka_unit_test(nothing_is_within_reach),
		cmocka_unit_test(a_nursery_that_is_gone_is_told),
	};
	struct err e;
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);
	if (reading_start(&nursery, prepare, &e) == -1)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	reading_stop(nursery);
	return rc;
}
