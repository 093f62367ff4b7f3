/*
 * mail_item - a mail as an item: title, text and what was left out
 *
 * The subject is the title; the text comes from the plain part, or from the
 * HTML when that says more (links with words of their own, or all there is).  Of
 * several texts, between them attachments, one is made.  A mail that was
 * attached gives its text when there is no other.
 *
 * Ownership: everything in struct mail_item belongs to the arena.
 * Errors: ERR_LIMIT for a mail beyond the limits, ERR_INPUT for one that cannot
 *   be read.  That there is no text, or too much of it, is no error.
 * Limits: below; a title longer than ITEM_TITLE_MAX is cut.
 * Threads: mail_item_init() once before the first thread; no state after it.
 *
 * Pure: no file, no clock, no socket.
 */
#ifndef COMPOSER_INBOX_MAIL_ITEM_H
#define COMPOSER_INBOX_MAIL_ITEM_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;

#define MAIL_ITEM_BYTES_MAX ((size_t)10 * 1024 * 1024)
#define MAIL_ITEM_TEXT_MAX ((size_t)256 * 1024) /* of a plain part */
#define MAIL_ITEM_HTML_MAX ((size_t)512 * 1024)
#define MAIL_ITEM_LEFT_OUT_MAX 20
#define MAIL_ITEM_NAME_MAX 100
#define MAIL_ITEM_RESULTS_MAX 8
#define MAIL_ITEM_RESULT_MAX 4000

enum mail_item_fault {
	MAIL_ITEM_FINE,
	MAIL_ITEM_EMPTY,    /* no title and no text */
	MAIL_ITEM_TOO_LONG, /* for an item */
};

struct mail_item_left_out {
	const char *name; /* without a folder, "" for none */
	size_t bytes;
};

struct mail_item {
	enum mail_item_fault fault;
	const char *title; /* without Re: and the like */
	const char *body;  /* small Markdown */
	const char *lang;  /* a guess; NULL: the text does not say */
	struct mail_item_left_out left_out[MAIL_ITEM_LEFT_OUT_MAX];
	size_t nleft_out;
	size_t nmore;		/* left out besides */
	const char *from;	/* the address, "" when there is not just one */
	const char *message_id; /* "" for none */
	/* Authentication-Results, from the top. */
	const char *results[MAIL_ITEM_RESULTS_MAX];
	size_t nresults;
};

void mail_item_init(void);

int mail_item_read(struct arena *a, const char *bytes, size_t n,
    struct mail_item *ret, struct err *e) __attribute__((warn_unused_result));

/* The server of that name vouches that the mail is from who it says. */
bool mail_item_verified(const struct mail_item *m, const char *authserv_id);

#endif
