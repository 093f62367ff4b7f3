#include "daemon/send/classify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "daemon/send/smtp_result.h"

#define ANY (-1)

/* Sets of stages */
#define AT(stage) (1U << (stage))
#define BEFORE_RCPT (AT(SMTP_RCPT) - 1)
#define FROM_RCPT (AT(SMTP_RCPT) | AT(SMTP_DATA) | AT(SMTP_END_OF_DATA))
#define FROM_DATA (AT(SMTP_DATA) | AT(SMTP_END_OF_DATA))
#define EVERYWHERE (~0U)

/* The first rule that fits decides. */
static const struct rule {
	unsigned int stages;
	enum smtp_outcome outcome;
	int code_min, code_max;
	int subject, detail; /* of the enhanced status; 0.0 is "other" */
	enum verdict verdict;
} rules[] = {
	/* No reply. */
	{ AT(SMTP_END_OF_DATA), SMTP_LOST, 0, 0, ANY, ANY, VERDICT_UNCERTAIN },
	{ AT(SMTP_END_OF_DATA), SMTP_UNFIT, 0, 0, ANY, ANY, VERDICT_UNCERTAIN },
	{ EVERYWHERE, SMTP_LOST, 0, 0, ANY, ANY, VERDICT_RELAY_AWAY },
	{ EVERYWHERE, SMTP_UNFIT, 0, 0, ANY, ANY, VERDICT_RELAY_BROKEN },
	{ EVERYWHERE, SMTP_NOT_SENT, 0, 0, 1, 3, VERDICT_RECIPIENT_DEAD },
	{ EVERYWHERE, SMTP_NOT_SENT, 0, 0, 3, 4, VERDICT_CONTENT },
	{ EVERYWHERE, SMTP_NOT_SENT, 0, 0, 6, ANY, VERDICT_CONTENT },
	{ EVERYWHERE, SMTP_NOT_SENT, 0, 0, ANY, ANY, VERDICT_RELAY_BROKEN },

	{ AT(SMTP_END_OF_DATA), SMTP_REPLIED, 200, 299, ANY, ANY,
	    VERDICT_ACCEPTED },

	/* A rate limit of the destination, passed on by the relay: its readers
	 * wait, the others do not (daemon/send/pace.h). */
	{ FROM_RCPT, SMTP_REPLIED, 400, 499, 7, 28, VERDICT_DEFERRED },
	/* The relay, not the reader.  421 ends the session, whatever command it
	 * answers. */
	{ EVERYWHERE, SMTP_REPLIED, 421, 421, ANY, ANY, VERDICT_RELAY_AWAY },
	{ BEFORE_RCPT, SMTP_REPLIED, 400, 499, ANY, ANY, VERDICT_RELAY_AWAY },
	/* RFC 1870, 6.1: too large is known at MAIL already. */
	{ AT(SMTP_MAIL), SMTP_REPLIED, 500, 599, 3, 4, VERDICT_CONTENT },
	{ AT(SMTP_MAIL), SMTP_REPLIED, 552, 552, ANY, ANY, VERDICT_CONTENT },
	{ BEFORE_RCPT, SMTP_REPLIED, 200, 599, ANY, ANY, VERDICT_RELAY_BROKEN },
	/* Commands it does not know or wants otherwise; log in first. */
	{ FROM_RCPT, SMTP_REPLIED, 500, 500, ANY, ANY, VERDICT_RELAY_BROKEN },
	{ FROM_RCPT, SMTP_REPLIED, 502, 504, ANY, ANY, VERDICT_RELAY_BROKEN },
	{ FROM_RCPT, SMTP_REPLIED, 530, 530, ANY, ANY, VERDICT_RELAY_BROKEN },

	/* An address that is dead; some relays say so after the content. */
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 1, 1, VERDICT_RECIPIENT_DEAD },
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 1, 2, VERDICT_RECIPIENT_DEAD },
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 1, 3, VERDICT_RECIPIENT_DEAD },
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 1, 6, VERDICT_RECIPIENT_DEAD },
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 1, 10, VERDICT_RECIPIENT_DEAD },
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 2, 1, VERDICT_RECIPIENT_DEAD },
	/* RFC 7504, 7505: the domain accepts no mail at all. */
	{ AT(SMTP_RCPT), SMTP_REPLIED, 556, 556, ANY, ANY,
	    VERDICT_RECIPIENT_DEAD },

	/* 5.1.7 and 5.1.8 are about the sender's address. */
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 1, 7, VERDICT_POLICY },
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 1, 8, VERDICT_POLICY },
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 7, ANY, VERDICT_POLICY },

	/* A mailbox that is full or takes no message of this size. */
	{ FROM_RCPT, SMTP_REPLIED, 500, 599, 2, ANY,
	    VERDICT_RECIPIENT_REFUSED },
	{ AT(SMTP_RCPT), SMTP_REPLIED, 500, 599, 3, 4,
	    VERDICT_RECIPIENT_REFUSED },
	/* RFC 5321, 4.5.3.1.10: too many recipients. */
	{ AT(SMTP_RCPT), SMTP_REPLIED, 552, 552, ANY, ANY, VERDICT_DEFERRED },

	{ FROM_DATA, SMTP_REPLIED, 500, 599, 3, 4, VERDICT_CONTENT },
	{ FROM_DATA, SMTP_REPLIED, 500, 599, 6, ANY, VERDICT_CONTENT },
	{ FROM_DATA, SMTP_REPLIED, 552, 552, ANY, ANY, VERDICT_CONTENT },

	{ FROM_RCPT, SMTP_REPLIED, 400, 499, ANY, ANY, VERDICT_DEFERRED },

	/* Without a telling status a refused RCPT stays the reader's, softly;
	 * 554 and what is refused later are mostly filters. */
	{ AT(SMTP_RCPT), SMTP_REPLIED, 554, 554, 0, 0, VERDICT_POLICY },
	{ AT(SMTP_RCPT), SMTP_REPLIED, 500, 599, ANY, ANY,
	    VERDICT_RECIPIENT_REFUSED },
	{ FROM_DATA, SMTP_REPLIED, 500, 599, ANY, ANY, VERDICT_POLICY },

	{ EVERYWHERE, SMTP_REPLIED, 0, 999, ANY, ANY, VERDICT_RELAY_BROKEN },
};

const char *
verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_ACCEPTED] = "accepted",
		[VERDICT_DEFERRED] = "deferred",
		[VERDICT_RECIPIENT_DEAD] = "recipient-dead",
		[VERDICT_RECIPIENT_REFUSED] = "recipient-refused",
		[VERDICT_UNCERTAIN] = "uncertain",
		[VERDICT_RELAY_BROKEN] = "relay-broken",
		[VERDICT_RELAY_AWAY] = "relay-away",
		[VERDICT_POLICY] = "policy",
		[VERDICT_CONTENT] = "content",
	};

	return names[verdict];
}

static bool
fits(const struct rule *rule, const struct smtp_result *r)
{
	return (rule->stages & AT(r->stage)) != 0 &&
	    rule->outcome == r->outcome && rule->code_min <= r->code &&
	    r->code <= rule->code_max &&
	    (rule->subject == ANY || rule->subject == r->status.subject) &&
	    (rule->detail == ANY || rule->detail == r->status.detail);
}

enum verdict
classify(const struct smtp_result *result)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (fits(&rules[i], result))
			return rules[i].verdict;
	abort();
}
