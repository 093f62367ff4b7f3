/*
 * content_rules - what a language of an edition shows of an item, and what it
 *   lacks
 *
 * Ownership, threads: nothing is kept.
 */
#ifndef COMPOSER_EDITION_CONTENT_RULES_H
#define COMPOSER_EDITION_CONTENT_RULES_H

#include "composer/edition/content.h"

/* "" and NULL are nothing. */
bool content_has(const char *s);

/* The item has a text that may be sent in this language. */
bool content_has_text(const struct content_item *i, enum content_lang lang);

/* It has one in the other language only. */
bool content_falls_back(const struct content_item *i, enum content_lang lang);

/* It is of use to speakers of the other language only. */
bool content_left_out(const struct content_item *i, enum content_lang lang);

/* The archive does not have it. */
bool content_kept_back(const struct content *c, const struct content_item *i);

/* Its number among what the language shows. */
int content_number(const struct content *c, const struct content_item *item,
    enum content_lang lang);

#endif
