#include "daemon/web/signup_form.h"

#include <sodium.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/config.h"
#include "base/err.h"
#include "composer/list/typo.h"
#include "daemon/web/form.h"

/* For what, and from whom (Telecommunicatiewet 11.7: not in general terms). */
static const char wording[] =
    N_("By subscribing you ask %s to mail you a newsletter every two weeks, "
       "and now and then in between, with news about the rights, health care, "
       "shelter and work of people without a residence permit. We use your "
       "address for this newsletter only and do not measure what you read. You "
       "can unsubscribe at any time.");

const char *
signup_wording(const struct config *c, struct arena *a, const char *lang)
{
	return arena_printf(a, catalogue_text(lang, wording), c->sender);
}

/* Reading */

static const char *
typed(const struct form *f, const char *name)
{
	const char *v = form_get(f, name);

	return v != NULL ? v : "";
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static const char *
what_is_wrong(const char *slug, const char *lang)
{
	static const struct {
		const char *slug, *text;
	} reasons[] = {
		{ "empty",
		    N_("Fill in an email address, for example "
		       "name@organisation.example.") },
		{ "too-long", N_("This address is too long.") },
		{ "two-values", N_("Fill in one address, without spaces.") },
		{ "bad-local-part",
		    N_("This address does not look right: check what stands "
		       "before the @.") },
		{ "bad-domain",
		    N_("This address does not look right: check what stands "
		       "after the @.") },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].slug, slug) == 0)
			return catalogue_text(lang, reasons[i].text);
	return catalogue_text(lang, reasons[0].text);
}

static bool
lacks_full_stop(const char *email)
{
	const char *at = strchr(email, '@');

	return at != NULL && at != email && at[1] != '\0' &&
	    strchr(at, '.') == NULL;
}

/* A slip of the finger is pointed out once and never corrected by us: sure is
 * what the form had when it was pointed out. */
static const char *
slip(const struct address *address, const char *sure, struct arena *a,
    const char *lang)
{
	const char *at = strchr(address->text, '@');
	const char *domain = typo_domain(at + 1);

	if (domain == NULL || strcmp(sure, address->text) == 0)
		return NULL;
	return arena_printf(a,
	    catalogue_text(lang,
		"Did you mean %.*s@%s? Then change the address. If it is right "
		"as it is, subscribe once more."),
	    (int)(at - address->text), address->text, domain);
}

static const char *
email_error(struct signup_form *f, const char *sure, struct arena *a,
    const char *lang)
{
	struct err e;

	if (address_parse(&f->address, f->email, strlen(f->email), &e) == 0)
		return slip(&f->address, sure, a, lang);
	if (lacks_full_stop(f->email))
		return catalogue_text(lang,
		    "This address does not look right: there is no full stop "
		    "after the @.");
	return what_is_wrong(e.slug, lang);
}

void
signup_form_read(struct signup_form *ret, const struct form *f, struct arena *a,
    const char *lang)
{
	const char *trap = form_get(f, "website");

	*ret = (struct signup_form){
		.email = typed(f, "email"),
		.language = typed(f, "language"),
		.organisation = typed(f, "organisation"),
		.stamp = form_get(f, "stamp"),
		.trapped = trap != NULL && trap[0] != '\0',
	};
	ret->email_error = email_error(ret, typed(f, "sure"), a, lang);
	if (strcmp(ret->language, "nl") != 0 &&
	    strcmp(ret->language, "en") != 0 &&
	    strcmp(ret->language, "both") != 0)
		ret->language_error = catalogue_text(lang,
		    "Choose in which language you would like the newsletter.");
	if (characters(ret->organisation) > SIGNUP_ORGANISATION_MAX)
		ret->organisation_error = catalogue_text(lang,
		    "Use at most 100 characters for the organisation.");
}

bool
signup_form_ok(const struct signup_form *f)
{
	return f->email_error == NULL && f->language_error == NULL &&
	    f->organisation_error == NULL;
}

/* The stamp */

static uint32_t
number_of(const char *words)
{
	unsigned char hash[crypto_generichash_BYTES];
	uint32_t n;

	(void)crypto_generichash(hash, sizeof(hash),
	    (const unsigned char *)words, strlen(words), NULL, 0);
	memcpy(&n, hash, sizeof(n));
	return n;
}

void
signup_stamp_make(const struct keys *k, const char *words, int64_t at,
    char ret[TOKEN_LINK_CHARS + 1])
{
	const struct token t = { .purpose = TOKEN_STAMP,
		.subscriber = (uint64_t)at,
		.mailing = number_of(words) };

	token_link(k, ret, &t);
}

enum signup_stamp
signup_stamp_check(const struct keys *k, const char *words, const char *stamp,
    int64_t now)
{
	struct token t;
	struct err e;
	int64_t age;

	if (stamp == NULL ||
	    token_open_link(k, &t, TOKEN_STAMP, stamp, strlen(stamp), &e) == -1)
		return SIGNUP_STAMP_BAD;
	age = now - (int64_t)t.subscriber;
	if (age < SIGNUP_STAMP_SECONDS_MIN)
		return SIGNUP_STAMP_BAD;
	if (age > SIGNUP_STAMP_SECONDS_MAX || t.mailing != number_of(words))
		return SIGNUP_STAMP_EXPIRED;
	return SIGNUP_STAMP_GOOD;
}
