/*
 * reader - who a link was made for
 *
 * Unknown, mangled and old tokens and tokens of people who were erased all
 * fail alike: ERR_NOT_FOUND with slug "link", one page for all of them.  Links
 * of a test belong to nobody: slug "test".
 *
 * A link proves its numbers without the database.  Where that is away the rest
 * of the reader stays empty, and db NULL.
 */
#ifndef DAEMON_WEB_READER_H
#define DAEMON_WEB_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/keys.h"

struct err;
struct page;
struct request;

struct reader {
	struct site_worker *worker;
	struct database *db;
	int64_t id;
	int64_t mailing;   /* the link came with; 0: none */
	const char *token; /* as in the link */
	char language[8];  /* "nl", "en", "both" */
	char mask[ADDRESS_MAX + 16];
	char paused[16];  /* "", the day the newsletter comes again, or "-" */
	char choices[32]; /* what a form shows, to see whether it still holds */
	bool left;
	bool may_pause;
	bool may_undo;
};

/* purposes: one or more letters of enum token_purpose. */
int reader_find(struct reader *ret, struct request *q, const char *purposes,
    struct err *e);

/* The same, but where only the database is missing 0 instead of an error; 1
 * when it is there. */
int reader_find_or_away(struct reader *ret, struct request *q,
    const char *purposes, struct err *e);

/* A link of another purpose for the same reader. */
void reader_token(const struct reader *r, enum token_purpose purpose,
    char ret[TOKEN_LINK_CHARS + 1]);

/* A page that speaks lang first, with what all pages of a reader show. */
void reader_page(const struct reader *r, const char *lang, struct page *p);

/* "nl", "en" or "both" */
bool reader_is_edition(const char *s);

/* For failures that must not tell what is wrong with a link. */
int reader_unknown(struct err *e);

#endif
