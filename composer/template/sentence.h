/*
 * sentence - the small notation of a translated sentence
 *
 *   Read <a>the latest issue</a> of <b/>, {n} items.
 *
 * Tags stand for the inline elements a template has at that place, {name} for
 * a value.  Everything else, markup included, is plain text: a catalogue can
 * move an element but never make one.
 *
 * Ownership: tokens point into the sentence.
 * Limits: names are lower-case ASCII letters, digits, '-' and '_'.
 */
#ifndef COMPOSER_TEMPLATE_SENTENCE_H
#define COMPOSER_TEMPLATE_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>

enum sentence_kind {
	SENTENCE_TEXT,
	SENTENCE_VALUE, /* {name} */
	SENTENCE_OPEN,	/* <name> */
	SENTENCE_CLOSE, /* </name> */
	SENTENCE_EMPTY, /* <name/> */
};

struct sentence_token {
	enum sentence_kind kind;
	const char *raw; /* as it stands in the sentence */
	size_t raw_len;
	const char *name; /* NULL for text */
	size_t name_len;
};

/* Take the next token from *s and move on; false at the end. */
bool sentence_next(const char **s, struct sentence_token *ret);

bool sentence_is_named(const struct sentence_token *t, const char *name);

#endif
