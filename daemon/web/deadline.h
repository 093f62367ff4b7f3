/*
 * deadline - ends connections whose request takes too long
 *
 * libmicrohttpd's timeout counts silence; who sends one octet a second is
 * never silent.  A connection has `seconds` from its start, or from the end of
 * its last request, until the end of the next; then its socket is shut down.
 *
 * Ownership: deadline_watch() gives what deadline_forget() takes back.
 * Threads: all functions may be called from any.
 */
#ifndef DAEMON_WEB_DEADLINE_H
#define DAEMON_WEB_DEADLINE_H

struct deadline;
struct deadline_watch;

struct deadline *deadline_new(unsigned seconds);
/* After the last deadline_forget(). */
void deadline_free(struct deadline *d);

struct deadline_watch *deadline_watch(struct deadline *d, int fd);
void deadline_renew(struct deadline *d, struct deadline_watch *w);
/* Before the socket is closed. */
void deadline_forget(struct deadline *d, struct deadline_watch *w);

#endif
