#include "composer/letter/forward.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "composer/message/enclosed.h"
#include "composer/message/packed.h"
#include "composer/message/vet.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define TEXT_MAX ((size_t)4096)

struct passing {
	struct database *db;
	const struct keys *keys;
	const struct config *config;
	struct arena arena;
	const struct rows *rows; /* of returned_forward_next, one */
};

/* "" for SQL null. */
static int
open_field(struct passing *p, const char *column, char **ret, size_t *ret_n,
    struct err *e)
{
	const unsigned char *sealed;
	size_t n;
	char *plain;

	*ret_n = 0;
	*ret = arena_strdup(&p->arena, "");
	if (rows_null(p->rows, 0, column))
		return 0;
	sealed = rows_bytes(p->rows, 0, column, &n);
	plain = arena_alloc(&p->arena, n + 1);
	if (keys_open_bytes(p->keys, (unsigned char *)plain, sealed, n, e) ==
	    -1)
		return -1;
	*ret = plain;
	*ret_n = n - KEYS_SEAL_BYTES;
	return 0;
}

static void
write_side(const struct passing *p, const char *lang, struct buf *out)
{
	(void)buf_addf(out, "%s\n\n",
	    catalogue_text(lang,
		"Somebody wrote to an address that only programs read. Their "
		"mail is attached as it came. Your answer to this mail goes to "
		"them."));
	if (rows_bool(p->rows, 0, "more"))
		(void)buf_addf(out, "%s\n\n",
		    catalogue_text(lang,
			"There are more, which come later. To see them: "
			"tweeluik bounce list"));
}

static void
write_text(const struct passing *p, struct buf *out)
{
	const char *first = p->config->first_language;

	write_side(p, first, out);
	write_side(p, strcmp(first, "en") == 0 ? "nl" : "en", out);
}

/* What they wrote above it, if a header may hold that. */
static const char *
subject(struct passing *p, const char *theirs)
{
	struct err e;

	return theirs[0] != '\0' && vet_line("Subject", theirs, &e) == 0
	    ? arena_printf(&p->arena, "Fwd: %s", theirs)
	    : catalogue_text(p->config->first_language, "A reader wrote to us");
}

static int
build(struct passing *p, struct message *ret, struct err *e)
{
	const struct config *c = p->config;
	struct enclosed_spec spec = { .from_name = c->sender,
		.from_address = c->address,
		.list_id = c->list_id,
		.content_language = "nl, en" };
	char *other, *from, *theirs;
	size_t n;
	struct buf text;
	int rc;

	if (open_field(p, "raw_sealed", &other, &spec.other_bytes, e) == -1 ||
	    open_field(p, "from_sealed", &from, &n, e) == -1 ||
	    open_field(p, "subject_sealed", &theirs, &n, e) == -1)
		return -1;
	buf_init(&text, TEXT_MAX);
	write_text(p, &text);
	spec.text = text.data;
	spec.other = other;
	spec.reply_to = from;
	spec.subject = subject(p, theirs);
	rc = enclosed_build(&spec, ret, e);
	buf_done(&text);
	return rc;
}

static int
store(struct passing *p, const struct message *m, struct err *e)
{
	size_t n = m->bytes.len + KEYS_SEAL_BYTES, to;
	unsigned char *sealed = arena_alloc(&p->arena, n);
	unsigned char sealed_to[KEYS_SEALED_MAX];
	struct packed packed;
	int rc;

	if (packed_make(m, &packed, e) == -1)
		return -1;
	(void)keys_seal_bytes(p->keys, sealed, m->bytes.data, m->bytes.len);
	to = keys_seal(p->keys, sealed_to, p->config->reply_to);
	rc = DATABASE_DO(p->db, e, "returned_forwarded",
	    param_int(rows_int(p->rows, 0, "id")),
	    param_bytes(packed.digest, sizeof(packed.digest)),
	    param_bytes(sealed, n),
	    param_bytes(packed.slots.data, packed.slots.len),
	    param_bytes(sealed_to, to));
	packed_done(&packed);
	return rc;
}

/* One that cannot be passed on must not keep the others waiting. */
static int
pass_on(struct passing *p, struct err *e)
{
	struct message m;
	int rc;

	if (build(p, &m, e) == -1)
		return DATABASE_DO(p->db, e, "returned_kept",
		    param_int(rows_int(p->rows, 0, "id")), param_text(e->text));
	rc = store(p, &m, e);
	message_done(&m);
	return rc;
}

/* 1: there may be more. */
static int
next(struct database *db, const struct keys *keys, const struct config *config,
    struct err *e)
{
	struct passing p = { .db = db, .keys = keys, .config = config };
	struct rows r;
	int rc = 0, n;

	if (database_begin(db, e) == -1)
		return -1;
	if (database_run(db, &r, e, "returned_forward_next", NULL, 0) == -1)
		goto bad;
	p.rows = &r;
	n = r.n;
	arena_init(&p.arena, ARENA_MAX);
	if (n > 0)
		rc = pass_on(&p, e);
	arena_done(&p.arena);
	rows_done(&r);
	if (rc == 0 && database_commit(db, e) == 0)
		return n;
bad:
	database_rollback(db);
	return -1;
}

int
forward_round(struct database *db, const struct keys *keys,
    const struct config *config, int *ret_n, struct err *e)
{
	int rc, n = 0;

	while ((rc = next(db, keys, config, e)) == 1)
		n++;
	if (rc == 0)
		*ret_n = n;
	return rc;
}
