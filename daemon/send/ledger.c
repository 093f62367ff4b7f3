#include "daemon/send/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/send/batch.h"
#include "daemon/send/clerk.h"
#include "daemon/send/pace_store.h"
#include "daemon/send/work.h"

#define ARRAY_MAX ((size_t)1024 * 1024)

void
held_done(struct held *h)
{
	free(h->chunks);
	*h = (struct held){ 0 };
}

bool
held_is_empty(const struct held *h)
{
	return h->n == 0;
}

static void
hold(struct held *h, const struct work *w)
{
	if (h->n == h->max) {
		h->max += 64;
		h->chunks =
		    reallocarray(h->chunks, (size_t)h->max, sizeof(*h->chunks));
		if (h->chunks == NULL)
			abort();
	}
	h->chunks[h->n++] =
	    (struct held_chunk){ .mailing = w->mailing, .chunk = w->chunk };
}

void
held_drop(struct held *h, const struct batch *b)
{
	for (int i = 0; i < b->nworks; i++)
		for (int k = 0; k < h->n; k++)
			if (h->chunks[k].mailing == b->works[i]->mailing &&
			    h->chunks[k].chunk == b->works[i]->chunk) {
				h->chunks[k] = h->chunks[--h->n];
				break;
			}
}

/* An array of PostgreSQL from numbers that are added one by one. */
static void
array_begin(struct buf *b)
{
	buf_clear(b);
	(void)buf_addc(b, '{');
}

static void
array_add(struct buf *b, int64_t n)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	digits[--at] = ',';
	/* None in front of the first. */
	at += b->len == 1;
	(void)buf_add(b, digits + at, sizeof(digits) - at);
}

static const char *
array_end(struct buf *b)
{
	if (buf_addc(b, '}') == -1)
		abort();
	return b->data;
}

int
ledger_strays(struct database *db, const struct held *held, const char *name,
    struct err *e)
{
	struct buf mailings, chunks;
	int rc;

	buf_init(&mailings, ARRAY_MAX);
	buf_init(&chunks, ARRAY_MAX);
	array_begin(&mailings);
	array_begin(&chunks);
	for (int i = 0; i < held->n; i++) {
		array_add(&mailings, held->chunks[i].mailing);
		array_add(&chunks, held->chunks[i].chunk);
	}
	rc = DATABASE_DO(db, e, "send_strays", param_text(name),
	    param_text(array_end(&mailings)), param_text(array_end(&chunks)));
	buf_done(&mailings);
	buf_done(&chunks);
	return rc;
}

/* What is wrong with a stored message is wrong with all of its mailing. */
static int
damaged(struct database *db, const struct work *w, const char *name,
    const struct err *why, struct err *e)
{
	log_event(LOG_LEVEL_ERROR, "paused", "reason", why->text, NULL);
	if (DATABASE_DO(db, e, "send_pause", param_int(w->mailing),
		param_text(why->text), param_null(), param_bool(false)) == -1)
		return -1;
	return DATABASE_DO(db, e, "send_finish", param_int(w->mailing),
	    param_int(w->chunk), param_text(name), param_int(0),
	    param_bool(true), param_text("{}"), param_int(0));
}

int
ledger_lease(struct database *db, struct held *held,
    const struct config *config, const char *name, int chunks, int64_t probing,
    struct messages *messages, struct work **ret_list, struct err *e)
{
	int64_t now = clock_now_ms();
	struct rows r;
	struct work **last = ret_list;
	int rc = 0;

	*ret_list = NULL;
	if (DATABASE_RUN(db, &r, e, "send_lease", param_text(name),
		param_int(LEDGER_LEASE_SECONDS), param_int(chunks),
		param_text(config->quiet_hours),
		probing == 0 ? param_null() : param_int(probing),
		param_bool(config->hold_uncertain)) == -1)
		return -1;
	for (int from = 0, to; from < r.n && rc != -1; from = to) {
		int64_t chunk = rows_int(&r, from, "chunk_no");
		int64_t mailing = rows_int(&r, from, "mailing_id");
		struct work *w;
		struct err why;

		for (to = from + 1; to < r.n &&
		     rows_int(&r, to, "chunk_no") == chunk &&
		     rows_int(&r, to, "mailing_id") == mailing;)
			to++;
		if (work_new(&w, &r, from, to, messages, db, &why) == -1) {
			rc = why.kind == ERR_TEMP
			    ? -1
			    : damaged(db, w, name, &why, e);
			if (why.kind == ERR_TEMP)
				*e = why;
			work_free(w);
			continue;
		}
		w->leased_ms = now;
		w->probe = probing != 0;
		hold(held, w);
		*last = w;
		last = &w->next_work;
	}
	if (rc != -1)
		rc = r.n > 0;
	rows_done(&r);
	return rc;
}

static bool
same_group(const struct outcome *a, const struct outcome *b)
{
	return a->key.mailing == b->key.mailing && a->dead == b->dead &&
	    a->key.attempt == b->key.attempt &&
	    a->result.result == b->result.result &&
	    a->result.stage == b->result.stage &&
	    a->result.code == b->result.code &&
	    strcmp(a->result.status, b->result.status) == 0 &&
	    strcmp(a->result.text, b->result.text) == 0;
}

/* One statement for all outcomes that say the same: nearly all. */
static int
record_outcomes(struct database *db, const struct batch *b, struct err *e)
{
	bool *done = calloc((size_t)b->n + 1, sizeof(*done));
	struct buf seqs;
	int rc = 0;

	if (done == NULL)
		abort();
	buf_init(&seqs, ARRAY_MAX);
	for (int i = 0; i < b->n && rc == 0; i++) {
		const struct outcome *o = &b->outcomes[i];
		/* Texts of refusals differ: a look at the neighbours is
		 * enough for those. */
		int end =
		    o->result.text[0] == '\0' || i + 64 > b->n ? b->n : i + 64;

		if (done[i])
			continue;
		array_begin(&seqs);
		for (int k = i; k < end; k++)
			if (!done[k] && same_group(o, &b->outcomes[k])) {
				done[k] = true;
				array_add(&seqs, b->outcomes[k].key.seq);
			}
		rc = DATABASE_DO(db, e, "send_record",
		    param_int(o->key.mailing), param_int(o->key.attempt),
		    param_text(o->result.result), param_text(o->result.stage),
		    param_int(o->result.code), param_text(o->result.status),
		    param_text(o->result.text), param_text(array_end(&seqs)));
		if (rc == 0 && strcmp(o->result.result, "refused") == 0)
			rc = DATABASE_DO(db, e, "send_refused",
			    param_int(o->key.mailing), param_text(seqs.data),
			    param_bool(o->dead));
	}
	buf_done(&seqs);
	free(done);
	return rc;
}

static int
give_back(struct database *db, const struct work *w,
    const struct config *config, const char *name, struct err *e)
{
	size_t i = (size_t)w->attempt - 1;
	struct buf later;
	int rc;

	if (i >= config->nretry)
		i = config->nretry - 1;
	buf_init(&later, ARRAY_MAX);
	array_begin(&later);
	for (int k = 0; k < w->nlater; k++)
		array_add(&later, w->later[k]);
	rc = DATABASE_DO(db, e, "send_finish", param_int(w->mailing),
	    param_int(w->chunk), param_text(name),
	    param_int(config->retry_minutes[i]),
	    param_bool(config->hold_uncertain), param_text(array_end(&later)),
	    param_int(w->later_ms / 1000 + 1));
	buf_done(&later);
	return rc;
}

static int
record(struct database *db, const struct batch *b,
    const struct clerk_setup *setup, struct err *e)
{
	if (record_outcomes(db, b, e) == -1)
		return -1;
	for (int i = 0; i < b->nbrakes; i++) {
		const struct brake *k = &b->brakes[i];

		if (DATABASE_DO(db, e, "send_pause",
			k->mailing != 0 ? param_int(k->mailing) : param_null(),
			param_text(k->reason),
			k->probe != NULL ? param_text(k->probe) : param_null(),
			param_bool(k->singles)) == -1)
			return -1;
	}
	for (int i = 0; i < b->nworks; i++)
		if (give_back(db, b->works[i], setup->config, setup->name, e) ==
		    -1)
			return -1;
	if (b->resume != NULL &&
	    DATABASE_DO(db, e, "send_resume", param_text(b->resume)) == -1)
		return -1;
	return b->has_pace ? pace_store_save(db, b, setup->keys, setup->host, e)
			   : 0;
}

int
ledger_record(struct database *db, const struct batch *b,
    const struct clerk_setup *setup, struct err *e)
{
	if (batch_is_empty(b))
		return 0;
	if (database_begin(db, e) == -1)
		return -1;
	if (record(db, b, setup, e) == -1) {
		database_rollback(db);
		return -1;
	}
	return database_commit(db, e);
}
