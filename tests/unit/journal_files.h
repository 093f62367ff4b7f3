/*
 * journal_files - what the tests of the journal share: a folder, and what is in
 * it
 */
#ifndef TESTS_UNIT_JOURNAL_FILES_H
#define TESTS_UNIT_JOURNAL_FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/send/journal.h"
#include "daemon/send/journal_replay.h"

#define WORKER "mail.organisatie.example:4711/0"
#define TEST(f) cmocka_unit_test_teardown(f, empty_dir)
#define BOOT "0123456789abcdef0123456789abcdef"

static char dir[] = "/tmp/test-journal-XXXXXX";
static struct err e;

static const struct journal_result accepted = { "accepted", "end-of-data", 250,
	"2.0.0", "Ok: queued as 4F3" };

static inline struct journal_key
key(int32_t seq)
{
	return (struct journal_key){ 7, seq, 1 };
}

static inline void
path_of(char out[static 512], const char *file)
{
	(void)snprintf(out, 512, "%s/%s", dir, file);
}

static inline void
write_file(const char *file, const char *bytes, size_t n)
{
	char path[512];
	FILE *f;

	path_of(path, file);
	f = fopen(path, "wbe");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline size_t
read_bytes(const char *file, char *out, size_t size)
{
	char path[512];
	size_t n;
	FILE *f;

	path_of(path, file);
	f = fopen(path, "rbe");
	assert_non_null(f);
	n = fread(out, 1, size, f);
	(void)fclose(f);
	return n;
}

/* How many files there are, and the name of the last of them. */
static inline int
count_files(char *ret_name)
{
	DIR *d = opendir(dir);
	const struct dirent *at;
	int n = 0;

	assert_non_null(d);
	while ((at = readdir(d)) != NULL)
		if (at->d_name[0] != '.') {
			n++;
			if (ret_name != NULL)
				(void)snprintf(ret_name, 256, "%s", at->d_name);
		}
	(void)closedir(d);
	return n;
}

static inline int
empty_dir(void **state)
{
	char name[256], path[512];

	(void)state;
	while (count_files(name) > 0) {
		path_of(path, name);
		assert_int_equal(unlink(path), 0);
	}
	return 0;
}

static inline struct journal *
opened(enum journal_sync sync)
{
	struct journal *j;

	if (journal_open(&j, dir, WORKER, sync, &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return j;
}

static inline void
flush(struct journal *j)
{
	if (journal_flush(j, &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

/* What a worker does until it is killed, in a process of its own. */
static inline void
crash_after(void (*work)(struct journal *j), enum journal_sync sync)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		work(opened(sync));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static inline struct journal_replay
replayed(void)
{
	struct journal_replay r;

	assert_int_equal(journal_replay(dir, &r, &e), 1);
	return r;
}

static inline void
none_left(void)
{
	struct journal_replay r;

	assert_int_equal(journal_replay(dir, &r, &e), 0);
	assert_int_equal(count_files(NULL), 0);
}

static inline const struct journal_record *
find(const struct journal_replay *r, int32_t seq)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->records[i].key.seq == seq)
			return &r->records[i];
	return NULL;
}

/* A file with these lines, letter and seq each; "r" with the result. */
static inline size_t
lines_of(char *out, const char *boot, bool synced, const char *what)
{
	size_t n = journal_line_header(out, boot, synced);

	for (; *what != '\0'; what += 2) {
		const struct journal_key k = key(what[1] - '0');

		if (what[0] == 'i')
			n += journal_line_intent(out + n, &k);
		else if (what[0] == 'u')
			n += journal_line_unsent(out + n, &k);
		else
			n += journal_line_result(out + n, &k, &accepted);
	}
	return n;
}

static inline void
put_lines(const char *file, const char *boot, bool synced, const char *what)
{
	char bytes[8192];

	write_file(file, bytes, lines_of(bytes, boot, synced, what));
}

/* The records in the words of put_lines(). */
static inline void
tell(char *out, const struct journal_replay *r)
{
	for (size_t i = 0; i < r->n; i++) {
		*out++ = r->records[i].state == JOURNAL_ENDED ? 'r' : 'i';
		*out++ = (char)('0' + r->records[i].key.seq);
	}
	*out = '\0';
}

static inline int
run_in_dir(const char *name, const struct CMUnitTest *tests, size_t n)
{
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	(void)rmdir(dir);
	return failed;
}

#endif
