/*
 * wire - a counting sink for messages as they go over the wire
 *
 * Takes a message in pieces, keeps none of it, and says how large it is and
 * whether a mail server would take its form (RFC 5321, 4.5.3.1.6, 2.3.8;
 * RFC 5322, 2.3): lines of at most 998 characters that end in CRLF, no CR or
 * LF elsewhere, nothing but ASCII (which no empty slot is), and no line that
 * starts with a dot, so that it needs no stuffing (base/splice.h).
 *
 * Ownership: a plain value.
 * Errors: the first fault stays; bytes are counted all the same.
 * Threads: no state.
 */
#ifndef COMPOSER_MESSAGE_WIRE_H
#define COMPOSER_MESSAGE_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#define WIRE_LINE_MAX 998

enum wire_fault {
	WIRE_OK,
	WIRE_LONG_LINE,
	WIRE_BARE_CR,
	WIRE_BARE_LF,
	WIRE_DOT,
	WIRE_NOT_ASCII, /* NUL or beyond */
	WIRE_UNFINISHED,
};

struct wire {
	size_t bytes;
	size_t line; /* characters of the line so far */
	bool cr;     /* its CR was the last byte */
	enum wire_fault fault;
};

void wire_init(struct wire *w);
void wire_add(struct wire *w, const void *piece, size_t n);
enum wire_fault wire_end(struct wire *w);

/* A msgid, half a sentence. */
const char *wire_fault_text(enum wire_fault fault);

#endif
