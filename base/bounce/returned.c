#include "base/bounce/returned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/bounce/bounce.h"
#include "base/bounce/scrub.h"
#include "base/config.h"
#include "base/database.h"
#include "base/departures.h"
#include "base/err.h"
#include "base/keys.h"
#include "base/own_address.h"

/* A larger one than most relays take is not passed on. */
#define FORWARD_MAX ((size_t)5 * 1024 * 1024)
#define ARENA_MAX (4 * BOUNCE_MESSAGE_MAX)
#define LINE_MAX_BYTES 998

static const char role[] = "mailbox";

static const char *const effects[] = {
	[RETURNED_NOTHING] = "nothing",
	[RETURNED_COUNTED] = "counted",
	[RETURNED_DEAD] = "dead",
	[RETURNED_LEFT] = "left",
	[RETURNED_BLOCKED] = "blocked",
	[RETURNED_REVIEW] = "review",
	[RETURNED_FORWARDED] = "forwarded",
};

/* What goes to the database about one message. */
struct taking {
	const struct keys *keys;
	const struct config *config;
	const struct returned_mail *mail;
	const struct bounce *bounce;
	enum bounce_kind kind; /* with what the token adds to it */
	const char *rule;
	struct arena arena;
	unsigned char digest[KEYS_HASH_BYTES];
	/* Of a token of ours; 0: none, or of somebody who is no subscriber. */
	int64_t subscriber, mailing;
	bool has_token;
	bool by_link; /* written to the address for leaving */
	unsigned char from[KEYS_HASH_BYTES];
	bool has_from;
};

const char *
returned_effect_word(enum returned_effect effect)
{
	return effects[effect];
}

static enum returned_effect
effect_of(const char *word)
{
	int i = RETURNED_FORWARDED;

	while (i > RETURNED_NOTHING && strcmp(effects[i], word) != 0)
		i--;
	return (enum returned_effect)i;
}

/* Who it is about */

/* A trace may be the whole local part, with the plus in front of the token. */
static bool
open_trace(const struct taking *t, const char *text, enum token_purpose purpose,
    struct token *ret)
{
	const char *plus = strrchr(text, '+');
	struct err e;

	if (plus != NULL)
		text = plus + 1;
	return (purpose == TOKEN_UNSUBSCRIBE ? token_open_link
					     : token_open_mail)(t->keys, ret,
		   purpose, text, strlen(text), &e) == 0;
}

static bool
find_at(const struct taking *t, enum bounce_place place,
    enum token_purpose purpose, struct token *ret)
{
	const struct bounce *b = t->bounce;
	char local[ADDRESS_MAX + 1];

	if (place == BOUNCE_ENVELOPE && t->mail->envelope_to != NULL) {
		(void)snprintf(local, sizeof(local), "%.*s",
		    (int)strcspn(t->mail->envelope_to, "@"),
		    t->mail->envelope_to);
		if (open_trace(t, local, purpose, ret))
			return true;
	}
	for (size_t i = 0; i < b->ntraces; i++)
		if (b->traces[i].place == place &&
		    open_trace(t, b->traces[i].text, purpose, ret))
			return true;
	return false;
}

/* Where it was sent to says more than what it quotes. */
static void
find_token(struct taking *t)
{
	static const struct {
		enum bounce_place place;
		enum token_purpose purpose;
	} where[] = {
		{ BOUNCE_ENVELOPE, TOKEN_MAIL_UNSUBSCRIBE },
		{ BOUNCE_TO, TOKEN_MAIL_UNSUBSCRIBE },
		{ BOUNCE_ENVELOPE, TOKEN_RETURN_PATH },
		{ BOUNCE_TO, TOKEN_RETURN_PATH },
		{ BOUNCE_MESSAGE_ID, TOKEN_MESSAGE_ID },
		{ BOUNCE_MAILTO, TOKEN_MAIL_UNSUBSCRIBE },
		{ BOUNCE_LINK, TOKEN_UNSUBSCRIBE },
	};
	const size_t n = sizeof(where) / sizeof(where[0]);
	struct token token;
	size_t i = 0;

	while (i < n && !find_at(t, where[i].place, where[i].purpose, &token))
		i++;
	if (i == n)
		return;
	t->has_token = true;
	t->by_link = i < 2;
	/* Whatever stands in it, unless a machine answers there. */
	if (t->by_link &&
	    (t->kind == BOUNCE_PERSON || t->kind == BOUNCE_OTHER)) {
		t->kind = BOUNCE_UNSUBSCRIBE;
		t->rule = "token";
	}
	if (token.subscriber > INT64_MAX)
		return; /* of a test, see personal_fill() */
	t->subscriber = (int64_t)token.subscriber;
	t->mailing = token.mailing;
}

/* Who wrote */

static void
find_writer(struct taking *t)
{
	const char *from = t->bounce->from_address;
	struct address a;
	struct err e;

	if (address_parse(&a, from, strlen(from), &e) == -1)
		return;
	keys_hash_address(t->keys, t->from, &a);
	t->has_from = true;
}

/* A person wrote, and the help desk can answer them.  What a machine wrote, what
 * is ours and what answers a mail that we passed on goes no further: that is
 * how loops begin. */
static bool
is_passed_on(const struct taking *t)
{
	const struct bounce *b = t->bounce;

	return (t->kind == BOUNCE_PERSON || t->kind == BOUNCE_MOVED) &&
	    !b->is_automatic && t->has_from &&
	    !own_address(t->config, b->from_address) &&
	    !(t->has_token && t->subscriber == 0) && t->mail->n <= FORWARD_MAX;
}

/* What is kept */

static struct param
sealed(struct taking *t, const void *p, size_t n)
{
	unsigned char *seal = arena_alloc(&t->arena, n + KEYS_SEAL_BYTES);

	return param_bytes(seal, keys_seal_bytes(t->keys, seal, p, n));
}

static struct param
sealed_line(struct taking *t, const char *s)
{
	return s[0] == '\0' ? param_null()
			    : sealed(t, s, strnlen(s, LINE_MAX_BYTES));
}

static struct param
sealed_message(struct taking *t)
{
	return t->mail->n > BOUNCE_MESSAGE_MAX
	    ? param_null()
	    : sealed(t, t->mail->bytes, t->mail->n);
}

/* Of several recipients of one mail of ours the mildest verdict counts: an
 * address that stands for others is not dead because one of those is. */
static const struct bounce_recipient *
mildest(const struct bounce *b)
{
	const struct bounce_recipient *best = NULL;

	if (b->kind != BOUNCE_REPORT)
		return NULL;
	for (size_t i = 0; i < b->nrecipients; i++)
		if (best == NULL || b->recipients[i].class > best->class)
			best = &b->recipients[i];
	return best;
}

static int
run_take(struct taking *t, struct database *db, const char *by,
    struct rows *ret, struct err *e)
{
	const struct bounce_recipient *r = mildest(t->bounce);
	const struct bounce *b = t->bounce;
	bool keep = b->kind != BOUNCE_RECEIPT;

	return DATABASE_RUN(db, ret, e, "returned_take",
	    param_text(t->mail->mailbox), param_text(t->mail->key),
	    param_bytes(t->digest, sizeof(t->digest)),
	    param_text(bounce_kind_word(t->kind)), param_text(t->rule),
	    t->subscriber != 0 ? param_int(t->subscriber) : param_null(),
	    t->subscriber != 0 ? param_int(t->mailing) : param_null(),
	    param_bool(t->by_link), param_bool(is_passed_on(t)),
	    keep && t->has_from ? param_bytes(t->from, sizeof(t->from))
				: param_null(),
	    keep ? sealed_line(t, b->from_address) : param_null(),
	    keep ? sealed_line(t, b->subject) : param_null(),
	    keep ? sealed_message(t) : param_null(), param_text(by),
	    param_text(r != NULL ? bounce_class_word(r->class) : NULL),
	    param_bool(r != NULL && r->final),
	    param_text(r != NULL ? r->status : ""),
	    param_text(
		bounce_reason_word(r != NULL ? r->reason : BOUNCE_UNKNOWN)),
	    param_text(r != NULL ? r->rule : ""),
	    param_text(
		r != NULL ? scrub(&t->arena, r->diagnostic, r->address) : ""));
}

/* Somebody left: the line that a restored backup is held against. */
static int
write_departure(const struct taking *t, const struct rows *r, struct err *e)
{
	struct departure what = { .at = rows_int(r, 0, "at"),
		.has_hash = true,
		.subscriber = rows_int(r, 0, "left_id"),
		.mailing = t->mailing };
	const char *way = rows_str(r, 0, "left_way");
	const unsigned char *hash;
	size_t n;

	hash = rows_bytes(r, 0, "left_hash", &n);
	memcpy(what.hash, hash, sizeof(what.hash));
	what.word = strcmp(way, "complaint") == 0 ? DEPARTURE_COMPLAINT
						  : DEPARTURE_UNSUBSCRIBED;
	(void)snprintf(what.way, sizeof(what.way), "%s", way);
	if (departures_write(t->config->departures, role, &what, false, e) == 0)
		return 0;
	e->kind = ERR_TEMP;
	return -1;
}

static int
take(struct taking *t, struct database *db, const char *by,
    enum returned_effect *ret, struct err *e)
{
	enum returned_effect effect;
	struct rows r;
	int rc = 0;

	if (run_take(t, db, by, &r, e) == -1)
		return -1;
	effect = effect_of(rows_str(&r, 0, "effect"));
	if (effect == RETURNED_LEFT)
		rc = write_departure(t, &r, e);
	rows_done(&r);
	if (rc == 0)
		rc = database_commit(db, e);
	if (rc == 0)
		*ret = effect;
	return rc;
}

int
returned_take(struct database *db, const struct keys *keys,
    const struct config *config, const char *by,
    const struct returned_mail *mail, const struct bounce *bounce,
    enum returned_effect *ret, struct err *e)
{
	struct taking t = { .keys = keys,
		.config = config,
		.mail = mail,
		.bounce = bounce,
		.kind = bounce->kind,
		.rule = bounce->rule };
	int rc;

	if (database_begin(db, e) == -1)
		return -1;
	arena_init(&t.arena, ARENA_MAX);
	keys_hash_bytes(keys, t.digest, mail->bytes, mail->n);
	/* Whoever was away or has read it is nobody's business. */
	if (bounce->kind != BOUNCE_RECEIPT &&
	    bounce->kind != BOUNCE_AUTOREPLY) {
		find_token(&t);
		find_writer(&t);
	}
	rc = take(&t, db, by, ret, e);
	if (rc == -1)
		database_rollback(db);
	arena_done(&t.arena);
	return rc;
}

int
returned_known(struct database *db, const struct keys *keys,
    const struct returned_mail *mail, bool *ret_known, struct err *e)
{
	unsigned char digest[KEYS_HASH_BYTES];
	struct rows r;

	keys_hash_bytes(keys, digest, mail->bytes, mail->n);
	if (DATABASE_RUN(db, &r, e, "returned_known", param_text(mail->mailbox),
		param_text(mail->key),
		param_bytes(digest, sizeof(digest))) == -1)
		return -1;
	*ret_known = rows_bool(&r, 0, "known");
	rows_done(&r);
	return 0;
}

int
returned_aside(struct database *db, const struct keys *keys,
    const struct returned_mail *mail, const char *why, struct err *e)
{
	struct taking t = { .keys = keys, .mail = mail };
	int rc;

	arena_init(&t.arena, ARENA_MAX);
	keys_hash_bytes(keys, t.digest, mail->bytes, mail->n);
	rc = DATABASE_DO(db, e, "returned_aside", param_text(mail->mailbox),
	    param_text(mail->key), param_bytes(t.digest, sizeof(t.digest)),
	    sealed_message(&t), param_text(why));
	arena_done(&t.arena);
	return rc;
}
