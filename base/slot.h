/*
 * slot - places in an encoded message where a recipient's own values go
 *
 * In text a slot is written as one private-use character, U+E000 + kind, so
 * that templates and escaping leave it alone; the encoder turns it into an
 * offset.  Beside the encoded bytes slots are stored packed: offset (four
 * bytes, big endian) and kind (one byte), in ascending order of offset, which
 * is equal for neighbours.
 *
 * Ownership: slot_unpack() returns an array for free().
 * Errors: slot_unpack() distrusts its input: ERR_LIMIT for too many slots,
 *   ERR_SYS for anything slot_pack() cannot have written.
 * Limits: SLOT_MAX slots in a message.
 * Threads: no state.
 */
#ifndef BASE_SLOT_H
#define BASE_SLOT_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

#define SLOT_MAX 4096
#define SLOT_PACKED_BYTES ((size_t)5)
#define SLOT_TO_MAX 254 /* of a forward path, RFC 5321 4.5.3.1.3 (erratum) */

enum slot_kind {
	SLOT_TO,	       /* address of the one recipient, only in To: */
	SLOT_DATE,	       /* RFC 5322 date-time with a two-digit day */
	SLOT_MESSAGE_ID,       /* local part, lower-case base32 */
	SLOT_UNSUBSCRIBE,      /* token in a URL, base64url: /u/ */
	SLOT_LANGUAGE,	       /* /t/ */
	SLOT_WEB_VERSION,      /* /m/ */
	SLOT_PREFERENCES,      /* /v/ */
	SLOT_UNDO,	       /* /u/ in "you are unsubscribed" */
	SLOT_CONFIRM,	       /* /b/ */
	SLOT_MAIL_UNSUBSCRIBE, /* in the mailto of List-Unsubscribe, base32 */
	SLOT_DETAILS,	       /* /d/, good for half an hour */
	SLOT_ADDRESS,	       /* /a/ in the mail to a new address */
	SLOT_KINDS
};

struct slot {
	uint32_t offset; /* in the bytes without any values */
	enum slot_kind kind;
};

/* Characters of a value; of SLOT_TO, the only one that varies, the most. */
size_t slot_width(enum slot_kind kind);

/* The private-use character as UTF-8, three bytes. */
const char *slot_placeholder(enum slot_kind kind);

/* The kind of the placeholder that s starts with, or -1. */
int slot_at(const char *s);

/* Returns -1 when ret is full. */
int slot_pack(const struct slot *slots, size_t n, struct buf *ret);
int slot_unpack(const void *packed, size_t size_bytes, size_t message_bytes,
    struct slot **ret_slots, size_t *ret_n, struct err *e)
    __attribute__((warn_unused_result));

#endif
