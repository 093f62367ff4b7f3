/*
 * notice - what a sending service tells in JSON, passed on by mail
 *
 * Amazon SES through SNS, alone or in the envelope that SNS puts around it:
 * notificationType or eventType Bounce, Complaint, Delivery.
 *
 * Ownership: results belong to the arena.
 * Source: Amazon SES Developer Guide, "Notification contents".
 */
#ifndef BASE_BOUNCE_NOTICE_H
#define BASE_BOUNCE_NOTICE_H

#include "base/bounce/bounce.h"
#include "base/bounce/delivery.h"

struct notice {
	enum bounce_kind kind;
	struct delivery *v;
	size_t n;
};

/* false: the text is no notice. */
bool notice_read(struct slice text, struct arena *arena, struct notice *ret);

#endif
