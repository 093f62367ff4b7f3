/*
 * source - a mailbox that is read: IMAP, POP3 or Maildir
 *
 *	while (source_next(s, &mail, e) == 1) {
 *		source_fetch(s, max, &bytes, e);
 *		... commit what it means ...
 *		source_remove(s, e);
 *	}
 *	source_wait(s, e);
 *
 * The key of a mail is the same whenever it is listed, and is no other mail's
 * in this mailbox ever.  A mail that is removed is gone for good only when
 * source_next() says that there is no other; one that was not is listed again.
 *
 * Ownership: what the setup points to must outlive the source.
 * Errors: those of stream.h; ERR_CONFIG for a log-in or folder that is refused,
 *   ERR_PROTO for a server that is not understood, ERR_INTERRUPT when stop_fd
 *   became readable, ERR_SYS for files.  After an error: source_close().
 * Limits: each answer of a server within SOURCE_ANSWER_MS.
 * Threads: a source belongs to one thread.
 */
#ifndef DAEMON_MAILBOX_SOURCE_H
#define DAEMON_MAILBOX_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct config_mailbox;
struct err;
struct source;
struct stream;
struct stream_trust;

#define SOURCE_KEY_MAX 200
#define SOURCE_ANSWER_MS 60000
#define SOURCE_POLL_MS 60000 /* where nobody tells of new mail */

struct source_setup {
	const struct config_mailbox *mailbox;
	const char *password; /* NULL: none */
	struct stream_trust *trust;
	int stop_fd; /* every wait ends when it is readable */
};

struct source_mail {
	char key[SOURCE_KEY_MAX + 1];
	size_t size_bytes; /* as far as is known before it is fetched */
};

int source_open(struct source **ret, const struct source_setup *setup,
    struct err *e);
void source_close(struct source *s);

/* 1: the current mail is now this one, 0: there is none left. */
int source_next(struct source *s, struct source_mail *ret, struct err *e);

/* The first max bytes of the current mail, into a buffer that is empty.  0:
 * somebody else removed it. */
int source_fetch(struct source *s, size_t max, struct buf *ret, struct err *e);
int source_remove(struct source *s, struct err *e);

/* Until there may be new mail. */
int source_wait(struct source *s, struct err *e);

/*
 * For the drivers.
 */
struct source_driver {
	int (*open)(struct source **ret, const struct source_setup *setup,
	    struct err *e);
	void (*close)(struct source *s);
	int (*next)(struct source *s, struct source_mail *ret, struct err *e);
	int (*fetch)(struct source *s, size_t max, struct buf *ret,
	    struct err *e);
	int (*remove)(struct source *s, struct err *e);
	int (*wait)(struct source *s, struct err *e);
};

extern const struct source_driver source_imap, source_pop3, source_maildir;

struct source { /* begins what a driver returns */
	const struct source_driver *driver;
	const struct source_setup *setup;
};

/* Connect, with TLS from the first byte where that is set. */
int source_connect(struct stream **ret, const struct source_setup *setup,
    struct err *e);
/* Passwords travel over TLS, or do not leave this machine. */
int source_check_login(const struct stream *stream,
    const struct source_setup *setup, struct err *e);
/* Something is readable or time is up (0); ERR_INTERRUPT (-1).  fd -1: none. */
int source_pause(const struct source *s, int fd, int timeout_ms, struct err *e);
/* A key from what a server or a folder calls a mail. */
void source_key(char ret[SOURCE_KEY_MAX + 1], const char *name);

#endif
