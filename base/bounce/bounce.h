/*
 * bounce - what a message that came back means: bytes in, verdicts out
 *
 * Understands delivery reports (RFC 3464, RFC 6533) whole or mangled, reports
 * in plain words, feedback reports (RFC 5965), disposition notifications (RFC
 * 8098), automatic answers (RFC 3834), wishes to leave, and tells what a
 * person wrote.  It decides nothing about a reader: it says what the message
 * says.  Addresses in it are the sender's claim and identify nobody; who it is
 * about is known by our own token alone (struct bounce_trace).
 *
 * Ownership: everything in struct bounce belongs to the arena.
 * Errors: ERR_LIMIT for a message beyond the limits, ERR_INPUT for one that
 *   cannot be read as mail at all.
 * Limits: BOUNCE_MESSAGE_MAX bytes, BOUNCE_RECIPIENTS_MAX recipients; headers,
 *   parts, depth and text that is looked at are bounded too.
 * Threads: bounce_init() once before the first thread; no state after it.
 *
 * Pure: no file, no clock, no socket.
 */
#ifndef BASE_BOUNCE_BOUNCE_H
#define BASE_BOUNCE_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;

#define BOUNCE_MESSAGE_MAX ((size_t)10 * 1024 * 1024)
#define BOUNCE_RECIPIENTS_MAX 200
#define BOUNCE_TRACES_MAX 8
#define BOUNCE_STATUS_MAX 11 /* "5.7.705", without a NUL */
#define BOUNCE_DIAGNOSTIC_MAX 500

/* What the message is as a whole. */
enum bounce_kind {
	BOUNCE_REPORT,	    /* of delivery, per recipient */
	BOUNCE_COMPLAINT,   /* feedback report: somebody called it spam */
	BOUNCE_UNSUBSCRIBE, /* wants to leave: by token or in words */
	BOUNCE_AUTH_REPORT, /* of authentication: RFC 6591, DMARC */
	BOUNCE_RECEIPT,	    /* was read, or deleted unread */
	BOUNCE_AUTOREPLY,   /* absence and other answers of a machine */
	BOUNCE_CHALLENGE,   /* wants to see that we are human */
	BOUNCE_MOVED,	    /* "my address has changed" */
	BOUNCE_PERSON,	    /* a person wrote, or may have */
	BOUNCE_OTHER,	    /* a machine or a list, nothing of the above */
};

/* What became of the mail to one recipient. */
enum bounce_class {
	BOUNCE_HARD,	  /* the address itself is dead */
	BOUNCE_SOFT,	  /* every other failure */
	BOUNCE_DELAYED,	  /* a warning; delivery goes on */
	BOUNCE_DELIVERED, /* delivered, relayed or expanded */
};

/* A small vocabulary that is stored and translated: never renumbered. */
enum bounce_reason {
	BOUNCE_UNKNOWN,
	BOUNCE_DEAD,	       /* no such user or host, moved, no mail there */
	BOUNCE_FULL,	       /* mailbox or quota */
	BOUNCE_INACTIVE,       /* disabled, suspended: may come back */
	BOUNCE_BLOCKED,	       /* as spam, by reputation or by policy */
	BOUNCE_AUTHENTICATION, /* our SPF, DKIM, DMARC, reverse DNS */
	BOUNCE_TEMPORARY,      /* busy, greylisted, unreachable, expired */
	BOUNCE_TOO_LARGE,
	BOUNCE_CONTENT, /* refused for what is in it */
	BOUNCE_REASONS
};

struct bounce_recipient {
	const char *address; /* as reported, without brackets; NULL: not said */
	enum bounce_class class;
	bool final; /* 5.x.x or its like; false: 4.x.x, or given up in time */
	char status[BOUNCE_STATUS_MAX + 1]; /* enhanced (RFC 3463), or "" */
	enum bounce_reason reason;
	const char *diagnostic; /* one line of UTF-8, "" for none */
	const char *rule;	/* which rule said so, a word for people */
};

/* Where one of our tokens may be: still to be opened by the caller. */
enum bounce_place {
	BOUNCE_ENVELOPE,   /* local part it was delivered to (VERP) */
	BOUNCE_MESSAGE_ID, /* of the returned message: before the @ */
	BOUNCE_MAILTO,	   /* returned List-Unsubscribe: after the plus */
	BOUNCE_LINK,	   /* returned List-Unsubscribe: end of the URL */
	BOUNCE_TO,	   /* what a mail was written to: after the plus */
};

struct bounce_trace {
	enum bounce_place place;
	const char *text; /* at most 64 characters */
};

struct bounce {
	enum bounce_kind kind;
	bool is_automatic; /* RFC 3834: never to be answered by a machine */
	const char *rule;  /* what made it that kind */
	struct bounce_recipient *recipients;
	size_t nrecipients;
	struct bounce_trace traces[BOUNCE_TRACES_MAX];
	size_t ntraces;
	/* For people: one line of UTF-8 each, "" when there is none. */
	const char *from, *subject, *message_id;
	const char *from_address; /* of From, or "" */
	const char *text; /* what was written, without quoting; for a person */
};

/* Builds the tables of rules.  Takes some 30 milliseconds. */
void bounce_init(void);

int bounce_read(const char *bytes, size_t n, struct arena *arena,
    struct bounce *ret, struct err *e) __attribute__((warn_unused_result));

/* Stable words, as in `tweeluik bounce explain` and in the database. */
const char *bounce_kind_word(enum bounce_kind kind);
const char *bounce_class_word(enum bounce_class class);
const char *bounce_reason_word(enum bounce_reason reason);

#endif
