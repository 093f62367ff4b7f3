/*
 * site - what every page needs: configuration, keys, templates, a database
 *
 * The pages for what is missing or broken are written at the start, so that
 * they are there when nothing else is.
 *
 * Ownership: struct site borrows configuration and keys; it is read-only once
 *   open but for what is counted.  A struct site_worker belongs to one thread and owns its connection.
 * Errors: site_open(): ERR_CONFIG for a template, ERR_SYS for a missing file.
 */
#ifndef DAEMON_WEB_SITE_H
#define DAEMON_WEB_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct config;
struct database;
struct err;
struct keys;
struct limit;
struct request;
struct response;
struct template;

enum site_page {
	PAGE_UNSUBSCRIBE,
	PAGE_UNSUBSCRIBED,
	PAGE_NOTED,
	PAGE_UNDO,
	PAGE_SUBSCRIBED,
	PAGE_LANGUAGE,
	PAGE_LANGUAGE_DONE,
	PAGE_PREFERENCES,
	PAGE_DETAILS,
	PAGE_DETAILS_LINK,
	PAGE_NEW_ADDRESS,
	PAGE_CONFIRM_ADDRESS,
	PAGE_ERASE,
	PAGE_ERASED,
	PAGE_CHECK,
	PAGE_CHECK_CHANGE,
	PAGE_SIGNUP,
	PAGE_CHECK_MAIL,
	PAGE_CONFIRM,
	PAGE_JOINED,
	PAGE_TOO_MANY,
	PAGE_ARCHIVE,
	PAGE_ARCHIVE_ISSUE,
	PAGE_FEED, /* what is in its entries */
	PAGE_PRIVACY,
	PAGE_ACCESSIBILITY,
	PAGE_HOME,
	PAGE_UNKNOWN_LINK,
	PAGE_TEST_LINK,
	PAGE_MISSING,
	PAGE_UNAVAILABLE,
	SITE_PAGES
};

struct site {
	const struct config *config;
	const struct keys *keys;
	struct template *templates[SITE_PAGES];
	struct buf fixed[SITE_PAGES]; /* empty for pages made on request */
	struct buf style;
	struct limit *signups; /* has a lock of its own */
};

struct site_worker {
	const struct site *site;
	struct database *db;   /* NULL until needed */
	bool ready;	       /* connected, to the right schema */
	int64_t away_until_ms; /* so long nobody waits for it again */
};

int site_open(struct site *s, const struct config *c, const struct keys *k,
    struct err *e);
/* Also of one that is all zero, or was not opened. */
void site_close(struct site *s);

/* Answer with a page that is the same for everybody. */
void site_answer(const struct site *s, enum site_page which, unsigned status,
    struct response *r);

/* For struct http_options. */
void *site_worker_new(void *site);
void site_worker_free(void *worker);
bool site_failed(struct request *q, struct response *r, const struct err *e,
    bool again);

/* The connection of this thread; ERR_TEMP when it cannot be had. */
int site_worker_database(struct site_worker *w, struct database **ret,
    struct err *e);
/* Whether it was the database that failed, and not what was asked of it. */
bool site_is_away(const struct err *e);
/* A server that was started anew has closed our connection: true when there is
 * another one now. */
bool site_worker_reconnect(struct site_worker *w);

#endif
