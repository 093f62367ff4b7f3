#include <sodium.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/limit.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"
#include "daemon/web/signup_form.h"

/* Where each page stands in Dutch and in English. */
static const char form_nl[] = "/aanmelden", form_en[] = "/en/subscribe";
static const char sent_nl[] = "/aanmelden/kijk-in-uw-mail",
		  sent_en[] = "/en/subscribe/check-your-mail";

static const struct site *
site_of(const struct request *q)
{
	const struct site_worker *w = q->worker;

	return w->site;
}

/* A masked address in a path, which nobody can read there.  The blank in front
 * keeps sealed addresses from being opened this way. */

static const char *
seal_mask(struct request *q, const char *address)
{
	char mask[ADDRESS_MAX + 16], segment[ROUTE_SEGMENT_MAX + 1];
	unsigned char sealed[KEYS_SEALED_MAX];
	size_t n;

	address_mask(mask, address);
	if (strlen(mask) > ADDRESS_MAX - 1)
		return NULL;
	n = keys_seal(site_of(q)->keys, sealed,
	    arena_printf(&q->arena, " %s", mask));
	if (sodium_base64_ENCODED_LEN(n,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) > sizeof(segment))
		return NULL;
	(void)sodium_bin2base64(segment, sizeof(segment), sealed, n,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return arena_strdup(&q->arena, segment);
}

static const char *
open_mask(struct request *q, const char *segment)
{
	unsigned char sealed[ROUTE_SEGMENT_MAX];
	char mask[ADDRESS_MAX + 1];
	struct err e;
	size_t n;

	if (sodium_base642bin(sealed, sizeof(sealed), segment, strlen(segment),
		NULL, &n, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    keys_open(site_of(q)->keys, mask, sealed, n, &e) == -1 ||
	    mask[0] != ' ')
		return NULL;
	return arena_strdup(&q->arena, mask + 1);
}

/* The form */

static void
set_field(struct page *p, struct request *q, const char *name,
    const char *value, const char *error)
{
	page_set(p, name, value);
	if (error == NULL)
		return;
	page_set(p, arena_printf(&q->arena, "%s-error", name), error);
	page_set(p, arena_printf(&q->arena, "%s-invalid", name), "true");
	page_set(p, arena_printf(&q->arena, "%s-described", name),
	    arena_printf(&q->arena, "%s-error", name));
}

/* The one it came with, which goes on to age, or a new one. */
static const char *
stamp_for(struct request *q, const struct signup_form *f, bool expired,
    const char *words)
{
	char stamp[TOKEN_LINK_CHARS + 1];

	if (f != NULL && f->stamp != NULL && !expired)
		return f->stamp;
	/* Nobody reads a form again before sending it once more. */
	signup_stamp_make(site_of(q)->keys, words,
	    (int64_t)time(NULL) - (expired ? SIGNUP_STAMP_SECONDS_MIN : 0),
	    stamp);
	return arena_strdup(&q->arena, stamp);
}

/* f NULL: an empty one.  expired: this one was open for too long. */
static int
write_form(struct request *q, const struct signup_form *f, bool expired,
    struct response *r, struct err *e)
{
	const char *lang = page_lang(q);
	const char *words = signup_wording(site_of(q)->config, &q->arena, lang);
	struct page p;
	int rc;

	page_init_public(&p, site_of(q), lang, form_nl, form_en);
	page_set(&p, "consent", words);
	page_set(&p, "stamp", stamp_for(q, f, expired, words));
	if (f == NULL) {
		page_set(&p, "language", lang);
	} else {
		set_field(&p, q, "email", f->email, f->email_error);
		set_field(&p, q, "language", f->language, f->language_error);
		set_field(&p, q, "organisation", f->organisation,
		    f->organisation_error);
		page_set(&p, "sure", f->address.text);
	}
	page_set(&p, "expired", expired ? "yes" : NULL);
	page_set(&p, "wrong",
	    f != NULL && (expired || !signup_form_ok(f)) ? "yes" : NULL);
	rc = page_write(&p, PAGE_SIGNUP, &r->body, e);
	page_done(&p);
	return rc;
}

int
signup_show(struct request *q, struct response *r, struct err *e)
{
	r->indexable = true;
	return write_form(q, NULL, false, r, e);
}

/* One row, whoever it is. */
static int
store(struct request *q, const struct signup_form *f, struct err *e)
{
	struct site_worker *w = q->worker;
	const struct site *s = w->site;
	const char *lang = page_lang(q);
	unsigned char hash[KEYS_HASH_BYTES], sealed[KEYS_SEALED_MAX];
	struct database *db;
	size_t n;

	keys_hash_address(s->keys, hash, &f->address);
	n = keys_seal(s->keys, sealed, f->address.text);
	if (site_worker_database(w, &db, e) == -1)
		return -1;
	return DATABASE_DO(db, e, "web_signup", param_bytes(hash, sizeof(hash)),
	    param_bytes(sealed, n), param_text(f->language),
	    param_text(f->organisation), param_text(lang),
	    param_text(signup_wording(s->config, &q->arena, lang)));
}

static void
redirect(struct request *q, const struct signup_form *f, struct response *r)
{
	const char *path = page_lang(q)[0] == 'n' ? sent_nl : sent_en;
	const char *mask = seal_mask(q, f->address.text);

	response_see_other(r,
	    mask != NULL ? arena_printf(&q->arena, "%s/%s", path, mask) : path);
}

int
signup_act(struct request *q, struct response *r, struct err *e)
{
	const struct site *s = site_of(q);
	const char *lang = page_lang(q);
	enum signup_stamp stamp;
	struct signup_form f;

	signup_form_read(&f, &q->form, &q->arena, lang);
	stamp = signup_stamp_check(s->keys,
	    signup_wording(s->config, &q->arena, lang), f.stamp,
	    (int64_t)time(NULL));
	if (!signup_form_ok(&f) || stamp == SIGNUP_STAMP_EXPIRED) {
		r->status = RESPONSE_UNPROCESSABLE;
		return write_form(q, &f, stamp == SIGNUP_STAMP_EXPIRED, r, e);
	}
	r->retry_after = limit_take(s->signups, &q->network, clock_now_ms());
	if (r->retry_after > 0) {
		site_answer(s, PAGE_TOO_MANY, RESPONSE_TOO_MANY, r);
		return 0;
	}
	/* A program gets the same answer, and nothing happens. */
	if (!f.trapped && stamp == SIGNUP_STAMP_GOOD && store(q, &f, e) == -1)
		return -1;
	redirect(q, &f, r);
	return 0;
}

int
signup_sent(struct request *q, struct response *r, struct err *e)
{
	const char *segment = q->captures[0];
	const char *mask = segment[0] != '\0' ? open_mask(q, segment) : NULL;
	const char *nl = sent_nl, *en = sent_en;
	struct page p;
	int rc;

	if (mask != NULL) {
		nl = arena_printf(&q->arena, "%s/%s", sent_nl, segment);
		en = arena_printf(&q->arena, "%s/%s", sent_en, segment);
	}
	page_init_public(&p, site_of(q), page_lang(q), nl, en);
	page_set(&p, "mask", mask);
	rc = page_write(&p, PAGE_CHECK_MAIL, &r->body, e);
	page_done(&p);
	return rc;
}
