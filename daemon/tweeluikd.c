/*
 * tweeluikd - starts the role programs and watches over them
 *
 * The roles say that they are ready and what they do as they say it to
 * systemd.  Configuration and database are their affair: asked with
 * --check-config before anything starts, each answers with the rights that it
 * will have.  Only whether there is a mailbox to read is looked up here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/log.h"
#include "base/paths.h"
#include "daemon/role/notices.h"
#include "daemon/role/options.h"
#include "daemon/role/process.h"

#define PROGRAM "tweeluikd"
#define PAUSE_MAX_MS 60000
#define STEADY_MS 60000 /* who ran so long failed by accident */
#define STOP_MS 30000
#define EXIT_TEMP 75
#define EXIT_DENIED 77
#define EXIT_CONFIG 78

enum role_no { SCHEDULE, SEND, MAILBOX, WEB, ROLES };

struct child {
	const char *name;
	bool wanted;
	bool ready;
	pid_t pid; /* 0: does not run */
	int64_t started_at_ms;
	int64_t due_at_ms; /* when to start it, if it does not run */
	unsigned int failures;
	char status[256];
};

struct supervisor {
	struct options options;
	int signals;
	struct notices notices;
	struct child children[ROLES];
	int front; /* whom to tell that all are ready, -1: nobody waits */
	bool ready;
	bool stopping;
	int64_t kill_at_ms;
	int exit_code;
};

static void
run_role(const struct supervisor *s, const struct child *c, pid_t parent,
    bool check)
{
	char path[4200];
	const char *args[8] = { path };
	size_t n = 1;
	sigset_t none;

	(void)snprintf(path, sizeof(path), "%s/tweeluik-%s", paths_roles(),
	    c->name);
	if (s->options.config != NULL) {
		args[n++] = "--config";
		args[n++] = s->options.config;
	}
	if (check)
		args[n++] = "--check-config";
	if (s->options.once)
		args[n++] = "--once";
	if (s->options.hold)
		args[n++] = "--hold";
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* A role must not outlive the one who watches over it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	(void)setenv("NOTIFY_SOCKET", s->notices.address, 1);
	(void)unsetenv("WATCHDOG_USEC");
	(void)execv(path, (char *const *)(uintptr_t)args);
	log_event(LOG_LEVEL_ERROR, "cannot-run", "program", path, "reason",
	    strerror(errno), NULL);
	_exit(EXIT_CONFIG);
}

static void
start(struct supervisor *s, struct child *c, bool check)
{
	pid_t parent = getpid();

	c->ready = false;
	c->started_at_ms = clock_now_ms();
	c->pid = fork();
	if (c->pid == 0)
		run_role(s, c, parent, check);
	if (c->pid == -1) {
		log_event(LOG_LEVEL_ERROR, "cannot-fork", "reason",
		    strerror(errno), NULL);
		c->pid = 0;
		c->due_at_ms = c->started_at_ms + PAUSE_MAX_MS;
	}
}

static void
signal_all(struct supervisor *s, int sig)
{
	for (size_t i = 0; i < ROLES; i++)
		if (s->children[i].pid != 0)
			(void)kill(s->children[i].pid, sig);
}

static void
stop(struct supervisor *s, int exit_code)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->exit_code = exit_code;
	s->kill_at_ms = clock_now_ms() + STOP_MS;
	(void)sd_notify(0, "STOPPING=1");
	signal_all(s, SIGTERM);
}

static int
code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* Run one role to its end and return its exit code. */
static int
run_to_end(struct supervisor *s, struct child *c, bool check)
{
	struct pollfd p = { .fd = s->signals, .events = POLLIN };
	struct signalfd_siginfo si;
	int status;

	start(s, c, check);
	if (c->pid == 0)
		return EXIT_FAILURE;
	while (waitpid(c->pid, &status, WNOHANG) != c->pid) {
		(void)poll(&p, 1, -1);
		if (read(s->signals, &si, sizeof(si)) == sizeof(si) &&
		    (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT))
			stop(s, 0);
	}
	c->pid = 0;
	return code_of(status);
}

/* One role after the other, until one fails. */
static int
run_each(struct supervisor *s, bool check)
{
	int code = 0;

	for (size_t i = 0; i < ROLES && code == 0 && !s->stopping; i++)
		if (s->children[i].wanted)
			code = run_to_end(s, &s->children[i], check);
	return code;
}

static void
child_ended(struct supervisor *s, struct child *c, int status)
{
	int code = code_of(status);
	int64_t now = clock_now_ms();
	char what[32], seconds[32];

	c->pid = 0;
	if (s->stopping)
		return;
	if (code == EXIT_CONFIG || code == EXIT_DENIED) {
		/* It said why, and would say the same again. */
		stop(s, code);
		return;
	}
	c->due_at_ms = now;
	if (code == 0) /* after SIGHUP */
		return;
	if (now - c->started_at_ms >= STEADY_MS)
		c->failures = 0;
	c->due_at_ms += process_pause_ms(++c->failures, PAUSE_MAX_MS);
	(void)snprintf(what, sizeof(what), "%s %d",
	    WIFSIGNALED(status) ? "signal" : "exit",
	    WIFSIGNALED(status) ? WTERMSIG(status) : code);
	(void)snprintf(seconds, sizeof(seconds), "%d",
	    (int)((c->due_at_ms - now) / 1000));
	log_event(LOG_LEVEL_ERROR, "role-ended", "role", c->name, "with", what,
	    "again_after_seconds", seconds, NULL);
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < ROLES; i++)
			if (s->children[i].pid == pid)
				child_ended(s, &s->children[i], status);
}

/* A configuration that cannot be read changes nothing: the roles say why. */
static void
want_mailbox(struct supervisor *s)
{
	struct child *c = &s->children[MAILBOX];
	struct config config;
	struct err e;

	if (config_load(&config, s->options.config, &e) == -1)
		return;
	c->wanted = false;
	for (size_t i = 0; i < config.nmailboxes; i++)
		c->wanted |= config.mailboxes[i].kind != CONFIG_MAILBOX_PIPE;
	config_done(&config);
}

static void
start_anew(struct supervisor *s)
{
	signal_all(s, SIGHUP);
	want_mailbox(s);
}

static void
hear_signals(struct supervisor *s)
{
	struct signalfd_siginfo si;

	while (read(s->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(s);
		else if (si.ssi_signo == SIGHUP)
			start_anew(s);
		else
			stop(s, 0);
	}
}

static void
announce(struct supervisor *s)
{
	for (size_t i = 0; i < ROLES; i++)
		if (s->children[i].wanted && !s->children[i].ready)
			return;
	if (s->ready)
		return;
	s->ready = true;
	log_event(LOG_LEVEL_INFO, "ready", NULL);
	(void)sd_notify(0, "READY=1");
	if (s->front != -1) {
		(void)!write(s->front, "", 1);
		(void)close(s->front);
	}
}

static void
hear_notices(struct supervisor *s)
{
	struct notice n;

	while (notices_read(&s->notices, &n) == 1) {
		for (size_t i = 0; i < ROLES; i++) {
			struct child *c = &s->children[i];

			if (c->pid != n.pid)
				continue;
			c->ready = c->ready || n.ready;
			if (n.status != NULL)
				(void)snprintf(c->status, sizeof(c->status),
				    "%s", n.status);
		}
		announce(s);
		(void)sd_notifyf(0, "STATUS=%s; %s",
		    s->children[SCHEDULE].status, s->children[SEND].status);
	}
}

/* Start what is due; returns how long nothing else will be, -1: for ever. */
static int
start_due(struct supervisor *s)
{
	int64_t now = clock_now_ms(), pause = -1;

	for (size_t i = 0; i < ROLES; i++) {
		struct child *c = &s->children[i];

		if (!c->wanted || c->pid != 0)
			continue;
		if (c->due_at_ms <= now)
			start(s, c, false);
		else if (pause == -1 || c->due_at_ms - now < pause)
			pause = c->due_at_ms - now;
	}
	return (int)pause;
}

/* Who does not end in time is killed; nothing is lost by it. */
static int
kill_due(struct supervisor *s)
{
	int64_t left = s->kill_at_ms - clock_now_ms();

	if (left > 0)
		return (int)left;
	signal_all(s, SIGKILL);
	return 1000;
}

static bool
any_runs(const struct supervisor *s)
{
	for (size_t i = 0; i < ROLES; i++)
		if (s->children[i].pid != 0)
			return true;
	return false;
}

static int
supervise(struct supervisor *s)
{
	struct pollfd p[2] = { { .fd = s->signals, .events = POLLIN },
		{ .fd = s->notices.fd, .events = POLLIN } };

	while (!s->stopping || any_runs(s)) {
		(void)poll(p, 2, s->stopping ? kill_due(s) : start_due(s));
		hear_notices(s);
		hear_signals(s);
	}
	return s->exit_code;
}

/* Go on in the background.  Who called waits in front until it is known how
 * that went: until all roles are ready, or until the end. */
static int
leave_front(struct supervisor *s, struct err *e)
{
	int ends[2], status, null;
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		return err_sys(e, errno, "No process can be made");
	if (pid > 0) {
		(void)close(ends[1]);
		if (read(ends[0], &byte, 1) == 1)
			_exit(0);
		(void)waitpid(pid, &status, 0);
		_exit(code_of(status));
	}
	(void)close(ends[0]);
	s->front = ends[1];
	(void)setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1)
		return err_sys(e, errno, "/dev/null cannot be opened");
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)close(null);
	return 0;
}

static int
run(struct supervisor *s, struct err *e)
{
	const struct options *o = &s->options;
	int code;

	s->children[SEND].wanted = !o->hold;
	s->children[WEB].wanted = !o->once;
	want_mailbox(s);
	/* systemd knows by itself what is ready and what runs. */
	if (!o->foreground && !o->check && !o->once &&
	    getenv("NOTIFY_SOCKET") == NULL && leave_front(s, e) == -1)
		return -1;
	s->signals = process_signals(e, SIGTERM, SIGINT, SIGHUP, SIGCHLD, 0);
	if (s->signals == -1 || notices_open(&s->notices, e) == -1)
		return -1;
	if (o->check || o->once)
		return run_each(s, o->check);
	code = run_each(s, true);
	/* A database that is away now may be back later. */
	if (s->stopping || (code != 0 && code != EXIT_TEMP))
		return code;
	return supervise(s);
}

int
main(int argc, char **argv)
{
	struct supervisor s = { .front = -1,
		.children = {
		    [SCHEDULE] = { .name = "schedule", .wanted = true },
		    [SEND] = { .name = "send" },
		    [MAILBOX] = { .name = "mailbox" },
		    [WEB] = { .name = "web" },
		} };
	struct err e;
	int code = options_parse(&s.options, argc, argv, PROGRAM, &e);

	process_harden();
	log_init(PROGRAM, LOG_LEVEL_INFO);
	if (code == 1)
		code = run(&s, &e);
	return code == -1 ? process_fail(PROGRAM, &e) : code;
}
