/*
 * nursery - the process behind reading.h that forks a child for each message
 *
 * It gets an order with two descriptors (the bytes, a pipe for the answer) and
 * returns the child's wait status, until the other end of its socket is closed.
 *
 * Errors: -1 with errno.
 */
#ifndef DAEMON_MAILBOX_NURSERY_H
#define DAEMON_MAILBOX_NURSERY_H

#include <stdnoreturn.h>

#include "daemon/mailbox/reading.h"

/* A function has the same address in a process that was only forked. */
struct nursery_order {
	reading_work *work;
	size_t n; /* bytes */
};

#define NURSERY_NO_CHILD (-1) /* instead of a wait status */

noreturn void nursery_run(int fd, void (*prepare)(void));

int nursery_send(int fd, const struct nursery_order *order, const int fds[2]);

#endif
