/*
 * err - the one way a function says why it failed
 *
 * A message is a whole sentence without a final full stop that says what
 * happened; the hint says what to do about it.  The kind drives policy (retry,
 * exit code), the slug is a stable English word for programs.
 *
 * Ownership: struct err lives on the caller's stack; nothing is allocated.
 * Errors: a function that takes a struct err * returns -1 after filling it.
 * Limits: text and hint are truncated at a character boundary.
 * Threads: err_translate_with() belongs before the first thread.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_TEXT_MAX 512
#define ERR_HINT_MAX 256
#define ERR_SLUG_MAX 32

enum err_kind {
	ERR_NONE,
	ERR_SYS,       /* unexpected: system call, broken data; exit 1 */
	ERR_USAGE,     /* wrong use of a command; exit 2 */
	ERR_NOT_FOUND, /* no such issue, item, subscriber; exit 3 */
	ERR_REFUSED,   /* the rules say no; exit 4 */
	ERR_CONFLICT,  /* changed since you looked; exit 5 */
	ERR_PARTLY,    /* some of it was done; exit 6 */
	ERR_TEMP,      /* the same call may succeed later; exit 75 */
	ERR_DENIED,    /* no permission; exit 77 */
	ERR_CONFIG,    /* configuration error; exit 78 */
	ERR_PROTO,     /* a peer broke the protocol; exit 1 */
	ERR_LIMIT,     /* a size or count limit was reached; exit 1 */
	ERR_INPUT, /* bad input data, text names file, line, field; exit 2 */
	ERR_INTERRUPT, /* a signal asked to stop; exit 130 */
};

struct err {
	enum err_kind kind;
	char slug[ERR_SLUG_MAX]; /* "" stands for err_kind_slug(kind) */
	char text[ERR_TEXT_MAX];
	char hint[ERR_HINT_MAX]; /* "" for none */
};

/* Fill e and return -1.  fmt is a msgid: it is translated when a program set
 * a translator. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), cold));

/* As err_set() with ERR_SYS and strerror(errno_value) appended. */
int err_sys(struct err *e, int errno_value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), cold));

/* As err_set() and err_slug() at once, for a sentence without values. */
int err_plain(struct err *e, enum err_kind kind, const char *slug,
    const char *msgid) __attribute__((cold));

/* Add what to do (a msgid as well) or the stable word; both return -1 so that
 * they can end a return statement. */
int err_hint(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), cold));
int err_slug(struct err *e, const char *slug) __attribute__((cold));

/* Put "where: " in front of the text; returns -1. */
int err_prefix(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Exit code (tweeluik(1)) and stable word of a kind. */
int err_exit_code(const struct err *e);
const char *err_word(const struct err *e);

/* From now on texts and hints pass through translate (a gettext look-up). */
void err_translate_with(const char *(*translate)(const char *msgid));

#endif
