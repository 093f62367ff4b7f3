/*
 * typo - the domain somebody probably meant
 *
 * Domains of the large mail providers, and the slips of the finger that are
 * one edit away from them (a letter left out, added, changed, or two swapped:
 * Damerau's distance, optimal string alignment).
 *
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_TYPO_H
#define COMPOSER_LIST_TYPO_H

/* domain in lower case; NULL when there is nothing to suggest. */
const char *typo_domain(const char *domain);

#endif
