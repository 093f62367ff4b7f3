/*
 * session - the server's side of one SMTP conversation, without any I/O
 * (RFC 5321; PIPELINING RFC 2920, CHUNKING RFC 3030, STARTTLS RFC 3207, AUTH
 * RFC 4954, SIZE RFC 1870)
 *
 * Bytes in, replies out.  It is as strict as a server may be: a second MAIL
 * without RSET is refused (a BDAT that failed leaves its transaction open),
 * and input that comes before the reply it must wait for is counted.
 *
 * Ownership: options, tally and faults are borrowed.
 * Limits: a line of SESSION_LINE_MAX bytes, a path of SESSION_PATH_MAX,
 *   RECIPIENTS_MAX recipients and
 *   their addresses together SESSION_ADDRESSES bytes.
 */
#ifndef TESTS_SINK_SESSION_H
#define TESTS_SINK_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/sink/content.h"

struct buf;
struct faults;
struct tally;

#define SESSION_LINE_MAX ((size_t)2048)
#define SESSION_ADDRESSES 2048
#define SESSION_PATH_MAX ((size_t)256)
#define RECIPIENTS_MAX 50

struct session_options {
	bool chunking, pipelining, starttls;
	/* base64 of "\0user\0password", NULL: no AUTH; and of the same with the
	 * user in front, to act as whom is allowed to everybody. */
	const char *login, *login_as;
	long messages_max; /* on a connection; 0 for any number */
	struct templates templates;
	struct tally *tally;
	FILE *envelopes;       /* a line for each delivery; may be NULL */
	struct faults *faults; /* NULL for none */
};

enum session_state {
	SESSION_COMMAND,
	SESSION_AUTH, /* the line after 334 */
	SESSION_DATA,
	SESSION_BDAT,
};

/* What the caller does after the replies. */
enum session_next {
	SESSION_GO_ON,
	SESSION_START_TLS,
	SESSION_END,	 /* say no more and wait until the peer closes */
	SESSION_DROP,	 /* close at once */
	SESSION_SILENCE, /* throw away what comes, then close */
};

struct session {
	const struct session_options *o;
	enum session_state state;
	enum session_next next;
	bool greeted, tls, logged_in;
	long messages;
	bool behind; /* more input came along with this command */

	/* the transaction */
	bool mail, content_begun, broken;
	char sender[SESSION_PATH_MAX + 1];
	int nrecipients;
	size_t addresses_len;
	char addresses[SESSION_ADDRESSES]; /* a NUL after each */
	struct content content;
	uint64_t cut_after; /* content bytes before the connection breaks */

	bool line_start;   /* DATA: the next byte begins a line */
	uint64_t left;	   /* BDAT: bytes of the chunk to come */
	bool last, refuse; /* BDAT: LAST; skip it, 503 follows */
};

/* The greeting goes into replies. */
void session_begin(struct session *s, const struct session_options *o,
    struct buf *replies);

/* TLS has begun: what was said before counts for nothing. */
void session_secured(struct session *s);

/*
 * Take bytes from [p, end) and add replies.  Returns where it stopped: what is
 * left, less than SESSION_LINE_MAX bytes, comes again in front of the next.
 */
const char *session_input(struct session *s, const char *p, const char *end,
    struct buf *replies);

#endif
