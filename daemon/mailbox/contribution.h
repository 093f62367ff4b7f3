/*
 * contribution - mail for the contributions address becomes a draft of an item
 *
 * Editors, administrators and the contributors of the configuration may send
 * some.  Each gets one answer, which the schedule role writes; a machine gets
 * none, and neither does a stranger, whose mail waits for a person
 * (sql/migrations/0018-item-mail.sql).  What no mail server of ours vouches for
 * is parked.
 *
 * Ownership: everything is borrowed for the call.
 * Errors: those of intake.h; ERR_INPUT, slug "unreadable", for an answer of the
 *   child that is not what it should be.
 * Limits: those of composer/inbox/mail_item.h.
 * Threads: contribution_prepare() before the first; no state after it.
 */
#ifndef DAEMON_MAILBOX_CONTRIBUTION_H
#define DAEMON_MAILBOX_CONTRIBUTION_H

#include <jansson.h>
#include <stddef.h>

#include "daemon/mailbox/intake.h"

struct arena;
struct mail_item;

/* What the child found. */
struct contribution {
	const struct mail_item *item;
	enum bounce_kind kind;
	bool is_automatic;
};

void contribution_prepare(void);

/* A reading_work, and what reads its answer and believes none of it. */
int contribution_work(const char *bytes, size_t n, json_t **ret, struct err *e);
int contribution_read(const json_t *said, struct arena *arena,
    struct contribution *ret, struct err *e);

/* As struct intake_use wants it. */
int contribution_take(struct intake *in, const struct returned_mail *mail,
    const json_t *said, const char **ret_effect, struct err *e);

#endif
