#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/unit/journal_files.h"

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
		TEST(full_disks_lose_nothing),
		TEST(unsynced_records_stay_pending),
		TEST(full_file_system_loses_nothing),
		TEST(killed_workers_leave_all_they_flushed),
		TEST(each_journal_is_replayed_by_one),
	};

	return run_in_dir("journal_faults", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
