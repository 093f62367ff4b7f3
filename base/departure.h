/*
 * departure - somebody left or came back, as a line of a journal
 *
 *	WORD MICROSECONDS HASH SUBSCRIBER MAILING WAY CRC
 *
 * A person is the keyed hash of an address.  A line without one ("-") was
 * written while the database was away and knows the numbers of a link instead;
 * so only leaving can be known.
 *
 * Pure.
 * Limits: a line has at most DEPARTURE_LINE_MAX bytes.
 */
#ifndef BASE_DEPARTURE_H
#define BASE_DEPARTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/keys.h"

#define DEPARTURE_LINE_MAX ((size_t)200)
#define DEPARTURE_WAY_MAX 24

enum departure_word {
	DEPARTURE_UNSUBSCRIBED = 'u',
	DEPARTURE_ERASED = 'e',
	DEPARTURE_BLOCKED = 'b',
	DEPARTURE_COMPLAINT = 'c',
	DEPARTURE_RETURNED = 'r',
};

struct departure {
	enum departure_word word;
	int64_t at; /* microseconds since 1970; 0: by our clock */
	bool has_hash;
	unsigned char hash[KEYS_HASH_BYTES];
	int64_t subscriber, mailing;	 /* numbers of a link; 0: not known */
	char way[DEPARTURE_WAY_MAX + 1]; /* letters and hyphens */
};

/* A line without its end; false for what is none.  Cuts the checksum off. */
bool departure_parse(char *line, size_t n, struct departure *ret);
/* Returns its length; no NUL behind it. */
size_t
departure_write(char out[static DEPARTURE_LINE_MAX], const struct departure *d);

#endif
