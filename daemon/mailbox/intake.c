#include "daemon/mailbox/intake.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "composer/letter/forward.h"
#include "daemon/mailbox/contribution.h"
#include "daemon/mailbox/source.h"
#include "daemon/mailbox/verdict.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define BEGINNING ((size_t)64 * 1024) /* kept of a mail that is too large */

const char *const intake_queries[] = { "returned", "departures", "mailbox",
	NULL };

static int
take_returned(struct intake *in, const struct returned_mail *mail,
    const json_t *said, const char **ret_effect, struct err *e)
{
	enum returned_effect effect;
	struct arena arena;
	struct bounce b;
	int rc;

	arena_init(&arena, ARENA_MAX);
	rc = verdict_take(said, &arena, &b, e);
	if (rc == 0)
		rc = returned_take(in->db, in->keys, in->config, "mailbox",
		    mail, &b, &effect, e);
	if (rc == 0)
		*ret_effect = returned_effect_word(effect);
	arena_done(&arena);
	return rc;
}

static const struct intake_use uses[] = {
	[CONFIG_MAILBOX_RETURN] = { verdict_work, take_returned },
	[CONFIG_MAILBOX_ITEMS] = { contribution_work, contribution_take },
};

void
intake_prepare(void)
{
	bounce_init();
	contribution_prepare();
}

static int
set_aside(struct intake *in, const struct returned_mail *mail, struct err *why,
    struct err *e)
{
	if (returned_aside(in->db, in->keys, mail, why->text, e) == -1)
		return -1;
	log_event(LOG_LEVEL_WARNING, "mail-set-aside", "mailbox", in->mailbox,
	    "reason", why->text, NULL);
	return 0;
}

int
intake_take(struct intake *in, const struct returned_mail *mail, struct err *e)
{
	const struct intake_use *use = &uses[in->use];
	const char *effect = "";
	json_t *said = NULL;
	struct err why;
	bool known;
	int rc;

	if (returned_known(in->db, in->keys, mail, &known, e) == -1)
		return -1;
	if (known)
		return 0;
	rc = reading_run(in->reading, use->work, mail->bytes, mail->n, &said,
	    &why);
	if (rc == 0)
		rc = use->take(in, mail, said, &effect, &why);
	json_decref(said);
	if (rc == 0) {
		log_event(LOG_LEVEL_INFO, "mail-taken", "mailbox", in->mailbox,
		    "effect", effect, NULL);
		return 0;
	}
	if (why.kind == ERR_INPUT || why.kind == ERR_LIMIT)
		return set_aside(in, mail, &why, e);
	*e = why;
	return -1;
}

int
intake_pass_on(struct intake *in, struct err *e)
{
	int n;

	if (forward_round(in->db, in->keys, in->config, &n, e) == 0)
		return 0;
	if (e->kind == ERR_TEMP)
		return -1;
	log_event(LOG_LEVEL_ERROR, "not-passed-on", "reason", e->text, NULL);
	return 0;
}

/* Only its beginning is looked at by a person; the rest is where it was. */
static int
leave(struct intake *in, struct source *s, const struct source_mail *m,
    struct buf *bytes, struct err *e)
{
	/* Whether it was left before is known by its name alone. */
	struct returned_mail mail = { .mailbox = in->mailbox,
		.key = m->key,
		.bytes = m->key,
		.n = strlen(m->key) };
	struct err why;
	bool known;

	if (returned_known(in->db, in->keys, &mail, &known, e) == -1)
		return -1;
	if (known)
		return 0;
	buf_clear(bytes);
	if (source_fetch(s, BEGINNING, bytes, e) == -1)
		return -1;
	mail.bytes = bytes->data;
	mail.n = bytes->len;
	(void)err_set(&why, ERR_LIMIT,
	    "The message is larger than %d MB and stays in the mailbox",
	    (int)(INTAKE_MAX / 1024 / 1024));
	return set_aside(in, &mail, &why, e);
}

/* 1: it has left the mailbox, 0: it stays, or was gone already. */
static int
one(struct intake *in, struct source *s, const struct source_mail *m,
    struct buf *bytes, struct err *e)
{
	struct returned_mail mail = { .mailbox = in->mailbox, .key = m->key };
	int there;

	if (m->size_bytes > INTAKE_MAX)
		return leave(in, s, m, bytes, e);
	buf_clear(bytes);
	there = source_fetch(s, INTAKE_MAX + 1, bytes, e);
	if (there != 1)
		return there;
	/* The server did not know how large it is. */
	if (bytes->len > INTAKE_MAX)
		return leave(in, s, m, bytes, e);
	mail.bytes = bytes->data;
	mail.n = bytes->len;
	if (intake_take(in, &mail, e) == -1)
		return -1;
	return source_remove(s, e) == -1 ? -1 : 1;
}

int
intake_round(struct intake *in, struct source *s, struct err *e)
{
	struct source_mail m;
	struct buf bytes;
	int rc;

	buf_init(&bytes, INTAKE_MAX + 1);
	while ((rc = source_next(s, &m, e)) == 1) {
		rc = one(in, s, &m, &bytes, e);
		if (rc == -1)
			break;
		in->handled += rc;
	}
	buf_done(&bytes);
	return rc;
}
