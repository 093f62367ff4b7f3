#include "base/bounce/feedback.h"

#include <string.h>

#include "base/bounce/addresses.h"

static void
add_all(struct feedback *fb, const struct fields *f, const char *name,
    struct arena *arena)
{
	for (const struct field *field = NULL;
	     (field = fields_next(f, name, field)) != NULL;) {
		struct slice all = field->value, one;

		for (size_t at = 0; fb->nrecipients < FEEDBACK_RECIPIENTS_MAX &&
		     addresses_next(all, &at, &one);)
			fb->recipients[fb->nrecipients++] =
			    slice_string(one, one.n, arena);
	}
}

static enum bounce_kind
kind_of(const char *type)
{
	static const struct {
		const char *type;
		enum bounce_kind kind;
	} kinds[] = {
		{ "opt-out", BOUNCE_UNSUBSCRIBE },
		{ "opt-out-list", BOUNCE_UNSUBSCRIBE },
		{ "auth-failure", BOUNCE_AUTH_REPORT },
		{ "dmarc", BOUNCE_AUTH_REPORT },
		{ "not-spam", BOUNCE_OTHER },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (slice_is(slice_of(type, strcspn(type, " ;(")),
			kinds[i].type))
			return kinds[i].kind;
	/* RFC 5965 3.1: what is not known counts as "other", a complaint. */
	return BOUNCE_COMPLAINT;
}

void
feedback_read(const struct fields *report, const struct fields *original,
    struct arena *arena, struct feedback *ret)
{
	static const char *const told[] = { "Original-Rcpt-To",
		"Removal-Recipient" };
	static const char *const headers[] = { "X-HmXmrOriginalRecipient",
		"X-Original-To", "Delivered-To", "To" };

	*ret = (struct feedback){
		.kind = kind_of(fields_get(report, "Feedback-Type", arena)),
	};
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		add_all(ret, report, told[i], arena);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]) &&
	     original != NULL && ret->nrecipients == 0;
	     i++)
		add_all(ret, original, headers[i], arena);
}
