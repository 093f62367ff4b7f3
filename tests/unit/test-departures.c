#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/departures.h"
#include "base/err.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/departures-XXXXXX";

static struct departure
somebody(int64_t at, unsigned char who)
{
	struct departure d = { .word = DEPARTURE_UNSUBSCRIBED,
		.at = at,
		.has_hash = true,
		.way = "one-click" };

	memset(d.hash, who, sizeof(d.hash));
	return d;
}

static void
write_one(const struct departure *d, bool sync)
{
	struct err e;

	assert_int_equal(departures_write(dir, "test", d, sync, &e), 0);
}

struct seen {
	int n;
	char last[DEPARTURE_LINE_MAX];
};

static void
take(void *arg, const char *line)
{
	struct seen *s = arg;

	s->n++;
	(void)snprintf(s->last, sizeof(s->last), "%s", line);
}

static struct departures_file
only_file(void)
{
	struct departures_list l;
	struct departures_file f;
	struct err e;

	assert_int_equal(departures_list(dir, &l, &e), 0);
	assert_int_equal(l.n, 1);
	f = l.files[0];
	departures_list_done(&l);
	return f;
}

static struct seen
read_from(uint64_t *position, size_t max, int expected)
{
	struct departures_file f = only_file();
	struct seen s = { .n = 0 };
	struct err e;

	assert_int_equal(departures_read(dir, &f, position, max, take, &s, &e),
	    expected);
	return s;
}

static void
append_bytes(const char *p, size_t n)
{
	struct departures_file f = only_file();
	char path[600];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, f.name);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	(void)close(fd);
}

static void
remove_files(void)
{
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -f %s/*", dir);
	assert_int_equal(system(command), 0);
}

static int
set_up(void **state)
{
	(void)state;
	if (access(dir, F_OK) == -1)
		assert_non_null(mkdtemp(dir));
	remove_files();
	return 0;
}

static void
test_a_line_comes_back(void **state)
{
	struct departure d = somebody(1764000000000001, 0xa5), back;
	char line[DEPARTURE_LINE_MAX];
	size_t n = departure_write(line, &d);

	(void)state;
	assert_int_equal(line[n - 1], '\n');
	assert_true(departure_parse(line, n - 1, &back));
	assert_int_equal(back.word, d.word);
	assert_int_equal(back.at, d.at);
	assert_true(back.has_hash);
	assert_memory_equal(back.hash, d.hash, sizeof(d.hash));
	assert_string_equal(back.way, "one-click");
	d.subscriber = 12;
	d.mailing = 34;
	n = departure_write(line, &d);
	assert_true(departure_parse(line, n - 1, &back));
	assert_true(back.has_hash);
	assert_int_equal(back.subscriber, 12);
	assert_int_equal(back.mailing, 34);
	d.has_hash = false;
	n = departure_write(line, &d);
	assert_true(departure_parse(line, n - 1, &back));
	assert_false(back.has_hash);
	assert_int_equal(back.subscriber, 12);
	assert_int_equal(back.mailing, 34);
}

/* Each bit of a line counts, and so does each cut. */
static void
test_a_damaged_line_is_none(void **state)
{
	struct departure d = somebody(1764000000000001, 0x11), back;
	char line[DEPARTURE_LINE_MAX], copy[DEPARTURE_LINE_MAX];
	size_t n = departure_write(line, &d) - 1;

	(void)state;
	for (size_t i = 0; i < n * 8; i++) {
		memcpy(copy, line, n);
		copy[i / 8] = (char)(copy[i / 8] ^ 1 << i % 8);
		assert_false(departure_parse(copy, n, &back));
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(copy, line, n);
		assert_false(departure_parse(copy, i, &back));
	}
}

/* Only leaving can be known by number. */
static void
test_numbers_alone(void **state)
{
	static const enum departure_word words[] = { DEPARTURE_ERASED,
		DEPARTURE_BLOCKED, DEPARTURE_COMPLAINT, DEPARTURE_RETURNED };
	char line[DEPARTURE_LINE_MAX];
	struct departure d = { .at = 1, .subscriber = 5, .way = "page" }, back;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		d.word = words[i];
		n = departure_write(line, &d);
		assert_false(departure_parse(line, n - 1, &back));
	}
	d.word = DEPARTURE_UNSUBSCRIBED;
	d.subscriber = 0;
	n = departure_write(line, &d);
	assert_false(departure_parse(line, n - 1, &back));
}

static void
test_lines_are_read_once(void **state)
{
	uint64_t position = 0;
	struct seen s;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct departure d = somebody(1000 + i, (unsigned char)i);

		write_one(&d, i == 3);
	}
	assert_int_equal(read_from(&position, 2, 1).n, 2);
	assert_int_equal(read_from(&position, 100, 0).n, 3);
	assert_int_equal(position, only_file().size);
	assert_int_equal(read_from(&position, 100, 0).n, 0);
	write_one(&(struct departure){ .word = DEPARTURE_UNSUBSCRIBED,
		      .subscriber = 7,
		      .way = "page" },
	    true);
	s = read_from(&position, 100, 0);
	assert_int_equal(s.n, 1);
	assert_non_null(strstr(s.last, " - 7 0 page"));
}

/* Our clock never goes back behind the line before. */
static void
test_time_goes_on(void **state)
{
	struct departure d = somebody(INT64_C(9000000000000000), 1);
	uint64_t position = 0;

	(void)state;
	write_one(&d, false);
	d.at = 0;
	write_one(&d, false);
	assert_memory_equal(read_from(&position, 9, 0).last,
	    "u 9000000000000001 ", 19);
}

/* What a crash left gets its end from the next line, and hides nothing. */
static void
test_torn(void **state)
{
	struct departure d = somebody(1000, 1);
	char line[DEPARTURE_LINE_MAX];
	uint64_t position = 0, before;
	size_t n = departure_write(line, &d);

	(void)state;
	write_one(&d, false);
	append_bytes(line, n / 2);
	assert_int_equal(read_from(&position, 9, 0).n, 1);
	before = position;
	assert_int_equal(read_from(&position, 9, 0).n, 0);
	assert_int_equal(position, before);
	write_one(&d, false);
	assert_int_equal(read_from(&position, 9, 0).n, 1);
	assert_int_equal(position, only_file().size);
}

/* A file that got no further than into its first line. */
static void
test_half_a_header(void **state)
{
	struct departure d = somebody(1000, 1);
	struct departures_list l;
	struct departures_file f;
	uint64_t position = 0;
	char path[600];
	struct err e;

	(void)state;
	write_one(&d, false);
	f = only_file();
	(void)snprintf(path, sizeof(path), "%s/%s", dir, f.name);
	for (off_t size = 0; size < 60; size += 7) {
		assert_int_equal(truncate(path, size), 0);
		assert_int_equal(departures_list(dir, &l, &e), 0);
		assert_int_equal(l.n, 0);
		departures_list_done(&l);
		write_one(&d, false);
		position = 0;
		assert_int_equal(read_from(&position, 9, 0).n, 1);
	}
	/* A file that was begun anew is another one. */
	assert_string_not_equal(only_file().identity, f.identity);
}

static void
test_another_version_is_an_error(void **state)
{
	struct departure d = somebody(1000, 1);
	struct departures_list l;
	char path[600];
	struct err e;
	int fd;

	(void)state;
	write_one(&d, false);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, only_file().name);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "9", 1, 20), 1);
	(void)close(fd);
	assert_int_equal(departures_list(dir, &l, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
}

/* The end was lost, and as many other bytes came in its place. */
static void
test_tail(void **state)
{
	struct departure a = somebody(1000, 1), b = somebody(1000, 2);
	char first[DEPARTURES_TAIL_MAX], second[DEPARTURES_TAIL_MAX];
	struct departures_file f;
	char path[600];
	struct err e;

	(void)state;
	write_one(&a, false);
	f = only_file();
	assert_int_equal(departures_tail(dir, &f, f.size, first, &e), 0);
	assert_int_equal(strlen(first), 8);
	assert_int_equal(departures_tail(dir, &f, f.size + 1, second, &e), 0);
	assert_string_equal(second, "");
	(void)snprintf(path, sizeof(path), "%s/%s", dir, f.name);
	assert_int_equal(truncate(path, 64), 0);
	write_one(&b, false);
	assert_int_equal(only_file().size, f.size);
	assert_int_equal(departures_tail(dir, &f, f.size, second, &e), 0);
	assert_string_not_equal(first, second);
}

static void
test_noise_is_passed_over(void **state)
{
	static char noise[200000];
	struct departure d = somebody(1000, 1);
	uint64_t position = 0;

	(void)state;
	memset(noise, 'x', sizeof(noise));
	write_one(&d, false);
	append_bytes(noise, sizeof(noise));
	write_one(&d, false);
	assert_int_equal(read_from(&position, 9, 0).n, 2);
}

static void
test_folder(void **state)
{
	struct departures_list l;
	char inner[100];
	struct err e;

	(void)state;
	assert_int_equal(departures_list("/nowhere/at/all", &l, &e), 0);
	assert_int_equal(l.n, 0);
	departures_list_done(&l);
	assert_int_equal(departures_check("/nowhere/at/all", &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	(void)snprintf(inner, sizeof(inner), "%s/inner", dir);
	assert_int_equal(departures_check(inner, &e), 0);
	assert_int_equal(departures_check(inner, &e), 0);
	assert_int_equal(rmdir(inner), 0);
	remove_files();
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_line_comes_back, set_up),
		cmocka_unit_test_setup(test_a_damaged_line_is_none, set_up),
		cmocka_unit_test_setup(test_numbers_alone, set_up),
		cmocka_unit_test_setup(test_lines_are_read_once, set_up),
		cmocka_unit_test_setup(test_time_goes_on, set_up),
		cmocka_unit_test_setup(test_torn, set_up),
		cmocka_unit_test_setup(test_half_a_header, set_up),
		cmocka_unit_test_setup(test_another_version_is_an_error,
		    set_up),
		cmocka_unit_test_setup(test_tail, set_up),
		cmocka_unit_test_setup(test_noise_is_passed_over, set_up),
		cmocka_unit_test_setup(test_folder, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
