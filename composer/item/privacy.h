/*
 * privacy - what in a text may point to a person
 *
 * Telephone numbers, e-mail addresses, nine-digit numbers (the shape of a
 * citizen service number) and V-numbers (the shape of an immigration file).
 * A find is a reason to warn, never a proof.
 *
 * Ownership: finds point into the text.
 * Limits: linear in the length of the text.
 * Threads: no state.
 */
#ifndef COMPOSER_ITEM_PRIVACY_H
#define COMPOSER_ITEM_PRIVACY_H

#include <stddef.h>

enum privacy_kind {
	PRIVACY_PHONE,
	PRIVACY_EMAIL,
	PRIVACY_NINE_DIGITS,
	PRIVACY_V_NUMBER,
};

struct privacy_find {
	enum privacy_kind kind;
	const char *text;
	size_t n;
};

/* How many were found, at most max; text is UTF-8. */
size_t
privacy_scan(const char *text, struct privacy_find *ret_finds, size_t max);

/* "a telephone number", a msgid. */
const char *privacy_kind_text(enum privacy_kind kind);

#endif
