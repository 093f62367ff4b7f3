/*
 * feedback - the fields of a feedback report, and of complaints that are none
 *
 * Source: RFC 5965 3, RFC 6591 3 (auth-failure), RFC 6430 (not-spam); JMRP of
 * Outlook.com, which attaches the mail and adds X-HmXmrOriginalRecipient.
 */
#ifndef BASE_BOUNCE_FEEDBACK_H
#define BASE_BOUNCE_FEEDBACK_H

#include "base/bounce/bounce.h"
#include "base/bounce/fields.h"

#define FEEDBACK_RECIPIENTS_MAX 20

struct feedback {
	enum bounce_kind kind;
	const char *recipients[FEEDBACK_RECIPIENTS_MAX];
	size_t nrecipients;
};

/* report: the fields of the report; original: those of the mail that is
 * complained of, or NULL. */
void feedback_read(const struct fields *report, const struct fields *original,
    struct arena *arena, struct feedback *ret);

#endif
