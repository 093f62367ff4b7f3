/*
 * special - the kinds of special edition
 *
 *	invitation	to be passed on, in both languages for everybody
 *	report		of a meeting
 *	urgent		translated or not
 *	correction	of an issue, to those who got it
 *
 * Pure: tables, no state.
 */
#ifndef COMPOSER_EDITION_SPECIAL_H
#define COMPOSER_EDITION_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>

enum special {
	SPECIAL_NONE, /* a regular issue */
	SPECIAL_INVITATION,
	SPECIAL_REPORT,
	SPECIAL_URGENT,
	SPECIAL_CORRECTION,
	SPECIAL_KINDS
};

/* By kind, as in the database; of SPECIAL_NONE "". */
extern const char *const special_words[SPECIAL_KINDS];

/* NULL, and what is none of them, are SPECIAL_NONE. */
enum special special_of(const char *word);

#define SPECIAL_EDITIONS_MAX 3

/* The editions that an issue of this kind has. */
const char *const *special_editions(enum special s, size_t *ret_n);
bool special_has_edition(enum special s, const char *name);

#endif
