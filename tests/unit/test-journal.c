#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/unit/journal_files.h"

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
int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return run_in_dir("journal", tests, sizeof(tests) / sizeof(tests[0]));
}
