/*
 * address - what we accept as an e-mail address, and how we compare it
 *
 * Our own strict grammar: a dot-atom (RFC 5321, 4.1.2), no quoted local parts,
 * no address literals, no comments.  A domain may be internationalised (IDNA
 * 2008, UTS 46 non-transitional); it is stored as A-labels.  A local part must
 * be ASCII: the rest needs SMTPUTF8 all the way.
 *
 * Limits: local part 64, whole address 254 octets (RFC 5321, 4.5.3.1).
 * Errors: ERR_INPUT; the slug says which defect (incomplete, two-values,
 *   too-long, control-character, bad-local-part, bad-domain).  The text does
 *   not repeat the address.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct err;

#define ADDRESS_MAX 254

struct address {
	char text[ADDRESS_MAX + 1];    /* as mail is sent to it */
	char compare[ADDRESS_MAX + 1]; /* lower-cased whole, for hashing */
};

/* Surrounding blanks are ignored. */
int address_parse(struct address *ret, const char *s, size_t n, struct err *e);

/* An ASCII domain of at least two labels (RFC 1123, 2.1). */
bool address_domain_ok(const char *s, size_t n);

/* j•••@organisation.example, for pages that may be seen by others. */
void address_mask(char out[ADDRESS_MAX + 16], const char *address);

#endif
