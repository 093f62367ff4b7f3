#include "composer/issue/destinations.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int
by_domain(const void *a, const void *b)
{
	const struct destination *x = a, *y = b;

	return strcmp(x->domain, y->domain);
}

static struct destination *
destination_new(const char *domain)
{
	size_t n = strlen(domain) + 1;
	struct destination *d = calloc(1, sizeof(*d) + n);

	if (d == NULL)
		abort();
	memcpy(d->domain, domain, n);
	return d;
}

void
destinations_add(struct destinations *ds, const char *domain)
{
	struct destination *d = destination_new(domain), **found;

	found = tsearch(d, &ds->tree, by_domain);
	if (found == NULL)
		abort();
	if (*found != d)
		free(d);
	(*found)->n++;
	if (ds->largest == NULL || (*found)->n > ds->largest->n)
		ds->largest = *found;
}

void
destinations_done(struct destinations *ds)
{
	tdestroy(ds->tree, free);
	*ds = (struct destinations){ 0 };
}
