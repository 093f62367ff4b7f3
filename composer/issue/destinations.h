/*
 * destinations - how many recipients each domain has, for the largest of them
 *
 * Ownership: destinations_done() frees what destinations_add() took.
 * Limits: a node for each domain; out of memory aborts.
 */
#ifndef COMPOSER_ISSUE_DESTINATIONS_H
#define COMPOSER_ISSUE_DESTINATIONS_H

#include <stdint.h>

struct destination {
	int64_t n;
	char domain[];
};

struct destinations {
	void *tree;			   /* tsearch(3) */
	const struct destination *largest; /* NULL: none */
};

/* In lower case. */
void destinations_add(struct destinations *ds, const char *domain);
void destinations_done(struct destinations *ds);

#endif
