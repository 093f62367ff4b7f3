/*
 * message - an edition or system mail as the bytes that go to every recipient
 *
 * Encoded once, with slots for what is a recipient's own (base/splice.h puts
 * the values in).  The bytes are 7-bit, all lines end in CRLF and none starts
 * with a dot, so they fit DATA and BDAT as they are.  The same spec gives the
 * same bytes; nothing in them tells of the host or the editor.
 *
 * Ownership: the spec is borrowed for the call; message_done() of
 *   base/splice.h frees the message.
 * Errors: ERR_INPUT naming the first field of the spec that is not fit for a
 *   message, ERR_LIMIT for a message that is too large.
 * Limits: MESSAGE_MAX bytes encoded, SLOT_MAX slots, VET_LINE_MAX bytes for
 *   anything in the header.
 * Threads: no state; libsodium must be initialised.
 * Source: RFC 5322, 2045 to 2047, 2369, 2919, 3834, 5064,
 *   8058.
 */
#ifndef COMPOSER_MESSAGE_MESSAGE_H
#define COMPOSER_MESSAGE_MESSAGE_H

#include "base/splice.h"

struct err;

#define MESSAGE_MAX ((size_t)4 << 20)

enum message_type {
	MESSAGE_ISSUE,
	MESSAGE_SYSTEM, /* one reader asked for it: none of a list's manners */
	MESSAGE_TEST,	/* an issue whose values will be demonstration tokens */
};

/* Fields without a remark are required. */
struct message_spec {
	enum message_type type;
	const char *from_name; /* or NULL */
	const char *from_address;
	const char *reply_to; /* or NULL */
	const char *subject;
	const char *list_name;		 /* or NULL; phrase of List-Id */
	const char *list_id;		 /* a host name, of Message-IDs too */
	const char *base_url;		 /* https, no slash at the end */
	const char *unsubscribe_mailbox; /* name@host of name+TOKEN@host */
	const char *archive_url;	 /* or NULL */
	const char *archived_at;	 /* or NULL */
	const char *help_url;		 /* or NULL */
	const char *owner_address;	 /* or NULL */
	const char *content_language;	 /* "nl", "en" or "nl, en" */
	const char *text;		 /* the same words as html */
	const char *html;
};

int message_build(const struct message_spec *spec, struct message *ret,
    struct err *e) __attribute__((warn_unused_result));

#endif
