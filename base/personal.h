/*
 * personal - what one recipient's copy of a message has of its own
 *
 * Tokens for each link, the Message-ID, the date and the envelope sender (VERP;
 * a token again, never an address).  All of it follows from keys, subscriber
 * and mailing alone, so a message that is sent once more is the same to the
 * byte, and its reader's software can see that.
 *
 * Ownership: a plain value; personal_values() borrows from it.
 * Errors: none.
 * Threads: no state.
 */
#ifndef BASE_PERSONAL_H
#define BASE_PERSONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/keys.h"
#include "base/slot.h"

#define PERSONAL_DATE_CHARS 31
#define PERSONAL_SENDER_MAX 320

struct personal {
	char to[ADDRESS_MAX + 1];
	char date[PERSONAL_DATE_CHARS + 1];
	char message_id[TOKEN_MAIL_CHARS + 1];
	char mail_unsubscribe[TOKEN_MAIL_CHARS + 1];
	char link[SLOT_KINDS][TOKEN_LINK_CHARS + 1];
	char envelope_sender[PERSONAL_SENDER_MAX];
};

/*
 * Fill p for the address already in p->to.  seq tells recipients apart who are
 * no subscribers (subscriber 0: tests); their links lead to a page that says
 * so and changes nothing.  dated_at is in seconds since 1970.  Of the links only
 * those for the kinds of slots in wanted are made (NULL: all), because most of
 * the cost of a message on our side is its tokens.
 */
void personal_fill(struct personal *p, const struct keys *k,
    uint64_t subscriber, uint32_t mailing, uint32_t seq, int64_t dated_at,
    const char *return_domain, const bool wanted[SLOT_KINDS]);

void
personal_values(const struct personal *p, const char *ret_values[SLOT_KINDS]);

#endif
