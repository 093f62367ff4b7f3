/*
 * wording - what an answer of a mail system means
 *
 * Status codes first where they say something, then what stands in words: a
 * table of rules, in the order in which they are tried (base/bounce/rules.def).
 *
 * Pure: a table, no state after wording_init().
 */
#ifndef BASE_BOUNCE_WORDING_H
#define BASE_BOUNCE_WORDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bounce/bounce.h"

/* What a report says about one recipient, as far as it says it. */
struct wording {
	const char *action;	/* RFC 3464 2.3.3, or NULL */
	const char *status;	/* of the Status field, or NULL */
	const char *diagnostic; /* Diagnostic-Code or the SMTP reply, or NULL */
	const char *text;	/* other words about this recipient, or NULL */
	size_t text_bytes;
};

struct wording_says {
	enum bounce_class class;
	bool final;
	char status[BOUNCE_STATUS_MAX + 1]; /* the most telling one, or "" */
	enum bounce_reason reason;
	const char *rule; /* static */
};

void wording_init(void);
struct wording_says wording_read(const struct wording *w);

/* The kind that the headers and words of a mail make it, when it is no report:
 * automatic answer, challenge, moved, wish to leave, person, other. */
struct wording_mail {
	/* Value of a header field without folding, "" when absent; several are
	 * joined by a line feed. */
	const char *(*field)(void *arg, const char *name);
	void *arg;
	const char *subject; /* decoded, UTF-8 */
	const char *text;    /* first text part, UTF-8, without quoting */
	size_t text_bytes;
	bool is_null_sender; /* Return-Path: <> */
};

enum bounce_kind wording_kind(const struct wording_mail *m, bool *ret_automatic,
    const char **ret_rule);

#endif
