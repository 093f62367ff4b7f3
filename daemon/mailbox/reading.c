#include "daemon/mailbox/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/write_all.h"
#include "daemon/mailbox/nursery.h"

struct reading {
	pthread_mutex_t lock;
	int fd; /* to the nursery */
};

int
reading_start(struct reading **ret, void (*prepare)(void), struct err *e)
{
	int ends[2];
	struct reading *r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return err_sys(e, errno, "Mail cannot be read");
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		nursery_run(ends[1], prepare);
	}
	(void)close(ends[1]);
	if (pid == -1) {
		(void)close(ends[0]);
		return err_sys(e, errno, "Mail cannot be read");
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		abort();
	(void)pthread_mutex_init(&r->lock, NULL);
	r->fd = ends[0];
	*ret = r;
	return 0;
}

void
reading_stop(struct reading *r)
{
	if (r == NULL)
		return;
	(void)close(r->fd);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

/* The bytes in a file that is only memory; -1 with errno. */
static int
memory_of(const char *bytes, size_t n)
{
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd != -1 && write_all(fd, bytes, n) == -1) {
		int why = errno;

		(void)close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static void
close_one(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* Everything the child says, until it ends; -1: too much, or too slowly.  Its
 * end is certain, so the nursery's verdict comes in any case. */
static int
hear(int fd, struct buf *answer)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || buf_add(answer, piece, (size_t)n) == -1)
			return -1;
	}
	return 0;
}

static int
unreadable(struct err *e)
{
	return err_plain(e, ERR_INPUT, "unreadable",
	    "The message cannot be understood");
}

static int
too_large(struct err *e)
{
	return err_plain(e, ERR_LIMIT, "too-large",
	    "The message is too large, or too much of something is in it");
}

/* How a child ended that did not answer. */
static int
ended(int status, struct err *e)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == SIGXCPU || sig == SIGKILL)
		return err_plain(e, ERR_LIMIT, "too-slow",
		    "Reading the message took too long");
	(void)err_set(e, ERR_INPUT, "Reading the message failed (signal %d)",
	    sig);
	return err_slug(e, "crashed");
}

static int
understand(const struct buf *answer, json_t **ret, struct err *e)
{
	json_t *all =
	    json_loadb(answer->data, answer->len, JSON_REJECT_DUPLICATES, NULL);
	json_t *said = json_object_get(all, "answer");
	int rc = 0;

	if (said != NULL)
		*ret = json_incref(said);
	else if (json_is_true(json_object_get(all, "too-large")))
		rc = too_large(e);
	else
		rc = unreadable(e);
	json_decref(all);
	return rc;
}

static int
ask(struct reading *r, const struct nursery_order *order, int fds[2],
    struct buf *answer, int *pipe_fd, int *ret_status, struct err *e)
{
	int heard;

	if (nursery_send(r->fd, order, fds) == -1)
		return err_plain(e, ERR_SYS, "reading-gone",
		    "The process that reads mail has gone");
	/* So that the child has the only other end of it. */
	close_one(&fds[1]);
	heard = hear(*pipe_fd, answer);
	/* Nobody listens any more, so it cannot wait for that. */
	close_one(pipe_fd);
	if (recv(r->fd, ret_status, sizeof(*ret_status), 0) !=
	    sizeof(*ret_status))
		return err_plain(e, ERR_SYS, "reading-gone",
		    "The process that reads mail has gone");
	if (*ret_status == NURSERY_NO_CHILD)
		return err_set(e, ERR_TEMP,
		    "No process for reading mail can be made");
	return heard == -1 ? too_large(e) : 0;
}

int
reading_run(struct reading *r, reading_work *work, const char *bytes, size_t n,
    json_t **ret, struct err *e)
{
	struct nursery_order order = { .work = work, .n = n };
	int ends[2] = { -1, -1 }, fds[2] = { -1, -1 }, status = 0, rc = -1;
	struct buf answer;

	buf_init(&answer, READING_ANSWER_MAX);
	if ((fds[0] = memory_of(bytes, n)) == -1 ||
	    pipe2(ends, O_CLOEXEC) == -1) {
		(void)err_sys(e, errno, "Mail cannot be read now");
		e->kind = ERR_TEMP;
		goto out;
	}
	fds[1] = ends[1];
	(void)pthread_mutex_lock(&r->lock);
	rc = ask(r, &order, fds, &answer, &ends[0], &status, e);
	(void)pthread_mutex_unlock(&r->lock);
	if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		rc = ended(status, e);
	if (rc == 0)
		rc = understand(&answer, ret, e);
out:
	buf_done(&answer);
	close_one(&fds[0]);
	close_one(&fds[1]);
	close_one(&ends[0]);
	return rc;
}
