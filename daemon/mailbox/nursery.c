#include "daemon/mailbox/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/write_all.h"

union control {
	struct cmsghdr header; /* aligns */
	char bytes[CMSG_SPACE(2 * sizeof(int))];
};

int
nursery_send(int fd, const struct nursery_order *order, const int fds[2])
{
	struct nursery_order copy = *order;
	struct iovec iov = { &copy, sizeof(copy) };
	union control control = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, 2 * sizeof(int));
	return sendmsg(fd, &m, MSG_NOSIGNAL) == sizeof(copy) ? 0 : -1;
}

/* 1: an order, 0: there will be none. */
static int
receive(int fd, struct nursery_order *ret, int ret_fds[2])
{
	struct iovec iov = { ret, sizeof(*ret) };
	union control control = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };

	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC) != sizeof(*ret) ||
	    control.header.cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return 0;
	memcpy(ret_fds, CMSG_DATA(&control.header), 2 * sizeof(int));
	return 1;
}

/* Of address space, before a child reads anything. */
static size_t
memory_in_use(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f != NULL) {
		if (fscanf(f, "%lu", &pages) != 1)
			pages = 0;
		(void)fclose(f);
	}
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void
limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
	const struct rlimit r = { soft, hard };

	/* A child without its limits must not live. */
	if (setrlimit(resource, &r) == -1)
		_exit(EXIT_FAILURE);
}

static void
confine(size_t in_use)
{
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_FSIZE, 0, 0);
	limit(RLIMIT_NOFILE, 0, 0);
	limit(RLIMIT_CPU, READING_CPU_SECONDS, READING_CPU_SECONDS + 1);
#ifdef __SANITIZE_ADDRESS__ /* its shadow alone is larger */
	(void)in_use;
#else
	limit(RLIMIT_NPROC, 0, 0);
	limit(RLIMIT_AS, in_use + READING_MEMORY, in_use + READING_MEMORY);
#endif
}

/* What is said to the one who asked: {"answer": ...} or {"too-large": true} */
static char *
answer_to(const struct nursery_order *order, const char *bytes)
{
	json_t *answer = NULL, *all;
	struct err e;

	if (order->work(bytes, order->n, &answer, &e) == 0)
		all = json_pack("{s:o}", "answer", answer);
	else
		all = json_pack("{s:b}", "too-large", e.kind == ERR_LIMIT);
	return all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
}

static noreturn void
be_child(const struct nursery_order *order, const int fds[2], size_t in_use)
{
	char *said;
	void *bytes = NULL;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)close(STDIN_FILENO);
	if (order->n > 0)
		bytes = mmap(NULL, order->n, PROT_READ, MAP_PRIVATE, fds[0], 0);
	if (bytes == MAP_FAILED)
		_exit(EXIT_FAILURE);
	(void)close(fds[0]);
	confine(in_use);
	said = answer_to(order, order->n > 0 ? bytes : "");
	if (said == NULL || write_all(fds[1], said, strlen(said)) == -1)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/* Its wait status, once it has ended; a child that waits for something uses no
 * time that the kernel counts. */
static int
see_through(pid_t pid)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int status;

	if (p.fd == -1 || poll(&p, 1, READING_WALL_MS) != 1)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (p.fd != -1)
		(void)close(p.fd);
	return status;
}

/* Libraries complain about what they read, in its own words, and those belong
 * in no log. */
static void
keep_quiet(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(fd, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
#ifndef __SANITIZE_ADDRESS__ /* whose words are wanted */
	    dup2(null, STDERR_FILENO) == -1 ||
#endif
	    close_range(STDERR_FILENO + 1, ~0U, 0) == -1)
		_exit(EXIT_FAILURE);
}

noreturn void
nursery_run(int fd, void (*prepare)(void))
{
	struct nursery_order order;
	size_t in_use;
	int fds[2];

	/* Whoever stops the program closes the socket; a child may be at work
	 * until then. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	keep_quiet(fd);
	if (prepare != NULL)
		prepare();
	in_use = memory_in_use();
	while (receive(STDIN_FILENO, &order, fds) == 1) {
		pid_t pid = fork();
		int status = NURSERY_NO_CHILD;

		if (pid == 0)
			be_child(&order, fds, in_use);
		(void)close(fds[0]);
		(void)close(fds[1]);
		if (pid > 0)
			status = see_through(pid);
		(void)send(STDIN_FILENO, &status, sizeof(status), MSG_NOSIGNAL);
	}
	_exit(EXIT_SUCCESS);
}
