/*
 * shim - lets a program fail at a chosen step (LD_PRELOAD)
 *
 * Steps are counted from the start of the process:
 *	create, write, sync, truncate, unlink	of files that end in .journal or
 *			.departures
 *	send	to the relay (an internet socket)
 *	db	to the database (a local socket)
 * What happens at a step:
 *	die-before, die-half, die-after	SIGKILL; half: of the bytes
 *	cut-before, cut-half, cut-after	the connection ends
 *	short	half of the bytes are taken, without an error
 *	full	half of the bytes are taken, then there is no room
 *	fail	an error: no room, or EIO for sync and truncate
 *
 *	FAULT_AT	rules STEP:N:ACTION or STEP:N-M:ACTION, commas between
 *	FAULT_LOG	a line STEP:N:ACTION for every fault, before it happens
 *	FAULT_VICTIM	process, group (the whole host), or power: as group, and
 *			what was not synced is lost; removed journals are kept
 *			as NAME.kept, because removing was not synced either
 *	FAULT_BOOT	the identity of this run of the kernel
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#define RULES_MAX 64
#define FDS_MAX 1024
#define PIECES 512

enum step { CREATE, WRITE, SYNC, TRUNCATE, UNLINK, SEND, DB, STEPS };
enum action {
	NONE,
	DIE_BEFORE,
	DIE_HALF,
	DIE_AFTER,
	CUT_BEFORE,
	CUT_HALF,
	CUT_AFTER,
	SHORT,
	FULL,
	FAIL,
	ACTIONS
};

static const char *const step_names[STEPS] = { "create", "write", "sync",
	"truncate", "unlink", "send", "db" };
static const char *const action_names[ACTIONS] = { "", "die-before", "die-half",
	"die-after", "cut-before", "cut-half", "cut-after", "short", "full",
	"fail" };

static struct rule {
	enum step step;
	int first, last;
	enum action action;
} rules[RULES_MAX];
static int nrules;
static atomic_int turns[STEPS];
static int log_fd = -1;
static bool group, power;
/* Of each journal that is open: how much of it would survive, plus one. */
static _Atomic off_t kept[FDS_MAX];

static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlinkat)(int, const char *, int);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static ssize_t (*real_send)(int, const void *, size_t, int);
static int (*real_get_boot)(sd_id128_t *);

static int
word_in(const char *const *words, int n, const char *s, size_t len)
{
	for (int i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0)
			return i;
	(void)fprintf(stderr, "shim: what is %s?\n", s);
	abort();
}

static const char *
parse_rule(const char *p)
{
	struct rule *r = &rules[nrules++];
	size_t n = strcspn(p, ":");
	char *end;

	r->step = (enum step)word_in(step_names, STEPS, p, n);
	r->first = r->last = (int)strtol(p + n + 1, &end, 10);
	if (*end == '-')
		r->last = (int)strtol(end + 1, &end, 10);
	p = end + 1;
	n = strcspn(p, ",");
	r->action = (enum action)word_in(action_names, ACTIONS, p, n);
	return p[n] == ',' ? p + n + 1 : p + n;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *at = getenv("FAULT_AT"), *log = getenv("FAULT_LOG");
	const char *victim = getenv("FAULT_VICTIM");

	*(void **)&real_openat = dlsym(RTLD_NEXT, "openat");
	*(void **)&real_write = dlsym(RTLD_NEXT, "write");
	*(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	*(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
	*(void **)&real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
	*(void **)&real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
	*(void **)&real_send = dlsym(RTLD_NEXT, "send");
	*(void **)&real_get_boot = dlsym(RTLD_NEXT, "sd_id128_get_boot");
	power = victim != NULL && strcmp(victim, "power") == 0;
	group = power || (victim != NULL && strcmp(victim, "group") == 0);
	while (at != NULL && *at != '\0' && nrules < RULES_MAX)
		at = parse_rule(at);
	if (log != NULL)
		log_fd =
		    open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* What was never synced is gone, or gone from somewhere on. */
static void
lose_unsynced(void)
{
	for (int fd = 0; fd < FDS_MAX; fd++) {
		off_t keep = atomic_load(&kept[fd]);
		uint32_t random = 0;
		struct stat st;

		if (keep == 0 || fstat(fd, &st) == -1)
			continue;
		(void)!getrandom(&random, sizeof(random), 0);
		keep -= 1;
		if (st.st_size > keep)
			(void)!real_ftruncate(fd,
			    keep + random % (st.st_size - keep + 1));
	}
}

__attribute__((noreturn)) static void
die(void)
{
	if (power)
		lose_unsynced();
	(void)kill(group ? 0 : getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* It is step's turn: what happens.  die-before does not come back. */
static enum action
draw(enum step step)
{
	int turn = atomic_fetch_add(&turns[step], 1) + 1;
	char line[64];
	int n;

	for (int i = 0; i < nrules; i++) {
		const struct rule *r = &rules[i];

		if (r->step != step || turn < r->first || turn > r->last)
			continue;
		n = snprintf(line, sizeof(line), "%s:%d:%s\n", step_names[step],
		    turn, action_names[r->action]);
		if (log_fd != -1)
			(void)!real_write(log_fd, line, (size_t)n);
		if (r->action == DIE_BEFORE)
			die();
		return r->action;
	}
	return NONE;
}

static void
end(enum action a)
{
	if (a == DIE_HALF || a == DIE_AFTER)
		die();
}

static bool
is_journal_name(const char *path)
{
	const char *tail = strrchr(path, '.');

	return tail != NULL && tail != path &&
	    (strcmp(tail, ".journal") == 0 || strcmp(tail, ".departures") == 0);
}

static bool
is_journal(int fd)
{
	return fd >= 0 && fd < FDS_MAX && atomic_load(&kept[fd]) != 0;
}

static bool
is_socket_of(int fd, bool internet)
{
	socklen_t n = sizeof(int);
	int domain;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 &&
	    (internet ? domain == AF_INET || domain == AF_INET6
		      : domain == AF_UNIX);
}

int
openat(int dir, const char *path, int flags, ...)
{
	enum action a = NONE;
	int fd, mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, int);
		va_end(ap);
	}
	if ((flags & O_CREAT) == 0 || !is_journal_name(path))
		return real_openat(dir, path, flags, mode);
	a = draw(CREATE);
	if (a == FAIL) {
		errno = ENOSPC;
		return -1;
	}
	fd = real_openat(dir, path, flags, mode);
	if (fd >= 0 && fd < FDS_MAX)
		atomic_store(&kept[fd], 1);
	end(a);
	return fd;
}

int
close(int fd)
{
	static int (*real_close)(int);

	if (real_close == NULL)
		*(void **)&real_close = dlsym(RTLD_NEXT, "close");
	if (is_journal(fd))
		atomic_store(&kept[fd], 0);
	return real_close(fd);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t done;
	enum action a;

	if (!is_journal(fd))
		return real_write(fd, p, n);
	a = draw(WRITE);
	if (a == FAIL) {
		errno = ENOSPC;
		return -1;
	}
	if (a == DIE_HALF || a == SHORT || a == FULL)
		n = (n + 1) / 2;
	done = real_write(fd, p, n);
	end(a);
	if (a == FULL) {
		errno = ENOSPC;
		return -1;
	}
	return done;
}

int
fdatasync(int fd)
{
	struct stat st;
	enum action a;
	int rc;

	if (!is_journal(fd))
		return real_fdatasync(fd);
	a = draw(SYNC);
	if (a == FAIL) {
		errno = EIO;
		return -1;
	}
	/* A test does not wait for the disk: what counts is what was asked. */
	rc = fstat(fd, &st);
	if (rc == 0)
		atomic_store(&kept[fd], st.st_size + 1);
	end(a);
	return rc;
}

int
ftruncate(int fd, off_t n)
{
	enum action a;
	int rc;

	if (!is_journal(fd))
		return real_ftruncate(fd, n);
	a = draw(TRUNCATE);
	if (a == FAIL) {
		errno = EIO;
		return -1;
	}
	rc = real_ftruncate(fd, n);
	end(a);
	return rc;
}

int
unlinkat(int dir, const char *path, int flags)
{
	char name[PATH_MAX];
	enum action a;
	int rc;

	if (!is_journal_name(path))
		return real_unlinkat(dir, path, flags);
	a = draw(UNLINK);
	if (a == FAIL) {
		errno = EIO;
		return -1;
	}
	if (power) {
		(void)snprintf(name, sizeof(name), "%s.kept", path);
		(void)linkat(dir, path, dir, name, 0);
	}
	rc = real_unlinkat(dir, path, flags);
	end(a);
	return rc;
}

/* The first half of a message. */
static ssize_t
send_half(int fd, const struct msghdr *m, int flags)
{
	struct iovec iov[PIECES];
	struct msghdr half = *m;
	size_t bytes = 0, n = 0;

	for (size_t i = 0; i < m->msg_iovlen; i++)
		bytes += m->msg_iov[i].iov_len;
	for (bytes = (bytes + 1) / 2; bytes > 0 && n < PIECES; n++) {
		iov[n] = m->msg_iov[n];
		if (iov[n].iov_len > bytes)
			iov[n].iov_len = bytes;
		bytes -= iov[n].iov_len;
	}
	half.msg_iov = iov;
	half.msg_iovlen = n;
	return real_sendmsg(fd, &half, flags);
}

static ssize_t
send_at(enum step step, int fd, const struct msghdr *m, int flags)
{
	enum action a = draw(step);
	ssize_t done;

	if (a == CUT_BEFORE || a == FAIL) {
		(void)shutdown(fd, SHUT_RDWR);
		errno = ECONNRESET;
		return -1;
	}
	if (a == DIE_HALF || a == CUT_HALF || a == SHORT)
		done = send_half(fd, m, flags);
	else
		done = real_sendmsg(fd, m, flags);
	end(a);
	if (a == CUT_HALF || a == CUT_AFTER)
		(void)shutdown(fd, SHUT_RDWR);
	return done;
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	return is_socket_of(fd, true) ? send_at(SEND, fd, m, flags)
				      : real_sendmsg(fd, m, flags);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	return is_socket_of(fd, false) ? send_at(DB, fd, &m, flags)
				       : real_send(fd, p, n, flags);
}

int
sd_id128_get_boot(sd_id128_t *ret)
{
	const char *boot = getenv("FAULT_BOOT");

	return boot != NULL ? sd_id128_from_string(boot, ret)
			    : real_get_boot(ret);
}
