#include "composer/cli/pgtool.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/err.h"
#include "composer/cli/progress.h"

#define PIECE_BYTES ((size_t)64 * 1024)
#define NOT_FOUND 127
#define LOOK_MS 200

struct child {
	const char *program;
	pid_t pid;
	int out, err; /* what it writes */
	char words[PGTOOL_WORDS + 1];
	size_t nwords;
};

/* In the child: libpq reads its settings from there. */
static void
set_environment(const char *conninfo, const char *user)
{
	PQconninfoOption *options =
	    conninfo != NULL ? PQconninfoParse(conninfo, NULL) : NULL;

	if (user != NULL)
		(void)setenv("PGUSER", user, 1);
	for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL;
	     o++)
		if (o->val != NULL && o->envvar != NULL)
			(void)setenv(o->envvar, o->val, 1);
	(void)setenv("LC_ALL", "C.UTF-8", 1);
}

static _Noreturn void
become(const char *const *argv, const char *conninfo, const char *user,
    int input, int out, int err)
{
	/* exec does not write to its arguments. */
	union {
		const char *const *in;
		char *const *out;
	} args = { .in = argv };

	if (input == -1)
		input = open("/dev/null", O_RDONLY);
	if (dup2(input, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(err, STDERR_FILENO) == -1)
		_exit(NOT_FOUND);
	set_environment(conninfo, user);
	(void)execvp(argv[0], args.out);
	_exit(NOT_FOUND);
}

static int
start(struct child *c, const char *const *argv, const char *conninfo,
    const char *user, int input, struct err *e)
{
	int out[2], err[2];

	*c = (struct child){ .program = argv[0] };
	if (pipe2(out, O_CLOEXEC) == -1)
		return err_sys(e, errno, "%s cannot be started", argv[0]);
	if (pipe2(err, O_CLOEXEC) == -1) {
		int why = errno;

		(void)close(out[0]);
		(void)close(out[1]);
		return err_sys(e, why, "%s cannot be started", argv[0]);
	}
	c->pid = fork();
	if (c->pid == 0)
		become(argv, conninfo, user, input, out[1], err[1]);
	(void)close(out[1]);
	(void)close(err[1]);
	c->out = out[0];
	c->err = err[0];
	if (c->pid != -1)
		return 0;
	(void)close(c->out);
	(void)close(c->err);
	return err_sys(e, errno, "%s cannot be started", argv[0]);
}

static void
keep_words(struct child *c, const char *p, size_t n)
{
	if (n > PGTOOL_WORDS - c->nwords)
		n = PGTOOL_WORDS - c->nwords;
	memcpy(c->words + c->nwords, p, n);
	c->nwords += n;
}

/* 1: it wrote something, 0: that was all. */
static int
receive(struct child *c,
    int (*take)(void *arg, const char *p, size_t n, struct err *e), void *arg,
    struct err *e)
{
	struct pollfd p[2] = { { .fd = c->out, .events = POLLIN },
		{ .fd = c->err, .events = POLLIN } };
	static char piece[PIECE_BYTES];
	ssize_t n;

	/* A signal may come just before poll() would notice it. */
	if (cli_progress_stopped())
		return err_set(e, ERR_INTERRUPT, "Interrupted");
	if (poll(p, 2, LOOK_MS) == -1)
		return errno == EINTR
		    ? 1
		    : err_sys(e, errno, "%s cannot be watched", c->program);
	if (p[1].revents != 0) {
		n = read(c->err, piece, sizeof(piece));
		if (n > 0)
			keep_words(c, piece, (size_t)n);
		else {
			(void)close(c->err);
			c->err = -1;
		}
	}
	if (p[0].revents != 0) {
		n = read(c->out, piece, sizeof(piece));
		if (n > 0 && take(arg, piece, (size_t)n, e) == -1)
			return -1;
		if (n <= 0) {
			(void)close(c->out);
			c->out = -1;
		}
	}
	return c->out != -1 || c->err != -1;
}

static int
finish(struct child *c, bool failed, struct err *e)
{
	int status = 0;

	if (c->out != -1)
		(void)close(c->out);
	if (c->err != -1)
		(void)close(c->err);
	if (failed)
		(void)kill(c->pid, SIGTERM);
	while (waitpid(c->pid, &status, 0) == -1 && errno == EINTR)
		;
	if (failed)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	/* Ctrl-C reaches both, and it may be the first to go. */
	if (cli_progress_stopped())
		return err_set(e, ERR_INTERRUPT, "Interrupted");
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND) {
		(void)err_set(e, ERR_CONFIG, "%s is not installed", c->program);
		return err_hint(e,
		    N_("It is part of Debian's package postgresql-client"));
	}
	c->words[strcspn(c->words, "\n")] = '\0';
	return err_set(e, ERR_SYS, "%s", c->nwords > 0 ? c->words : c->program);
}

int
pgtool_run(const char *const *argv, const char *conninfo, const char *user,
    int input, int (*take)(void *arg, const char *p, size_t n, struct err *e),
    void *arg, struct err *e)
{
	struct child c;
	int rc = 1;

	if (start(&c, argv, conninfo, user, input, e) == -1)
		return -1;
	while (rc == 1)
		rc = receive(&c, take, arg, e);
	return finish(&c, rc == -1, e);
}
