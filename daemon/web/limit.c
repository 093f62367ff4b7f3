#include "daemon/web/limit.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/web/network.h"

#define WAYS 8 /* places a network may be kept at */
#define HOUR_MS ((int64_t)60 * 60 * 1000)

struct place {
	uint64_t hash;
	int64_t since_ms;
	unsigned turns; /* 0: free */
};

struct limit {
	unsigned turns;
	unsigned char key[crypto_shorthash_KEYBYTES];
	pthread_mutex_t lock;
	struct place places[LIMIT_NETWORKS];
};

struct limit *
limit_new(unsigned turns)
{
	struct limit *l = calloc(1, sizeof(*l));

	if (l == NULL || pthread_mutex_init(&l->lock, NULL) != 0)
		abort();
	l->turns = turns;
	crypto_shorthash_keygen(l->key);
	return l;
}

void
limit_free(struct limit *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_destroy(&l->lock);
	sodium_memzero(l->key, sizeof(l->key));
	free(l);
}

/* Where a network is kept, or will be. */
static struct place *
find(struct limit *l, uint64_t hash, int64_t now_ms)
{
	struct place *set = &l->places[hash % (LIMIT_NETWORKS / WAYS) * WAYS];
	struct place *fewest = set;

	for (struct place *p = set; p < set + WAYS; p++) {
		if (now_ms - p->since_ms >= HOUR_MS)
			p->turns = 0;
		if (p->turns > 0 && p->hash == hash)
			return p;
		if (p->turns < fewest->turns)
			fewest = p;
	}
	*fewest = (struct place){ .hash = hash, .since_ms = now_ms };
	return fewest;
}

unsigned
limit_take(struct limit *l, const struct network *network, int64_t now_ms)
{
	unsigned wait = 0;
	struct place *p;
	uint64_t hash;

	if (l->turns == 0)
		return 0;
	(void)crypto_shorthash((unsigned char *)&hash, network->bytes,
	    sizeof(network->bytes), l->key);
	(void)pthread_mutex_lock(&l->lock);
	p = find(l, hash, now_ms);
	if (p->turns < l->turns)
		p->turns++;
	else
		wait = (unsigned)((p->since_ms + HOUR_MS - now_ms) / 1000 + 1);
	(void)pthread_mutex_unlock(&l->lock);
	return wait;
}
