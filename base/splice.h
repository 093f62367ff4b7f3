/*
 * splice - a message encoded once, and its bytes for one recipient
 *
 * A message is bytes ready for the wire with slots in them.  Splicing copies
 * nothing: it yields pieces of the message and the recipient's values in turn,
 * for one gathered write.  Since no line of a message starts with a dot and
 * all end in CRLF, the same pieces serve DATA and BDAT.
 *
 * Ownership: the message owns bytes and slots, message_done() frees them.
 *   Pieces borrow from the message and the values.
 * Errors: ERR_INPUT for a value that is missing or does not fit its slot,
 *   ERR_LIMIT for more pieces or slots than there is room for.  Texts name
 *   the kind of slot by its number, never the value.
 * Limits: SLOT_MAX slots, the maximum given to message_init().
 * Threads: one message may be spliced by many threads.
 */
#ifndef BASE_SPLICE_H
#define BASE_SPLICE_H

#include <stddef.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/slot.h"

struct message {
	struct buf bytes;
	struct slot *slots;
	size_t nslots;
};

void message_init(struct message *m, size_t max_bytes);
void message_done(struct message *m);

/* A slot at the end of the bytes so far; returns -1 and marks the bytes as
 * full when there are SLOT_MAX already. */
int message_add_slot(struct message *m, enum slot_kind kind);

/* values holds a value for each kind of slot that the message has. */
int message_splice(const struct message *m,
    const char *const values[SLOT_KINDS], struct iovec *ret_iov, size_t max,
    size_t *ret_n, struct err *e) __attribute__((warn_unused_result));

/* Enough room for the pieces of any splicing of m. */
size_t message_splice_max(const struct message *m);

/* Bytes of the spliced message. */
size_t message_splice_size(const struct iovec *iov, size_t n);

#endif
