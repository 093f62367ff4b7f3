#include "daemon/send/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/write_all.h"
#include "daemon/send/journal_dir.h"

struct file {
	int fd;	       /* -1: not there */
	uint32_t open; /* intents that have not come to an end */
};

struct journal {
	char *dir_name;
	int dir;
	enum journal_sync sync;
	char boot[JOURNAL_BOOT_MAX];
	struct journal_name name; /* of the newest file */
	uint32_t oldest;
	struct file files[JOURNAL_FILES_MAX]; /* by number, modulo */
	uint64_t size; /* of the newest file, whole lines only */
	bool spoilt;   /* the newest file must not get another line */
	size_t len;
	char pending[JOURNAL_PENDING_MAX];
};

static struct file *
file_of(struct journal *j, uint32_t number)
{
	return &j->files[number % JOURNAL_FILES_MAX];
}

static struct file *
newest(struct journal *j)
{
	return file_of(j, j->name.number);
}

static int
write_fail(const struct journal *j, int cause, struct err *e)
{
	(void)err_sys(e, cause, "Cannot write the journal in %s", j->dir_name);
	return err_hint(e, "Make room on that disk; sending goes on by itself");
}

static int
write_header(struct journal *j, int fd, struct err *e)
{
	char line[JOURNAL_LINE_MAX];
	bool synced = j->sync == JOURNAL_SYNC_TURN;
	size_t n = journal_line_header(line, j->boot, synced);

	if (write_all(fd, line, n) == -1 ||
	    (synced && (fdatasync(fd) == -1 || fsync(j->dir) == -1)))
		return write_fail(j, errno, e);
	j->size = n;
	return 0;
}

/* 1 made, 0 the name is taken. */
static int
create_file(struct journal *j, const char *file, struct err *e)
{
	struct stat st;
	int fd = openat(j->dir, file,
	    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);

	if (fd == -1)
		return errno == EEXIST ? 0 : journal_dir_fail(j->dir_name, e);
	/* A replay may find the file before the lock is on it; it then
	 * removes it. */
	if (flock(fd, LOCK_EX | LOCK_NB) == -1 || fstat(fd, &st) == -1 ||
	    st.st_nlink == 0) {
		(void)close(fd);
		return 0;
	}
	if (write_header(j, fd, e) == -1) {
		(void)unlinkat(j->dir, file, 0);
		(void)close(fd);
		return -1;
	}
	newest(j)->fd = fd;
	j->spoilt = false;
	return 1;
}

/* The folder that has its name now. */
static int
open_dir(struct journal *j, struct err *e)
{
	int fd = journal_dir_open(j->dir_name, e);

	if (fd == -1)
		return -1;
	if (j->dir != -1)
		(void)close(j->dir);
	j->dir = fd;
	return 0;
}

static int
next_file(struct journal *j, struct err *e)
{
	const uint32_t before = j->name.number;
	char file[JOURNAL_NAME_MAX];
	int rc = 0;

	if (open_dir(j, e) == -1)
		return -1;
	while (rc == 0 && j->name.number + 1 - j->oldest < JOURNAL_FILES_MAX) {
		j->name.number++;
		journal_name_write(file, &j->name);
		rc = create_file(j, file, e);
	}
	if (rc == 1)
		return 0;
	j->name.number = before;
	return rc == -1
	    ? -1
	    : err_set(e, ERR_LIMIT, "Too many journals in %s wait for an end",
		  j->dir_name);
}

static void
remove_file(struct journal *j, uint32_t number)
{
	struct file *f = file_of(j, number);
	struct journal_name name = j->name;
	char file[JOURNAL_NAME_MAX];

	if (f->fd == -1)
		return;
	name.number = number;
	journal_name_write(file, &name);
	(void)unlinkat(j->dir, file, 0);
	(void)close(f->fd);
	f->fd = -1;
}

static int
write_pending(struct journal *j, struct err *e)
{
	struct stat st;
	int fd;

	/* What is written into a file that was removed nobody finds. */
	if (!j->spoilt && fstat(newest(j)->fd, &st) == 0)
		j->spoilt = st.st_nlink == 0;
	if (j->spoilt && next_file(j, e) == -1)
		return -1;
	fd = newest(j)->fd;
	if (write_all(fd, j->pending, j->len) == -1 ||
	    (j->sync == JOURNAL_SYNC_TURN && fdatasync(fd) == -1)) {
		int cause = errno;

		/* A whole line behind a torn one would never be read.  The
		 * kernel forgets what it failed to sync; written once more it
		 * is new to it. */
		j->spoilt = ftruncate(fd, (off_t)j->size) == -1;
		return write_fail(j, cause, e);
	}
	j->size += j->len;
	j->len = 0;
	return 0;
}

int
journal_open(struct journal **ret, const char *dir, const char *worker,
    enum journal_sync sync, struct err *e)
{
	struct timespec now;
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL || (j->dir_name = strdup(dir)) == NULL ||
	    worker[0] == '\0' || strlen(worker) >= JOURNAL_WORKER_MAX)
		abort();
	j->dir = -1;
	j->sync = sync;
	journal_boot(j->boot);
	(void)snprintf(j->name.worker, sizeof(j->name.worker), "%s", worker);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	j->name.run = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	j->oldest = 1;
	for (size_t i = 0; i < JOURNAL_FILES_MAX; i++)
		j->files[i].fd = -1;
	if (next_file(j, e) == -1) {
		journal_close(j);
		return -1;
	}
	*ret = j;
	return 0;
}

static void
close_files(struct journal *j, bool keep)
{
	struct err e;

	/* What cannot be written was not let go either. */
	if (keep && j->len > 0)
		(void)write_pending(j, &e);
	for (uint32_t n = j->oldest; n <= j->name.number; n++)
		if (!keep)
			remove_file(j, n);
		else if (file_of(j, n)->fd != -1)
			(void)close(file_of(j, n)->fd);
	if (j->dir != -1)
		(void)close(j->dir);
	free(j->dir_name);
	free(j);
}

void
journal_close(struct journal *j)
{
	bool settled = true;

	for (uint32_t n = j->oldest; n <= j->name.number; n++)
		settled &= file_of(j, n)->open == 0;
	close_files(j, !settled);
}

void
journal_leave(struct journal *j)
{
	close_files(j, true);
}

size_t
journal_room(const struct journal *j)
{
	return (JOURNAL_PENDING_MAX - j->len) / JOURNAL_LINE_MAX;
}

/* Where the next line goes. */
static char *
line_of(struct journal *j)
{
	if (journal_room(j) == 0)
		abort();
	return j->pending + j->len;
}

uint32_t
journal_intent(struct journal *j, const struct journal_key *k)
{
	j->len += journal_line_intent(line_of(j), k);
	newest(j)->open++;
	return j->name.number;
}

void
journal_result(struct journal *j, const struct journal_key *k,
    const struct journal_result *r)
{
	j->len += journal_line_result(line_of(j), k, r);
}

void
journal_unsent(struct journal *j, const struct journal_key *k)
{
	j->len += journal_line_unsent(line_of(j), k);
}

int
journal_flush(struct journal *j, struct err *e)
{
	struct err ignored;

	if (j->len == 0)
		return 0;
	if (write_pending(j, e) == -1)
		return -1;
	/* If there cannot be another file now, this one grows meanwhile. */
	if (j->size >= JOURNAL_FILE_MAX)
		(void)next_file(j, &ignored);
	return 0;
}

void
journal_settled(struct journal *j, uint32_t file)
{
	struct file *f = file_of(j, file);

	if (file - j->oldest > j->name.number - j->oldest || f->open == 0)
		abort();
	f->open--;
	while (j->oldest < j->name.number && file_of(j, j->oldest)->open == 0)
		remove_file(j, j->oldest++);
}
