/*
 * notices - hears what child processes tell sd_notify(3)
 *
 * A datagram socket under an address that the kernel chooses in the abstract
 * name space; the kernel says which process spoke, so that a stranger who
 * finds the address is not mistaken for a child.
 *
 * Errors: ERR_SYS.
 * Limits: a notice longer than NOTICE_MAX is cut.
 */
#ifndef DAEMON_ROLE_NOTICES_H
#define DAEMON_ROLE_NOTICES_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

#define NOTICE_MAX 1024

struct notices {
	int fd;
	char address[64]; /* for NOTIFY_SOCKET of the children */
};

struct notice {
	pid_t pid;
	bool ready;
	const char *status; /* NULL: says nothing of it */
	char text[NOTICE_MAX];
};

int notices_open(struct notices *n, struct err *e);

/* 1: there was one, 0: none waits. */
int notices_read(struct notices *n, struct notice *ret);

#endif
