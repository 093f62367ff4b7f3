/*
 * mail_auth - what our own mail server found out about who sent a mail
 *
 * Only the topmost Authentication-Results of the server that is named counts;
 * any other may be written by the sender.  A domain vouches for the address in
 * From when DMARC passes for it, or when it is the domain, or one above it, that
 * signed (DKIM) or sent (SPF).
 *
 * Ownership: nothing is kept.
 * Limits: MAIL_AUTH_RESULTS_MAX results of one field; the rest is not seen.
 * Threads: no state.
 * Source: RFC 8601; the server must remove forged fields (section 5).
 */
#ifndef COMPOSER_INBOX_MAIL_AUTH_H
#define COMPOSER_INBOX_MAIL_AUTH_H

#include <stdbool.h>

#define MAIL_AUTH_RESULTS_MAX 64

enum mail_auth {
	MAIL_AUTH_NONE, /* written by another server */
	MAIL_AUTH_FAIL, /* by ours, and nothing vouches for the domain */
	MAIL_AUTH_PASS,
};

/* value: of one field, unfolded or not; domain: of the address in From. */
enum mail_auth
mail_auth_read(const char *value, const char *authserv_id, const char *domain);

#endif
