#include "composer/list/subscribers.h"

#include <stdbool.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "composer/list/sqlarray.h"

/* The rows of one fate, column by column, ready for a statement. */
struct batch {
	struct sqlarray hash, sealed, organisation, language, tags;
	bool seal;
	size_t n;
	struct subscriber_row *rows[SUBSCRIBERS_BATCH];
};

static void
batch_init(struct batch *b, bool seal)
{
	sqlarray_init(&b->hash);
	sqlarray_init(&b->sealed);
	sqlarray_init(&b->organisation);
	sqlarray_init(&b->language);
	sqlarray_init(&b->tags);
	b->seal = seal;
	b->n = 0;
}

static void
batch_clear(struct batch *b)
{
	sqlarray_clear(&b->hash);
	sqlarray_clear(&b->sealed);
	sqlarray_clear(&b->organisation);
	sqlarray_clear(&b->language);
	sqlarray_clear(&b->tags);
	b->n = 0;
}

static void
batch_done(struct batch *b)
{
	sqlarray_done(&b->hash);
	sqlarray_done(&b->sealed);
	sqlarray_done(&b->organisation);
	sqlarray_done(&b->language);
	sqlarray_done(&b->tags);
}

static void
batch_add(struct batch *b, const struct keys *keys, struct subscriber_row *r)
{
	unsigned char hash[KEYS_HASH_BYTES], sealed[KEYS_SEALED_MAX];

	keys_hash_address(keys, hash, r->address);
	sqlarray_bytes(&b->hash, hash, sizeof(hash));
	if (b->seal)
		sqlarray_bytes(&b->sealed, sealed,
		    keys_seal(keys, sealed, r->address->text));
	sqlarray_text(&b->organisation, r->organisation);
	sqlarray_text(&b->language, r->language);
	sqlarray_text(&b->tags, r->tags);
	b->rows[b->n++] = r;
}

static enum subscriber_fate
fate_of(const char *word)
{
	switch (word[0]) {
	case 'n':
		return FATE_NEW;
	case 'c':
		return FATE_COMPLETED;
	case 'l':
		return FATE_LEFT;
	default:
		return FATE_SAME;
	}
}

static int
look(struct subscribers *s, struct batch *b, const struct consent *consent,
    struct err *e)
{
	struct rows r;

	(void)consent;
	if (DATABASE_RUN(s->db, &r, e, "subscribers_look",
		param_text(sqlarray_end(&b->hash)),
		param_text(sqlarray_end(&b->organisation)),
		param_text(sqlarray_end(&b->language)),
		param_text(sqlarray_end(&b->tags))) == -1)
		return -1;
	for (int i = 0; i < r.n; i++) {
		b->rows[i]->fate = fate_of(rows_str(&r, i, "fate"));
		b->rows[i]->unknown_organisation =
		    rows_bool(&r, i, "unknown_organisation");
	}
	rows_done(&r);
	return 0;
}

static int
insert(struct subscribers *s, struct batch *b, const struct consent *consent,
    struct err *e)
{
	if (DATABASE_DO(s->db, e, "subscribers_insert",
		param_text(sqlarray_end(&b->hash)),
		param_text(sqlarray_end(&b->sealed)),
		param_text(sqlarray_end(&b->organisation)),
		param_text(sqlarray_end(&b->language)),
		param_text(sqlarray_end(&b->tags)), param_text(consent->kind),
		param_text(consent->way), param_text(consent->basis),
		param_text(consent->language_from)) == 0)
		return 0;
	if (e->kind == ERR_CONFLICT) {
		(void)err_plain(e, ERR_CONFLICT, "list-changed",
		    "The list was changed meanwhile, so nothing was saved");
		return err_hint(e, N_("Run the command again"));
	}
	return -1;
}

static int
complete(struct subscribers *s, struct batch *b, const struct consent *consent,
    struct err *e)
{
	return DATABASE_DO(s->db, e, "subscribers_complete",
	    param_text(sqlarray_end(&b->hash)),
	    param_text(sqlarray_end(&b->organisation)),
	    param_text(sqlarray_end(&b->language)),
	    param_text(sqlarray_end(&b->tags)), param_text(consent->basis));
}

/* Rows with any fate of the mask go through send() in batches. */
static int
in_batches(struct subscribers *s, unsigned int fates, struct batch *b,
    int (*send)(struct subscribers *, struct batch *, const struct consent *,
	struct err *),
    const struct consent *consent, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		if ((fates & 1U << s->rows[i].fate) != 0)
			batch_add(b, s->keys, &s->rows[i]);
		if (b->n < SUBSCRIBERS_BATCH && i + 1 < s->n)
			continue;
		if (b->n > 0 && send(s, b, consent, e) == -1)
			return -1;
		batch_clear(b);
		if (s->progress != NULL)
			s->progress(s->progress_arg, i + 1, s->n);
	}
	return 0;
}

static int
run_batches(struct subscribers *s, unsigned int fates,
    int (*send)(struct subscribers *, struct batch *, const struct consent *,
	struct err *),
    const struct consent *consent, struct err *e)
{
	struct batch b;
	int rc;

	batch_init(&b, send == insert);
	rc = in_batches(s, fates, &b, send, consent, e);
	batch_done(&b);
	return rc;
}

int
subscribers_look(struct subscribers *s, size_t ret_count[FATES], struct err *e)
{
	if (run_batches(s, ~(1U << FATE_REJECTED), look, NULL, e) == -1)
		return -1;
	memset(ret_count, 0, FATES * sizeof(ret_count[0]));
	for (size_t i = 0; i < s->n; i++)
		ret_count[s->rows[i].fate]++;
	return 0;
}

int
subscribers_apply(struct subscribers *s, const struct consent *consent,
    struct err *e)
{
	if (run_batches(s, 1U << FATE_NEW, insert, consent, e) == -1)
		return -1;
	return run_batches(s, 1U << FATE_COMPLETED, complete, consent, e);
}
