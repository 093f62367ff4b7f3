#include "daemon/send/pace_table.h"

#include <stdlib.h>
#include <string.h>

void
pace_table_init(struct pace_table *t)
{
	t->n = 0;
	t->oldest = t->newest = -1;
	for (int i = 0; i < PACE_DOMAINS_MAX; i++)
		t->by_hash[i] = -1;
}

/* FNV-1a.  Whoever can choose thousands of names that meet gains a walk of at
 * most PACE_DOMAINS_MAX steps. */
static int *
list_of(struct pace_table *t, const char *name)
{
	uint32_t h = 2166136261U;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619U;
	return &t->by_hash[(h ^ h >> 16) % PACE_DOMAINS_MAX];
}

static void
leave_idle(struct pace_table *t, const struct pace_entry *d)
{
	*(d->older != -1 ? &t->entries[d->older].newer : &t->oldest) = d->newer;
	*(d->newer != -1 ? &t->entries[d->newer].older : &t->newest) = d->older;
}

static void
join_idle(struct pace_table *t, struct pace_entry *d)
{
	int i = (int)(d - t->entries);

	d->older = t->newest;
	d->newer = -1;
	*(t->newest != -1 ? &t->entries[t->newest].newer : &t->oldest) = i;
	t->newest = i;
}

/* An entry that nobody has or that has been idle for longest; idle. */
static struct pace_entry *
room(struct pace_table *t)
{
	struct pace_entry *d;
	int *at;

	if (t->n < PACE_DOMAINS_MAX) {
		d = &t->entries[t->n++];
		join_idle(t, d);
		return d;
	}
	if (t->oldest == -1)
		return NULL;
	d = &t->entries[t->oldest];
	at = list_of(t, d->name);
	while (*at != t->oldest)
		at = &t->entries[*at].same_hash;
	*at = d->same_hash;
	return d;
}

static void
refresh(struct pace_table *t, struct pace_entry *d)
{
	if (d->in_flight > 0 || t->newest == d - t->entries)
		return;
	leave_idle(t, d);
	join_idle(t, d);
}

struct pace_entry *
pace_table_find(struct pace_table *t, const char *name)
{
	char lower[PACE_NAME_MAX];
	size_t n = strlen(name), i;
	struct pace_entry *d;
	int *list;

	if (n >= PACE_NAME_MAX)
		name += n - (PACE_NAME_MAX - 1);
	for (i = 0; name[i] != '\0'; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z'
			? name[i] + ('a' - 'A')
			: name[i]);
	lower[i] = '\0';
	list = list_of(t, lower);
	for (int at = *list; at != -1; at = d->same_hash) {
		d = &t->entries[at];
		if (strcmp(d->name, lower) == 0) {
			refresh(t, d);
			return d;
		}
	}
	d = room(t);
	if (d == NULL)
		return NULL;
	refresh(t, d);
	*d = (struct pace_entry){ .older = d->older, .newer = d->newer };
	memcpy(d->name, lower, i + 1);
	d->same_hash = *list;
	*list = (int)(d - t->entries);
	return d;
}

void
pace_table_take(struct pace_table *t, struct pace_entry *d)
{
	if (d->in_flight++ == 0)
		leave_idle(t, d);
}

void
pace_table_give(struct pace_table *t, struct pace_entry *d)
{
	if (d->in_flight == 0)
		abort();
	if (--d->in_flight == 0)
		join_idle(t, d);
}
