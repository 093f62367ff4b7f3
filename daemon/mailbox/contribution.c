#include "daemon/mailbox/contribution.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "base/own_address.h"
#include "composer/item/item_form.h"
#include "composer/inbox/mail_item.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024)

/* One mail on its way to the database. */
struct taking {
	const struct config *config;
	const struct keys *keys;
	const struct returned_mail *mail;
	const struct mail_item *item;
	struct arena arena;
	struct address from; /* text "": nobody */
	const char *way;
	bool verified;
	json_t *left_out;
};

/*
 * Who may, and what it is
 */
static bool
is_listed(const char *const *list, size_t n, const struct address *a)
{
	struct address one;
	struct err e;

	for (size_t i = 0; i < n; i++)
		if (address_parse(&one, list[i], strlen(list[i]), &e) == 0 &&
		    strcmp(one.compare, a->compare) == 0)
			return true;
	return false;
}

static bool
may_contribute(const struct config *c, const struct address *a)
{
	return is_listed(c->editors, c->neditors, a) ||
	    is_listed(c->administrators, c->nadministrators, a) ||
	    is_listed(c->contributors, c->ncontributors, a);
}

/* A machine wrote it, or nobody that could be answered.  A person may well use
 * words that make other mail a wish to leave. */
static bool
is_of_machine(const struct taking *t, const struct contribution *c)
{
	return c->is_automatic || own_address(t->config, t->item->from) ||
	    (c->kind != BOUNCE_PERSON && c->kind != BOUNCE_UNSUBSCRIBE &&
		c->kind != BOUNCE_MOVED && c->kind != BOUNCE_OTHER);
}

static void
judge(struct taking *t, const struct contribution *c)
{
	const struct mail_item *m = t->item;
	struct err e;

	t->verified = t->config->authserv_id != NULL &&
	    mail_item_verified(m, t->config->authserv_id);
	if (address_parse(&t->from, m->from, strlen(m->from), &e) == -1)
		t->from = (struct address){ .text = "" };
	if (is_of_machine(t, c))
		t->way = "automatic";
	else if (t->from.text[0] == '\0' ||
	    !may_contribute(t->config, &t->from))
		t->way = "unknown";
	else if (m->fault == MAIL_ITEM_TOO_LONG)
		t->way = "too-long";
	else
		t->way = m->fault == MAIL_ITEM_EMPTY ? "empty" : "item";
}

/*
 * Words
 */

/* "folder.pdf (120 kB)" */
static void
list_left_out(struct taking *t)
{
	const struct mail_item *m = t->item;

	t->left_out = json_array();
	for (size_t i = 0; i < m->nleft_out; i++) {
		size_t kb = (m->left_out[i].bytes + 1023) / 1024;
		bool large = kb >= 1024;

		(void)json_array_append_new(t->left_out,
		    json_string(arena_printf(&t->arena, "%s (%zu %s)",
			m->left_out[i].name[0] != '\0' ? m->left_out[i].name
						       : "?",
			large ? kb / 1024 : kb, large ? "MB" : "kB")));
	}
	if (m->nmore > 0)
		(void)json_array_append_new(t->left_out,
		    json_string(arena_printf(&t->arena, "+ %zu", m->nmore)));
}

/* For colleagues, in their language: what they should look at. */
static const char *
write_note(struct taking *t)
{
	const char *lang = t->config->language, *note, *gap = "";
	struct buf b;

	buf_init(&b, ITEM_VALUE_MAX);
	if (!t->verified) {
		(void)buf_adds(&b,
		    catalogue_text(lang,
			N_("The sender of the mail was not verified.")));
		gap = " ";
	}
	for (size_t i = 0; i < json_array_size(t->left_out); i++) {
		(void)buf_addf(&b, "%s%s %s", gap,
		    i == 0 ? catalogue_text(lang, N_("Attachment left out:"))
			   : "",
		    json_string_value(json_array_get(t->left_out, i)));
		gap = ",";
	}
	note = arena_memdup(&t->arena, b.data, b.len);
	buf_done(&b);
	return note;
}

/*
 * Storing
 */
static struct param
sealed(struct taking *t, const char *p, size_t n)
{
	unsigned char *seal;

	if (n == 0)
		return param_null();
	seal = arena_alloc(&t->arena, n + KEYS_SEAL_BYTES);
	return param_bytes(seal, keys_seal_bytes(t->keys, seal, p, n));
}

static struct param
hashed(struct taking *t, const char *p, size_t n)
{
	unsigned char *hash = arena_alloc(&t->arena, KEYS_HASH_BYTES);

	keys_hash_bytes(t->keys, hash, p, n);
	return param_bytes(hash, KEYS_HASH_BYTES);
}

static struct param
sender_hash(struct taking *t)
{
	unsigned char *hash = arena_alloc(&t->arena, KEYS_HASH_BYTES);

	if (t->from.text[0] == '\0')
		return param_null();
	keys_hash_address(t->keys, hash, &t->from);
	return param_bytes(hash, KEYS_HASH_BYTES);
}

static int
store(struct taking *t, struct database *db, const char *kind,
    const char **ret_effect, struct err *e)
{
	static const char *const effects[] = { "item", "refused", "review",
		"nothing" };
	const struct mail_item *m = t->item;
	char *left_out = json_dumps(t->left_out, 0);
	struct rows r;
	size_t i = 0;
	int rc;

	if (left_out == NULL)
		abort();
	rc = DATABASE_RUN(db, &r, e, "returned_contribution",
	    param_text(t->mail->mailbox), param_text(t->mail->key),
	    hashed(t, t->mail->bytes, t->mail->n), param_text(kind),
	    param_text(t->way),
	    m->message_id[0] != '\0'
		? hashed(t, m->message_id, strlen(m->message_id))
		: param_null(),
	    sender_hash(t), sealed(t, t->from.text, strlen(t->from.text)),
	    sealed(t, m->title, strlen(m->title)),
	    sealed(t, t->mail->bytes, t->mail->n), param_bool(t->verified),
	    param_text(m->lang != NULL ? m->lang : t->config->first_language),
	    param_text(m->lang), param_text(m->title), param_text(m->body),
	    param_text(write_note(t)), param_text(left_out),
	    param_text(m->lang != NULL ? m->lang : "both"));
	free(left_out);
	if (rc == -1)
		return -1;
	while (i < 3 && strcmp(effects[i], rows_str(&r, 0, "effect")) != 0)
		i++;
	*ret_effect = effects[i];
	rows_done(&r);
	return 0;
}

int
contribution_take(struct intake *in, const struct returned_mail *mail,
    const json_t *said, const char **ret_effect, struct err *e)
{
	struct taking t = { .config = in->config,
		.keys = in->keys,
		.mail = mail };
	struct contribution c;
	int rc;

	arena_init(&t.arena, ARENA_MAX);
	rc = contribution_read(said, &t.arena, &c, e);
	if (rc == 0) {
		t.item = c.item;
		judge(&t, &c);
		list_left_out(&t);
		rc = store(&t, in->db, bounce_kind_word(c.kind), ret_effect, e);
		json_decref(t.left_out);
	}
	arena_done(&t.arena);
	return rc;
}
