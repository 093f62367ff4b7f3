/*
 * packed - a message as it is stored: slots as bytes, and what it is known by
 *
 * The digest is over bytes and slots, so the same message is stored once.
 *
 * Ownership: packed_make() gives what packed_done() takes.
 * Errors: ERR_LIMIT for too many slots.
 * Threads: no state; libsodium must be initialised.
 */
#ifndef COMPOSER_MESSAGE_PACKED_H
#define COMPOSER_MESSAGE_PACKED_H

#include "base/buf.h"

struct err;
struct message;

#define PACKED_DIGEST_BYTES 32

struct packed {
	struct buf slots;
	unsigned char digest[PACKED_DIGEST_BYTES];
};

int packed_make(const struct message *m, struct packed *ret, struct err *e)
    __attribute__((warn_unused_result));
void packed_done(struct packed *p);

#endif
