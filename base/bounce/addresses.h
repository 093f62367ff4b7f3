/*
 * addresses - e-mail addresses in what mail systems write
 *
 * Far more lenient than base/address: an address here is somebody's claim, to
 * be shown to people and compared with other claims, never to be mailed to.
 *
 * Source: RFC 5321 4.1.2, RFC 6531 3.3, RFC 6533 3 (address forms of reports).
 */
#ifndef BASE_BOUNCE_ADDRESSES_H
#define BASE_BOUNCE_ADDRESSES_H

#include "base/bounce/slice.h"

#define ADDRESSES_LOCAL_MAX 128

/* The next one at or behind *at, in words: its domain has a dot.  *at moves
 * behind it. */
bool addresses_next(struct slice text, size_t *at, struct slice *ret);

/* All of s is one, with whatever domain: a report may be about a bad one. */
bool addresses_is(struct slice s);

/* The address of a field of a report ("rfc822; <user@host>", "utf-8; ...") or
 * NULL: other address types, commands, local names. */
const char *addresses_of_field(struct slice value, struct arena *arena);

bool addresses_same(struct slice a, struct slice b);

#endif
