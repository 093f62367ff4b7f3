#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

static struct journal_key
key(int32_t seq)
{
	return (struct journal_key){ 7, seq, 1 };
}

static void
path_of(char out[static 512], const char *file)
{
	(void)snprintf(out, 512, "%s/%s", dir, file);
}

static void
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

static size_t
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
static int
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

static int
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

static struct journal *
opened(enum journal_sync sync)
{
	struct journal *j;

	if (journal_open(&j, dir, WORKER, sync, &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return j;
}

static void
flush(struct journal *j)
{
	if (journal_flush(j, &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

/* What a worker does until it is killed, in a process of its own. */
static void
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

static struct journal_replay
replayed(void)
{
	struct journal_replay r;

	assert_int_equal(journal_replay(dir, &r, &e), 1);
	return r;
}

static void
none_left(void)
{
	struct journal_replay r;

	assert_int_equal(journal_replay(dir, &r, &e), 0);
	assert_int_equal(count_files(NULL), 0);
}

static const struct journal_record *
find(const struct journal_replay *r, int32_t seq)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->records[i].key.seq == seq)
			return &r->records[i];
	return NULL;
}

/*
 * Lines
 */
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
	const struct journal_key k = key(3);
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

/*
 * Writing and replaying
 */
static void
some_of_each(struct journal *j)
{
	struct journal_key k;

	for (int32_t seq = 1; seq <= 4; seq++) {
		k = key(seq);
		(void)journal_intent(j, &k);
	}
	flush(j);
	k = key(1);
	journal_result(j, &k, &accepted);
	k = key(3);
	journal_unsent(j, &k);
	k = key(4);
	journal_unsent(j, &k);
	(void)journal_intent(j, &k);
	flush(j);
	k = key(2);
	journal_result(j, &k, &accepted); /* never flushed */
}

static void
replay_tells_what_is_known(void **state)
{
	struct journal_replay r;
	const struct journal_record *at;

	(void)state;
	crash_after(some_of_each, JOURNAL_SYNC_NEVER);
	for (int again = 0; again < 2; again++) {
		r = replayed();
		assert_string_equal(r.worker, WORKER);
		assert_true(r.complete);
		assert_int_equal(r.n, 3);
		at = find(&r, 1);
		assert_int_equal(at->key.mailing, 7);
		assert_int_equal(at->key.attempt, 1);
		assert_int_equal(at->state, JOURNAL_ENDED);
		assert_string_equal(at->result.result, "accepted");
		assert_string_equal(at->result.stage, "end-of-data");
		assert_int_equal(at->result.code, 250);
		assert_string_equal(at->result.status, "2.0.0");
		assert_string_equal(at->result.text, accepted.text);
		assert_int_equal(find(&r, 2)->state, JOURNAL_INTENDED);
		assert_null(find(&r, 3));
		assert_int_equal(find(&r, 4)->state, JOURNAL_INTENDED);
		journal_replayed(&r, again == 1);
	}
	none_left();
}

static void
running_workers_are_left_alone(void **state)
{
	struct journal *j = opened(JOURNAL_SYNC_TURN);
	struct journal_replay r;
	const struct journal_key k = key(1);
	char name[256], path[512];
	struct stat st;
	uint32_t file;

	(void)state;
	file = journal_intent(j, &k);
	flush(j);
	assert_int_equal(count_files(name), 1);
	path_of(path, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	/* Neither its file nor that of its namesake of before. */
	crash_after(some_of_each, JOURNAL_SYNC_NEVER);
	r = replayed();
	assert_int_equal(r.n, 3);
	assert_int_equal(journal_replay(dir, &r, &e), 0);
	journal_replayed(&r, true);
	assert_int_equal(journal_replay(dir, &r, &e), 0);
	assert_int_equal(count_files(NULL), 1);
	journal_settled(j, file);
	journal_close(j);
	none_left();
}

/* A file with these lines, letter and seq each; "r" with the result. */
static size_t
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

static void
put_lines(const char *file, const char *boot, bool synced, const char *what)
{
	char bytes[8192];

	write_file(file, bytes, lines_of(bytes, boot, synced, what));
}

/* The records in the words of put_lines(). */
static void
tell(char *out, const struct journal_replay *r)
{
	for (size_t i = 0; i < r->n; i++) {
		*out++ = r->records[i].state == JOURNAL_ENDED ? 'r' : 'i';
		*out++ = (char)('0' + r->records[i].key.seq);
	}
	*out = '\0';
}

static void
files_of_a_run_make_one_story(void **state)
{
	static const struct {
		const char *files[3];
		const char *want;
	} tests[] = {
		{ { "i1i2i3", "r2", "r1i4" }, "r1r2i3i4" },
		{ { "r1", "i2r3", NULL }, "r1i2r3" },
		{ { "i1i1r1r1", "i1r1", NULL }, "r1" },
		{ { "i1", "u1", NULL }, "" },
		{ { "i1u1", "i1", NULL }, "i1" },
		{ { "i1r1", "u1i1", NULL }, "r1" },
		{ { "u1", "", "" }, "" },
		{ { "", "", "" }, "" },
	};
	char got[64], boot[JOURNAL_BOOT_MAX];
	struct journal_replay r;

	(void)state;
	journal_boot(boot);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		/* Ten comes after nine. */
		for (int k = 0; k < 3 && tests[i].files[k] != NULL; k++) {
			char file[64];

			(void)snprintf(file, sizeof(file),
			    "a%%3A1.5.%d.journal", 9 + k);
			put_lines(file, boot, false, tests[i].files[k]);
		}
		r = replayed();
		tell(got, &r);
		assert_string_equal(got, tests[i].want);
		assert_string_equal(r.worker, "a:1");
		assert_true(r.complete);
		journal_replayed(&r, true);
		none_left();
	}
}

static void
journals_are_complete_unless_power_or_bytes_were_lost(void **state)
{
	char boot[JOURNAL_BOOT_MAX], bytes[8192], got[64];
	struct journal_replay r;
	size_t n;

	(void)state;
	journal_boot(boot);
	assert_string_not_equal(boot, "");
	for (int synced = 0; synced < 2; synced++) {
		put_lines("other-host.1.1.journal", BOOT, synced, "i1r1i2");
		r = replayed();
		assert_int_equal(r.n, 2);
		assert_int_equal(r.complete, synced);
		journal_replayed(&r, true);
	}
	/* Nothing in it: only the name is known. */
	for (int zeros = 0; zeros < 2; zeros++) {
		memset(bytes, 0, sizeof(bytes));
		write_file("a%2Fb.1.1.journal", bytes,
		    zeros ? sizeof(bytes) : 0);
		r = replayed();
		assert_string_equal(r.worker, "a/b");
		assert_int_equal(r.n, 0);
		assert_false(r.complete);
		journal_replayed(&r, true);
	}
	/* A worker that was killed while it made its second file. */
	put_lines("a.1.1.journal", boot, false, "i1");
	write_file("a.1.2.journal", "tweeluik-jour", 13);
	r = replayed();
	assert_int_equal(r.n, 1);
	assert_true(r.complete);
	journal_replayed(&r, true);
	/* Each byte of the third line changed: the fourth is lost too. */
	size_t from = lines_of(bytes, boot, true, "i1");
	size_t to = lines_of(bytes, boot, true, "i1i2");
	for (size_t i = from; i < to; i++) {
		n = lines_of(bytes, boot, true, "i1i2r1");
		bytes[i] = i % 2 == 0 ? '\0' : '\n';
		if (i + 1 == to)
			bytes[i] = ' ';
		write_file("a.1.1.journal", bytes, n);
		r = replayed();
		tell(got, &r);
		assert_string_equal(got, "i1");
		assert_false(r.complete);
		journal_replayed(&r, true);
	}
	/* A line far too long. */
	n = lines_of(bytes, boot, true, "i1");
	memset(bytes + n, 'i', 5000);
	write_file("a.1.1.journal", bytes, n + 5000);
	r = replayed();
	assert_int_equal(r.n, 1);
	assert_false(r.complete);
	journal_replayed(&r, true);
	none_left();
}

static void
other_versions_wait_for_a_person(void **state)
{
	static const char text[] = "tweeluik-journal 2 x y z\nq 1 2 3\n";
	char boot[JOURNAL_BOOT_MAX], got[sizeof(text)];
	struct journal_replay r;

	(void)state;
	journal_boot(boot);
	write_file("a.1.1.journal", text, sizeof(text) - 1);
	put_lines("b.1.1.journal", boot, false, "i1");
	/* Nobody else waits. */
	r = replayed();
	assert_string_equal(r.worker, "b");
	journal_replayed(&r, true);
	assert_int_equal(journal_replay(dir, &r, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, "/a.1.1.journal"));
	assert_string_not_equal(e.hint, "");
	assert_int_equal(read_bytes("a.1.1.journal", got, sizeof(got)),
	    sizeof(text) - 1);
	assert_memory_equal(got, text, sizeof(text) - 1);
	assert_int_equal(empty_dir(state), 0);
}

/* Whatever was written before the cut is there, and nothing else. */
static void
cut_anywhere_whole_lines_count(void **state)
{
	static const char whole[] = "i1i2i3r2u3i4r1i5r5";
	static char bytes[2][8192];
	char boot[JOURNAL_BOOT_MAX];
	size_t n[2];

	(void)state;
	journal_boot(boot);
	n[0] = lines_of(bytes[0], boot, false, whole);
	n[1] = lines_of(bytes[1], boot, false, "r4i6r6i7");
	for (int which = 0; which < 2; which++)
		for (size_t cut = 0; cut <= n[which]; cut++) {
			char want[2][64] = { "", "" }, got[64], both[64];
			struct journal_replay r, r2;
			size_t lines = 0;

			write_file("a.1.1.journal", bytes[0],
			    which == 0 ? cut : n[0]);
			write_file("a.1.2.journal", bytes[1],
			    which == 1 ? cut : n[1]);
			for (size_t i = 0; i < cut; i++)
				lines += bytes[which][i] == '\n';
			(void)snprintf(want[0], sizeof(want[0]), "%s", whole);
			(void)snprintf(want[1], sizeof(want[1]), "r4i6r6i7");
			want[which][lines > 0 ? 2 * (lines - 1) : 0] = '\0';
			r = replayed();
			tell(got, &r);
			/* What these lines say when nothing is cut. */
			(void)snprintf(both, sizeof(both), "%s%s", want[0],
			    want[1]);
			put_lines("b.1.1.journal", boot, false, both);
			r2 = replayed();
			tell(both, &r2);
			assert_string_equal(r2.worker, "b");
			assert_string_equal(got, both);
			assert_true(r.complete);
			journal_replayed(&r, true);
			journal_replayed(&r2, true);
		}
}

static void
files_go_oldest_first_when_settled(void **state)
{
	struct journal *j = opened(JOURNAL_SYNC_NEVER);
	struct journal_key k = key(0);
	uint32_t first = journal_intent(j, &k), file = first;
	static uint32_t of[200000];
	int32_t seq = 1;

	(void)state;
	/* Three files, of which the first has one intent that never ends. */
	for (; file < first + 3; seq++) {
		k = key(seq);
		of[seq] = file = journal_intent(j, &k);
		journal_result(j, &k, &accepted);
		if (journal_room(j) < 2)
			flush(j);
	}
	flush(j);
	assert_int_equal(count_files(NULL), 4);
	for (int32_t i = 1; i < seq; i++)
		journal_settled(j, of[i]);
	assert_int_equal(count_files(NULL), 4);
	journal_settled(j, first);
	assert_int_equal(count_files(NULL), 1);
	journal_close(j);
	none_left();
}

static void
leave_unfinished(struct journal *j)
{
	const struct journal_key k[] = { key(1), key(2) };

	(void)journal_intent(j, &k[0]);
	journal_settled(j, journal_intent(j, &k[1]));
	journal_result(j, &k[1], &accepted);
	journal_close(j);
}

static void
close_keeps_what_has_no_end(void **state)
{
	struct journal_replay r;
	char got[64];

	(void)state;
	crash_after(leave_unfinished, JOURNAL_SYNC_NEVER);
	r = replayed();
	tell(got, &r);
	assert_string_equal(got, "i1r2");
	journal_replayed(&r, true);
	none_left();
}

static void
folders_must_be_ours(void **state)
{
	struct journal_replay r;
	struct journal *j;
	char path[512];
	int status;
	pid_t pid;

	(void)state;
	path_of(path, "not-there");
	assert_int_equal(journal_open(&j, path, WORKER, JOURNAL_SYNC_NEVER, &e),
	    -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, path));
	assert_string_not_equal(e.hint, "");
	assert_int_equal(journal_replay(path, &r, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	write_file("file", "", 0);
	path_of(path, "file");
	assert_int_equal(journal_replay(path, &r, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(chmod(dir, 0555), 0);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) == -1)
			_exit(2);
		_exit(journal_open(&j, dir, WORKER, JOURNAL_SYNC_NEVER, &e) !=
			-1 ||
		    e.kind != ERR_CONFIG || journal_replay(dir, &r, &e) != -1 ||
		    e.kind != ERR_CONFIG);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(status, 0);
	assert_int_equal(count_files(NULL), 0);
}

/* An administrator tidies up: nothing may leave until there is a file again
 * that a replay would find. */
static void
removed_files_are_not_written_to(void **state)
{
	struct journal *j = opened(JOURNAL_SYNC_NEVER);
	const struct journal_key first = key(1), second = key(2);
	uint32_t files[2];

	(void)state;
	files[0] = journal_intent(j, &first);
	flush(j);
	(void)empty_dir(NULL);
	assert_int_equal(rmdir(dir), 0);
	files[1] = journal_intent(j, &second);
	for (int i = 0; i < 2; i++)
		assert_int_equal(journal_flush(j, &e), -1);
	assert_non_null(strstr(e.text, dir));
	assert_int_equal(mkdir(dir, 0700), 0);
	flush(j);
	assert_int_equal(count_files(NULL), 1);
	for (int i = 0; i < 2; i++)
		journal_settled(j, files[i]);
	journal_close(j);
	assert_int_equal(count_files(NULL), 0);
}

/*
 * Disks that fail
 */

/* From now on this system call fails, as it would on a dying disk. */
static void
fail_call(unsigned int nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		_exit(3);
}

/* Files can grow to so many bytes. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		_exit(3);
}

/* Five records in a file that has room for two and a half, then room. */
static void
fill_and_go_on(struct journal *j)
{
	for (int32_t seq = 1; seq <= 5; seq++) {
		struct journal_key k = key(seq);

		(void)journal_intent(j, &k);
		journal_result(j, &k, &accepted);
	}
	limit_files(200);
	for (int again = 0; again < 3; again++)
		if (journal_flush(j, &e) != -1 || e.kind != ERR_SYS)
			abort();
	limit_files(RLIM_INFINITY);
	flush(j);
	const struct journal_key k = key(6);
	(void)journal_intent(j, &k);
	flush(j);
}

static void
fill_and_die(struct journal *j)
{
	const struct journal_key first = key(1);

	(void)journal_intent(j, &first);
	flush(j);
	for (int32_t seq = 2; seq <= 5; seq++) {
		struct journal_key k = key(seq);

		(void)journal_intent(j, &k);
	}
	limit_files(150);
	if (journal_flush(j, &e) != -1)
		abort();
}

static void
fill_without_cutting(struct journal *j)
{
	fail_call(SYS_ftruncate);
	fill_and_go_on(j);
}

static void
full_disks_lose_nothing(void **state)
{
	static const struct {
		void (*work)(struct journal *j);
		int files;
		const char *want;
	} tests[] = {
		{ fill_and_go_on, 1, "r1r2r3r4r5i6" },
		{ fill_and_die, 1, "i1" },
		/* Each torn line stays behind in a file of its own. */
		{ fill_without_cutting, 4, "r1r2r3r4r5i6" },
	};
	struct journal_replay r;
	char got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		crash_after(tests[i].work, JOURNAL_SYNC_TURN);
		assert_int_equal(count_files(NULL), tests[i].files);
		r = replayed();
		tell(got, &r);
		assert_string_equal(got, tests[i].want);
		assert_true(r.complete);
		journal_replayed(&r, true);
		none_left();
	}
}

static void
fail_to_sync(struct journal *j)
{
	const struct journal_key k = key(1);

	(void)journal_intent(j, &k);
	fail_call(SYS_fdatasync);
	if (journal_flush(j, &e) != -1 || journal_flush(j, &e) != -1)
		abort();
}

static void
unsynced_records_stay_pending(void **state)
{
	struct journal_replay r;

	(void)state;
	crash_after(fail_to_sync, JOURNAL_SYNC_TURN);
	r = replayed();
	assert_int_equal(r.n, 0);
	journal_replayed(&r, true);
	none_left();
}

/* A disk that is really full; needs the right to mount one. */
static void
full_file_system_loses_nothing(void **state)
{
	struct journal_replay r;
	struct journal *j;
	int32_t seq = 0, good = 0;

	(void)state;
	if (mount("tweeluik", dir, "tmpfs", 0, "size=256k") == -1)
		skip();
	j = opened(JOURNAL_SYNC_TURN);
	do {
		for (int n = 0; n < 100; n++) {
			struct journal_key k = key(++seq);

			(void)journal_intent(j, &k);
			journal_result(j, &k, &accepted);
		}
		if (journal_flush(j, &e) == 0)
			good = seq;
	} while (good == seq);
	assert_int_equal(e.kind, ERR_SYS);
	assert_non_null(strstr(e.text, strerror(ENOSPC)));
	assert_int_equal(journal_flush(j, &e), -1);
	assert_int_equal(mount(NULL, dir, NULL, MS_REMOUNT, "size=512k"), 0);
	flush(j);
	journal_close(j);
	r = replayed();
	assert_int_equal(r.n, seq);
	for (size_t i = 0; i < r.n; i++)
		assert_int_equal(r.records[i].state, JOURNAL_ENDED);
	journal_replayed(&r, true);
	assert_int_equal(umount(dir), 0);
}

/*
 * kill -9
 */
struct progress {
	volatile int32_t intended, flushed; /* seqs below are */
};

static void
write_until_killed(struct journal *j, struct progress *p)
{
	unsigned int random = (unsigned int)getpid();
	uint32_t *of = calloc(1 << 22, sizeof(*of));
	int32_t ended = 0, settled = 0;

	if (of == NULL)
		abort();
	for (int32_t seq = 0;;) {
		int turn = 1 + rand_r(&random) % 50;

		for (; turn > 0; turn--, seq++) {
			struct journal_key k = key(seq);

			of[seq] = journal_intent(j, &k);
			p->intended = seq + 1;
		}
		/* Results are some turns behind, forgetting more. */
		for (; ended < seq - 200; ended++) {
			struct journal_key k = key(ended);

			journal_result(j, &k, &accepted);
		}
		flush(j);
		p->flushed = seq;
		for (; settled < ended - 20000; settled++)
			journal_settled(j, of[settled]);
	}
}

static void
killed_workers_leave_all_they_flushed(void **state)
{
	struct progress *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int random = 5;

	(void)state;
	assert_ptr_not_equal(p, MAP_FAILED);
	for (int round = 0; round < 30; round++) {
		struct journal_replay r;
		int status;

		p->intended = p->flushed = 0;
		pid_t pid = fork();
		if (pid == 0)
			write_until_killed(opened(JOURNAL_SYNC_NEVER), p);
		while (p->flushed == 0)
			(void)usleep(100);
		(void)usleep((unsigned int)rand_r(&random) % 60000);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		r = replayed();
		assert_true(r.complete);
		static bool seen[1 << 22];
		memset(seen, 0, sizeof(seen));
		int32_t lowest = INT32_MAX, open = 0;
		for (size_t i = 0; i < r.n; i++) {
			int32_t seq = r.records[i].key.seq;

			assert_true(seq >= 0 && seq < p->intended);
			assert_false(seen[seq]);
			seen[seq] = true;
			lowest = seq < lowest ? seq : lowest;
			open += r.records[i].state == JOURNAL_INTENDED;
		}
		/* Whole from the oldest that is left to the last flushed one;
		 * of the settled ones some are forgotten. */
		assert_true(lowest <= 0 || lowest < p->flushed - 20000);
		for (int32_t seq = lowest; seq < p->flushed; seq++)
			assert_true(seen[seq]);
		assert_true(open <= 200 + 2 * 50);
		journal_replayed(&r, true);
		none_left();
	}
	assert_int_equal(munmap(p, sizeof(*p)), 0);
}

static void
each_journal_is_replayed_by_one(void **state)
{
	int status, runs = 0;
	pid_t pids[4];
	int counts[2];

	(void)state;
	assert_int_equal(pipe(counts), 0);
	for (int i = 0; i < 100; i++) {
		char file[64];

		for (int k = 1; k < 4; k++) {
			(void)snprintf(file, sizeof(file), "w%d.1.%d.journal",
			    i, k);
			put_lines(file, BOOT, false, "i1");
		}
	}
	for (int p = 0; p < 4; p++) {
		pids[p] = fork();
		if (pids[p] == 0) {
			struct journal_replay r;

			while (journal_replay(dir, &r, &e) == 1) {
				if (write(counts[1], "x", 1) != 1)
					_exit(1);
				journal_replayed(&r, true);
			}
			_exit(0);
		}
	}
	for (int p = 0; p < 4; p++) {
		assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
		assert_int_equal(status, 0);
	}
	(void)close(counts[1]);
	for (char c; read(counts[0], &c, 1) == 1;)
		runs++;
	(void)close(counts[0]);
	assert_int_equal(runs, 100);
	none_left();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_say_what_was_written),
		TEST(lines_have_the_checksum_of_the_books),
		TEST(lines_hold_whatever_a_server_says),
		TEST(damaged_lines_say_nothing),
		TEST(names_come_back),
		TEST(replay_tells_what_is_known),
		TEST(running_workers_are_left_alone),
		TEST(files_of_a_run_make_one_story),
		TEST(journals_are_complete_unless_power_or_bytes_were_lost),
		TEST(other_versions_wait_for_a_person),
		TEST(cut_anywhere_whole_lines_count),
		TEST(files_go_oldest_first_when_settled),
		TEST(close_keeps_what_has_no_end),
		TEST(folders_must_be_ours),
		TEST(removed_files_are_not_written_to),
		TEST(full_disks_lose_nothing),
		TEST(unsynced_records_stay_pending),
		TEST(full_file_system_loses_nothing),
		TEST(killed_workers_leave_all_they_flushed),
		TEST(each_journal_is_replayed_by_one),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	failed = cmocka_run_group_tests_name("journal", tests, NULL, NULL);
	(void)rmdir(dir);
	return failed;
}
