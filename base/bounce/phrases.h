/*
 * phrases - sentences by which mail systems say what kind of report it is
 *
 * The table is phrases.def, for people to read and extend.
 *
 * Threads: phrases_init() once before the first thread; no state after it.
 */
#ifndef BASE_BOUNCE_PHRASES_H
#define BASE_BOUNCE_PHRASES_H

#include "base/bounce/slice.h"

enum phrases {
	PHRASES_SUBJECT = 1 << 0,
	PHRASES_FAILED = 1 << 1,
	PHRASES_DELAYED = 1 << 2,
	PHRASES_GIVEN_UP = 1 << 3,
	PHRASES_DELIVERED = 1 << 4,
	PHRASES_ORIGINAL = 1 << 5,
	PHRASES_RECIPIENT = 1 << 6,
	PHRASES_ELSE = 1 << 7,
	PHRASES_MACHINE = 1 << 8,
};

void phrases_init(void);

/* Which of these kinds stand somewhere in text, at the start of a word. */
unsigned int phrases_in(unsigned int kinds, struct slice text);

/* Text begins with one, ends in one, is one of the kind. */
bool phrases_start(enum phrases kind, struct slice text);
bool phrases_end(enum phrases kind, struct slice text);
bool phrases_is(enum phrases kind, struct slice text);

#endif
