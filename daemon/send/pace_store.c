#include "daemon/send/pace_store.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "daemon/send/batch.h"
#include "daemon/send/pace.h"

#define KEPT_MAX 256

int
pace_store_load(struct database *db, struct pace *pace, const struct keys *keys,
    const char *host, int64_t now_ms, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(db, &r, e, "pace_restore", param_text(host)) == -1)
		return -1;
	for (int i = 0; i < r.n; i++) {
		char domain[ADDRESS_MAX + 1];
		struct pace_state s = { .domain = domain };
		struct err why;
		size_t n;
		const unsigned char *sealed =
		    rows_bytes(&r, i, "domain_sealed", &n);

		if (keys_open(keys, domain, sealed, n, &why) == -1)
			continue;
		s.concurrency =
		    (double)rows_int(&r, i, "concurrency_milli") / 1000;
		s.cool_for_ms = rows_int(&r, i, "cool_ms");
		s.failures = (int)rows_int(&r, i, "failures");
		pace_restore(pace, &s, now_ms);
	}
	rows_done(&r);
	return 0;
}

static void
take(void *arg, const struct pace_state *s)
{
	struct batch *b = arg;
	struct kept_pace *k;

	if (b->npace == KEPT_MAX)
		return;
	k = &b->pace[b->npace++];
	k->domain = arena_strdup(&b->texts, s->domain);
	k->concurrency = s->concurrency;
	k->cool_ms = s->cool_for_ms;
	k->failures = s->failures;
}

void
pace_store_take(struct pace *pace, int64_t now_ms, struct batch *b)
{
	b->has_pace = true;
	b->npace = 0;
	b->pace = arena_alloc(&b->texts, KEPT_MAX * sizeof(*b->pace));
	pace_each(pace, now_ms, take, b);
}

static void
hash_domain(const struct keys *keys, unsigned char ret[KEYS_HASH_BYTES],
    const char *domain)
{
	/* No address begins with an at sign, so none has this hash. */
	struct address a = { .text = "" };

	(void)snprintf(a.compare, sizeof(a.compare), "@%s", domain);
	keys_hash_address(keys, ret, &a);
}

int
pace_store_save(struct database *db, const struct batch *b,
    const struct keys *keys, const char *host, struct err *e)
{
	if (DATABASE_DO(db, e, "pace_forget", param_text(host)) == -1)
		return -1;
	for (int i = 0; i < b->npace; i++) {
		const struct kept_pace *k = &b->pace[i];
		unsigned char hash[KEYS_HASH_BYTES], sealed[KEYS_SEALED_MAX];
		size_t n = keys_seal(keys, sealed, k->domain);

		hash_domain(keys, hash, k->domain);
		if (DATABASE_DO(db, e, "pace_save", param_text(host),
			param_bytes(hash, sizeof(hash)), param_bytes(sealed, n),
			param_int((int64_t)(k->concurrency * 1000)),
			param_int(k->cool_ms), param_int(k->failures)) == -1)
			return -1;
	}
	return 0;
}
