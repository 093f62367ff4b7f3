/*
 * listener - a socket that listens on one address
 *
 * Errors: ERR_CONFIG when the address is none or cannot be had.
 */
#ifndef DAEMON_WEB_LISTENER_H
#define DAEMON_WEB_LISTENER_H

struct err;

/* "127.0.0.1:8080", "[::1]:8080", or "unix:/run/tweeluik/metrics.sock", which
 * its group may use; the file descriptor is the caller's. */
int listener_open(int *ret_fd, const char *address, struct err *e);

#endif
