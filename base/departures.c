#include "base/departures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/crc32c.h"
#include "base/err.h"
#include "base/write_all.h"

#define MAGIC "tweeluik-departures "
#define VERSION "1 "
#define HEADER_BYTES \
	(sizeof(MAGIC VERSION) - 1 + DEPARTURES_IDENTITY_MAX + CRC32C_DIGITS + \
	    1)
#define SUFFIX ".departures"
#define PIECE_BYTES ((size_t)64 * 1024)

static int
fail(const char *dir, struct err *e)
{
	int cause = errno;

	(void)err_sys(e, cause, "The journal of departures, %s, cannot be used",
	    dir);
	if (cause != EACCES && cause != EPERM && cause != ENOENT &&
	    cause != ENOTDIR && cause != EROFS)
		return -1;
	e->kind = ERR_CONFIG;
	return err_hint(e, N_("See 'departures' in tweeluik.conf(5)"));
}

static int
open_dir(const char *dir)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The last part of the folder may have to be made. */
static int
make_dir(const char *dir, struct err *e)
{
	int fd;

	if (mkdir(dir, 0770) == -1 && errno != EEXIST)
		return fail(dir, e);
	fd = open_dir(dir);
	return fd != -1 ? fd : fail(dir, e);
}

int
departures_check(const char *dir, struct err *e)
{
	int fd = make_dir(dir, e), rc = 0;

	if (fd == -1)
		return -1;
	if (faccessat(fd, ".", W_OK | X_OK, 0) == -1)
		rc = fail(dir, e);
	(void)close(fd);
	return rc;
}

static void
write_header(char out[static HEADER_BYTES])
{
	unsigned char identity[(DEPARTURES_IDENTITY_MAX - 1) / 2];
	char *p = stpcpy(out, MAGIC VERSION);

	if (getrandom(identity, sizeof(identity), 0) !=
	    (ssize_t)sizeof(identity))
		abort();
	(void)sodium_bin2hex(p, DEPARTURES_IDENTITY_MAX, identity,
	    sizeof(identity));
	(void)crc32c_seal(out, (size_t)(p - out) + DEPARTURES_IDENTITY_MAX - 1);
}

/* 1 with its identity, 0 for a file that has not got it yet. */
static int
read_header(int fd, const char *name, char ret[DEPARTURES_IDENTITY_MAX],
    struct err *e)
{
	const size_t before = sizeof(MAGIC VERSION) - 1;
	char header[HEADER_BYTES];
	ssize_t got = pread(fd, header, sizeof(header), 0);
	size_t n = sizeof(header) - 1;

	if (got == -1)
		return fail(name, e);
	if ((size_t)got < sizeof(header))
		return 0;
	if (memcmp(header, MAGIC VERSION, before) != 0 ||
	    !crc32c_unseal(header, &n) ||
	    n != before + DEPARTURES_IDENTITY_MAX - 1) {
		(void)err_set(e, ERR_CONFIG,
		    "%s is no journal of departures of this version", name);
		return err_hint(e,
		    N_("Nothing is sent until it was read or put elsewhere: it "
		       "says who left"));
	}
	memcpy(ret, header + before, DEPARTURES_IDENTITY_MAX);
	return 1;
}

static int64_t
our_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* When the line at the end of the file was written, or 0. */
static int64_t
last_time(char *tail, size_t n)
{
	struct departure d;
	char *start;

	if (n == 0 || tail[n - 1] != '\n')
		return 0;
	start = memrchr(tail, '\n', n - 1);
	start = start != NULL ? start + 1 : tail;
	return departure_parse(start, (size_t)(tail + n - 1 - start), &d) ? d.at
									  : 0;
}

/* The file is ours alone while this runs. */
static int
append(int fd, const struct departure *what)
{
	char header[HEADER_BYTES], tail[DEPARTURE_LINE_MAX];
	char line[1 + DEPARTURE_LINE_MAX];
	struct departure d = *what;
	struct stat st;
	ssize_t got;
	size_t n = 0;

	if (fstat(fd, &st) == -1)
		return -1;
	/* The first write of a file may have been cut short. */
	if ((size_t)st.st_size < HEADER_BYTES) {
		write_header(header);
		if (ftruncate(fd, 0) == -1 || fchmod(fd, 0640) == -1 ||
		    write_all(fd, header, sizeof(header)) == -1)
			return -1;
		st.st_size = HEADER_BYTES;
	}
	n = sizeof(tail) < (size_t)st.st_size ? sizeof(tail)
					      : (size_t)st.st_size;
	got = pread(fd, tail, n, st.st_size - (off_t)n);
	if (got != (ssize_t)n)
		return -1;
	if (d.at == 0) {
		int64_t now = our_clock(), last = last_time(tail, n);

		d.at = now > last ? now : last + 1;
	}
	/* Whatever a crash left there ends here. */
	line[0] = '\n';
	got = tail[n - 1] != '\n';
	n = departure_write(line + 1, &d);
	return write_all(fd, line + 1 - got, n + (size_t)got);
}

static void
name_file(char ret[static 256], const char *role)
{
	char host[HOST_NAME_MAX + 1] = "";

	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(ret, 256, "%s.%u.%s" SUFFIX, role, (unsigned)geteuid(),
	    host);
}

int
departures_write(const char *dir, const char *role, const struct departure *d,
    bool sync, struct err *e)
{
	char name[256];
	int dir_fd, fd, rc = -1;

	name_file(name, role);
	dir_fd = make_dir(dir, e);
	if (dir_fd == -1)
		return -1;
	fd = openat(dir_fd, name,
	    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	/* The lock goes with the descriptor. */
	if (fd == -1 || flock(fd, LOCK_EX) == -1 || append(fd, d) == -1 ||
	    (sync && (fdatasync(fd) == -1 || fsync(dir_fd) == -1)))
		(void)fail(dir, e);
	else
		rc = 0;
	if (fd != -1)
		(void)close(fd);
	(void)close(dir_fd);
	return rc;
}

static bool
is_journal(const char *name)
{
	size_t n = strlen(name);

	return n > sizeof(SUFFIX) - 1 && n < 256 && name[0] != '.' &&
	    strcmp(name + n - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

static int
list_file(int dir, const char *name, struct departures_list *l, struct err *e)
{
	struct departures_file *f = &l->files[l->n];
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc;

	if (fd == -1)
		return fail(name, e);
	rc = fstat(fd, &st) == -1 ? fail(name, e)
				  : read_header(fd, name, f->identity, e);
	(void)close(fd);
	if (rc != 1 || (uint64_t)st.st_size == HEADER_BYTES)
		return rc == -1 ? -1 : 0;
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	f->size = (uint64_t)st.st_size;
	l->n++;
	return 0;
}

int
departures_list(const char *dir, struct departures_list *ret, struct err *e)
{
	struct departures_list l = { .n = 0 };
	struct dirent *entry;
	DIR *d = opendir(dir);
	int rc = 0;

	if (d == NULL && errno != ENOENT)
		return fail(dir, e);
	l.files = calloc(DEPARTURES_FILES_MAX, sizeof(*l.files));
	if (l.files == NULL)
		abort();
	while (d != NULL && rc == 0 && (entry = readdir(d)) != NULL) {
		if (!is_journal(entry->d_name))
			continue;
		rc = l.n < DEPARTURES_FILES_MAX
		    ? list_file(dirfd(d), entry->d_name, &l, e)
		    : err_set(e, ERR_LIMIT,
			  "%s has more than %d journals of departures", dir,
			  DEPARTURES_FILES_MAX);
	}
	if (d != NULL)
		(void)closedir(d);
	if (rc == -1)
		departures_list_done(&l);
	else
		*ret = l;
	return rc;
}

void
departures_list_done(struct departures_list *l)
{
	free(l->files);
	l->files = NULL;
	l->n = 0;
}

/* Whole lines of a piece of n bytes; returns how many bytes were used. */
static size_t
take_lines(char *piece, size_t n, size_t *left,
    void (*take)(void *arg, const char *line), void *arg)
{
	struct departure d;
	size_t used = 0;
	char *end;

	while (
	    *left > 0 && (end = memchr(piece + used, '\n', n - used)) != NULL) {
		char *line = piece + used;

		if (departure_parse(line, (size_t)(end - line), &d)) {
			take(arg, line);
			--*left;
		}
		used = (size_t)(end - piece) + 1;
	}
	return used;
}

static int
open_file(const char *dir, const struct departures_file *f, struct err *e)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, f->name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd != -1 ? fd : fail(path, e);
}

int
departures_tail(const char *dir, const struct departures_file *f,
    uint64_t position, char ret[static DEPARTURES_TAIL_MAX], struct err *e)
{
	char tail[CRC32C_DIGITS + 1];
	int fd = open_file(dir, f, e);

	if (fd == -1)
		return -1;
	ret[0] = '\0';
	if (position >= HEADER_BYTES &&
	    pread(fd, tail, sizeof(tail), (off_t)(position - sizeof(tail))) ==
		(ssize_t)sizeof(tail) &&
	    tail[CRC32C_DIGITS] == '\n') {
		memcpy(ret, tail, CRC32C_DIGITS);
		ret[CRC32C_DIGITS] = '\0';
	}
	(void)close(fd);
	return 0;
}

int
departures_read(const char *dir, const struct departures_file *f,
    uint64_t *position, size_t max, void (*take)(void *arg, const char *line),
    void *arg, struct err *e)
{
	char *piece;
	ssize_t got = -1;
	size_t used = 0;
	int fd;

	if (*position < HEADER_BYTES)
		*position = HEADER_BYTES;
	fd = open_file(dir, f, e);
	if (fd == -1)
		return -1;
	piece = malloc(PIECE_BYTES);
	if (piece == NULL)
		abort();
	while (max > 0 &&
	    (got = pread(fd, piece, PIECE_BYTES, (off_t)*position)) > 0) {
		used = take_lines(piece, (size_t)got, &max, take, arg);
		/* No line of ours is so long. */
		if (used == 0 && (size_t)got == PIECE_BYTES)
			used = PIECE_BYTES;
		if (used == 0)
			break;
		*position += used;
	}
	if (max > 0 && got == -1)
		(void)fail(f->name, e);
	free(piece);
	(void)close(fd);
	return max == 0 ? 1 : got == -1 ? -1 : 0;
}
