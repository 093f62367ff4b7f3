/*
 * mailto - a link that opens a new message
 *
 * Ownership: the buffer stays the caller's.
 * Errors: buf_full() of the buffer.
 * Threads: no state.
 * Source: RFC 6068.
 */
#ifndef BASE_MAILTO_H
#define BASE_MAILTO_H

struct buf;

/* NULL and "" leave a part out; without an address the writer chooses it. */
void mailto_write(struct buf *b, const char *address, const char *subject,
    const char *body);

#endif
