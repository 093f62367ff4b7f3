/*
 * details - all that is kept about a reader, for who holds a fresh link
 *
 * The link came to the address itself and is good for half an hour.  After
 * that, and once the address has changed, it opens a page that sends a new one.
 *
 * Ownership: nothing is kept.
 * Errors: as reader_find().
 */
#ifndef DAEMON_WEB_DETAILS_H
#define DAEMON_WEB_DETAILS_H

#include "daemon/web/reader.h"
#include "daemon/web/site.h"

struct response;

/* The page for a link that is good no more. */
int details_expired(const struct reader *d, struct response *r, struct err *e);

/*
 * The page which, with what is so now in <details>, and one thing told about it:
 * an attribute what, or NULL.  When that is an error (RESPONSE_UNPROCESSABLE) nothing
 * typed is lost: the form comes back with it.
 */
int details_answer(struct request *q, enum site_page which, const char *what,
    const char *value, struct response *r, struct err *e);

#endif
