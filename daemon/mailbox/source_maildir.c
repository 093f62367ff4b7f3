#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "daemon/mailbox/source.h"

static const char *const folders[] = { "new", "cur" };

struct maildir {
	struct source source;
	const char *path;
	int watch_fd;
	int fds[2]; /* of folders */
	size_t which;
	DIR *dir; /* of the one that is being listed; NULL: none yet */
	const char *name;
};

static struct maildir *
maildir_of(struct source *s)
{
	return (struct maildir *)s;
}

static int
failed(const struct maildir *m, struct err *e)
{
	int why = errno;

	(void)err_sys(e, why, "The Maildir %s cannot be read", m->path);
	if (why == ENOENT || why == EACCES || why == ENOTDIR)
		e->kind = ERR_CONFIG;
	return -1;
}

static void
maildir_close(struct source *s)
{
	struct maildir *m = maildir_of(s);

	if (m->dir != NULL)
		(void)closedir(m->dir);
	for (size_t i = 0; i < 2; i++)
		if (m->fds[i] != -1)
			(void)close(m->fds[i]);
	if (m->watch_fd != -1)
		(void)close(m->watch_fd);
	free(m);
}

/* Watched before it is listed, so nothing comes in between. */
static int
watch(struct maildir *m, int top, size_t i)
{
	char path[4096];
	size_t n = strlen(m->path);

	m->fds[i] = openat(top, folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->fds[i] == -1)
		return -1;
	if (n + 5 > sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, m->path, n);
	path[n] = '/';
	memcpy(path + n + 1, folders[i], 4);
	return inotify_add_watch(m->watch_fd, path,
		   IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE) == -1
	    ? -1
	    : 0;
}

static int
maildir_open(struct source **ret, const struct source_setup *setup,
    struct err *e)
{
	struct maildir *m = calloc(1, sizeof(*m));
	int top, rc = 0;

	if (m == NULL)
		abort();
	m->path = setup->mailbox->path;
	m->fds[0] = m->fds[1] = -1;
	m->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	top = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->watch_fd == -1 || top == -1 || watch(m, top, 0) == -1 ||
	    watch(m, top, 1) == -1)
		rc = failed(m, e);
	if (top != -1)
		(void)close(top);
	if (rc == -1) {
		maildir_close(&m->source);
		return -1;
	}
	*ret = &m->source;
	return 0;
}

/* A list of its own of the folder that is open already. */
static DIR *
list(const struct maildir *m)
{
	int fd =
	    openat(m->fds[m->which], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd == -1 ? NULL : fdopendir(fd);
}

/* The next name, or NULL with errno 0 at the end. */
static const char *
next_name(struct maildir *m)
{
	const struct dirent *d;

	for (; m->which < 2; m->which++) {
		if (m->dir == NULL && (m->dir = list(m)) == NULL)
			return NULL;
		do {
			errno = 0;
			d = readdir(m->dir);
		} while (d != NULL && d->d_name[0] == '.');
		if (d != NULL || errno != 0)
			return d != NULL ? d->d_name : NULL;
		(void)closedir(m->dir);
		m->dir = NULL;
	}
	m->which = 0;
	return NULL;
}

/* The name without the flags, which change (maildir(5): ":2,"). */
static void
key_of(char ret[SOURCE_KEY_MAX + 1], const char *name)
{
	char unique[NAME_MAX + 1];
	size_t n = strcspn(name, ":");

	memcpy(unique, name, n);
	unique[n] = '\0';
	source_key(ret, unique);
}

static int
maildir_next(struct source *s, struct source_mail *ret, struct err *e)
{
	struct maildir *m = maildir_of(s);
	struct stat st;

	do {
		m->name = next_name(m);
		if (m->name == NULL)
			return errno == 0 ? 0 : failed(m, e);
	} while (fstatat(m->fds[m->which], m->name, &st, AT_SYMLINK_NOFOLLOW) ==
		-1 ||
	    !S_ISREG(st.st_mode));
	key_of(ret->key, m->name);
	ret->size_bytes = (size_t)st.st_size;
	return 1;
}

static int
maildir_fetch(struct source *s, size_t max, struct buf *ret, struct err *e)
{
	struct maildir *m = maildir_of(s);
	int fd = openat(m->fds[m->which], m->name,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char piece[65536];
	ssize_t n = 1;

	if (fd == -1)
		return errno == ENOENT ? 0 : failed(m, e);
	while (n > 0 && ret->len < max) {
		size_t room = max - ret->len;

		n = read(fd, piece,
		    room < sizeof(piece) ? room : sizeof(piece));
		if (n > 0)
			(void)buf_add(ret, piece, (size_t)n);
	}
	if (n == -1)
		(void)failed(m, e);
	(void)close(fd);
	return n == -1 ? -1 : 1;
}

static int
maildir_remove(struct source *s, struct err *e)
{
	struct maildir *m = maildir_of(s);

	if (unlinkat(m->fds[m->which], m->name, 0) == -1 && errno != ENOENT)
		return failed(m, e);
	return 0;
}

static int
maildir_wait(struct source *s, struct err *e)
{
	struct maildir *m = maildir_of(s);
	char events[4096];
	int rc = source_pause(s, m->watch_fd, SOURCE_POLL_MS, e);

	/* Which they are does not matter. */
	while (read(m->watch_fd, events, sizeof(events)) > 0)
		;
	return rc;
}

const struct source_driver source_maildir = {
	.open = maildir_open,
	.close = maildir_close,
	.next = maildir_next,
	.fetch = maildir_fetch,
	.remove = maildir_remove,
	.wait = maildir_wait,
};
