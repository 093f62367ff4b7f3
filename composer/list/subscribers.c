#include "composer/list/subscribers.h"

#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "composer/list/csv_stream.h"
#include "composer/list/sqlarray.h"

/* Rows of the file that are written at once: short enough to stop soon. */
#define PART 1000

/* The good rows of a batch, column by column. */
struct columns {
	struct sqlarray no, hash, sealed, organisation, language, tags, state,
	    until;
};
#define COLUMNS (sizeof(struct columns) / sizeof(struct sqlarray))

static struct sqlarray *
column(struct columns *c, size_t i)
{
	return (struct sqlarray *)(void *)c + i;
}

static void
columns_add(struct columns *c, const struct subscribers *s,
    const struct subscriber_row *r)
{
	unsigned char hash[KEYS_HASH_BYTES], sealed[KEYS_SEALED_MAX];
	struct param no = param_int((int64_t)r->csv->no);
	size_t n = 0;

	keys_hash_address(s->keys, hash, r->address);
	if (!s->look_only)
		n = keys_seal(s->keys, sealed, r->address->text);
	sqlarray_text(&c->no, no.number);
	sqlarray_bytes(&c->hash, hash, sizeof(hash));
	sqlarray_bytes(&c->sealed, sealed, n);
	sqlarray_text(&c->organisation, r->organisation);
	sqlarray_text(&c->language, r->language);
	sqlarray_text(&c->tags, r->tags);
	sqlarray_text(&c->state, r->state);
	if (r->until != NULL)
		sqlarray_text(&c->until, r->until);
	else
		sqlarray_null(&c->until);
}

int
subscribers_begin(struct subscribers *s, struct err *e)
{
	memset(s->count, 0, sizeof(s->count));
	s->unknown_organisations = 0;
	s->last_no = 0;
	return database_run(s->db, NULL, e, "import_begin", NULL, 0);
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
		return strcmp(word, "suppressed") == 0 ? FATE_SUPPRESSED
						       : FATE_SAME;
	}
}

static void
hear(struct subscribers *s, struct arena *a, struct subscriber_row *r,
    const struct rows *answer, int i)
{
	struct err why;

	r->fate = fate_of(rows_str(answer, i, "fate"));
	r->unknown_organisation = rows_bool(answer, i, "unknown_organisation");
	if (!rows_null(answer, i, "duplicate_of")) {
		r->duplicate_of = (size_t)rows_int(answer, i, "duplicate_of");
		(void)err_set(&why, ERR_INPUT, "The same address as row %zu",
		    r->duplicate_of);
		(void)err_slug(&why, "duplicate");
		subscriber_row_reject(r, a, &why);
	} else if (r->fate == FATE_LEFT) {
		r->left_how = arena_strdup(a, rows_str(answer, i, "left_how"));
	} else if (r->fate != FATE_SUPPRESSED) {
		s->unknown_organisations += r->unknown_organisation;
	}
}

static int
ask(struct subscribers *s, struct columns *c, struct rows *ret, struct err *e)
{
	struct param p[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		p[i] = param_text(sqlarray_end(column(c, i)));
	return database_run(s->db, ret, e, "import_add", p, COLUMNS);
}

int
subscribers_add(struct subscribers *s, struct arena *a,
    struct subscriber_row *rows, size_t n, struct err *e)
{
	struct columns c;
	struct rows answer;
	int rc, k = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		sqlarray_init(column(&c, i));
	for (size_t i = 0; i < n; i++)
		if (rows[i].defect == NULL)
			columns_add(&c, s, &rows[i]);
	rc = ask(s, &c, &answer, e);
	for (size_t i = 0; i < COLUMNS; i++)
		sqlarray_done(column(&c, i));
	if (rc == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].defect == NULL)
			hear(s, a, &rows[i], &answer, k++);
		s->count[rows[i].fate]++;
		s->last_no = rows[i].csv->no;
	}
	rows_done(&answer);
	return 0;
}

static int
apply_part(struct subscribers *s, const struct consent *consent, size_t from,
    size_t done[FATES], struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(s->db, &r, e, "import_apply", param_int((int64_t)from),
		param_int((int64_t)from + PART - 1), param_text(consent->basis),
		param_bool(consent->ask), param_text(consent->actor)) == -1)
		return -1;
	done[FATE_NEW] += (size_t)rows_int(&r, 0, "added");
	s->activated += (size_t)rows_int(&r, 0, "activated");
	s->asked += (size_t)rows_int(&r, 0, "asked");
	done[FATE_COMPLETED] += (size_t)rows_int(&r, 0, "completed");
	done[FATE_SUPPRESSED] += (size_t)rows_int(&r, 0, "suppressed");
	rows_done(&r);
	return 0;
}

/* Others write as well.  What the report says and what was written must be the
 * same, and nobody who left meanwhile may be on the list. */
static int
check_applied(struct subscribers *s, const size_t done[FATES], struct err *e)
{
	struct rows r;
	bool overtaken;

	if (database_run(s->db, &r, e, "import_overtaken", NULL, 0) == -1)
		return -1;
	overtaken = rows_bool(&r, 0, "overtaken");
	rows_done(&r);
	if (!overtaken && done[FATE_NEW] == s->count[FATE_NEW] &&
	    done[FATE_COMPLETED] == s->count[FATE_COMPLETED] &&
	    done[FATE_SUPPRESSED] == s->count[FATE_SUPPRESSED])
		return 0;
	(void)err_plain(e, ERR_CONFLICT, "list-changed",
	    "The list was changed meanwhile, so nothing was saved");
	return err_hint(e, N_("Run the command again"));
}

int
subscribers_apply(struct subscribers *s, const struct consent *consent,
    int (*progress)(void *arg, size_t done, size_t total, struct err *e),
    void *arg, struct err *e)
{
	size_t done[FATES] = { 0 };

	s->activated = s->asked = 0;
	for (size_t from = 1; from <= s->last_no; from += PART)
		if (apply_part(s, consent, from, done, e) == -1 ||
		    progress(arg, from, s->last_no, e) == -1)
			return -1;
	return check_applied(s, done, e);
}
