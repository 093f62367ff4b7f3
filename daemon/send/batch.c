#include "daemon/send/batch.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX ((size_t)16 * 1024 * 1024)

void
batch_init(struct batch *b)
{
	memset(b, 0, sizeof(*b));
	b->outcomes = calloc(BATCH_MAX, sizeof(*b->outcomes));
	if (b->outcomes == NULL)
		abort();
	arena_init(&b->texts, TEXTS_MAX);
}

void
batch_clear(struct batch *b)
{
	for (int i = 0; i < b->nworks; i++)
		work_free(b->works[i]);
	arena_done(&b->texts);
	arena_init(&b->texts, TEXTS_MAX);
	b->n = b->nworks = b->nbrakes = 0;
	b->resume = NULL;
	b->has_pace = false;
	b->pace = NULL;
	b->npace = 0;
}

void
batch_done(struct batch *b)
{
	batch_clear(b);
	arena_done(&b->texts);
	free(b->outcomes);
}

bool
batch_is_empty(const struct batch *b)
{
	return b->n == 0 && b->nworks == 0 && b->nbrakes == 0 &&
	    b->resume == NULL && !b->has_pace;
}

struct outcome *
batch_add(struct batch *b, const struct journal_key *key,
    const struct journal_result *result)
{
	struct outcome *o = &b->outcomes[b->n++];

	if (b->n > BATCH_MAX)
		abort();
	*o = (struct outcome){ .key = *key, .result = *result };
	o->result.text = result->text[0] == '\0'
	    ? ""
	    : arena_strdup(&b->texts, result->text);
	o->result.status = result->status[0] == '\0'
	    ? ""
	    : arena_strdup(&b->texts, result->status);
	return o;
}

void
batch_brake(struct batch *b, const struct brake *brake)
{
	for (int i = 0; i < b->nbrakes; i++)
		if (b->brakes[i].mailing == brake->mailing)
			return;
	if (b->nbrakes == BATCH_BRAKES)
		return;
	b->brakes[b->nbrakes] = *brake;
	b->brakes[b->nbrakes++].reason = arena_strdup(&b->texts, brake->reason);
}
