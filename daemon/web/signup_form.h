/*
 * signup_form - what somebody filled in to get the newsletter, and whether it
 *   can be so
 *
 * Everything typed is kept for the page that asks again.  What a form says
 * before it is sent, the words that are agreed to, is made here once: it is
 * shown and stored from the same text, and the stamp of the form names it.
 *
 * The stamp is a token with the time at which the form was shown.  A program
 * that fills in forms has none, or is too fast for a person.
 *
 * Ownership: strings live in the arena of the request, or are static.
 * Threads: no state.
 */
#ifndef DAEMON_WEB_SIGNUP_FORM_H
#define DAEMON_WEB_SIGNUP_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/keys.h"

struct arena;
struct config;
struct form;

#define SIGNUP_ORGANISATION_MAX 100 /* characters */
#define SIGNUP_STAMP_SECONDS_MIN 2
#define SIGNUP_STAMP_SECONDS_MAX (12 * 60 * 60)

struct signup_form {
	const char *email, *language, *organisation; /* as typed */
	const char *stamp;			     /* NULL: none */
	bool trapped; /* the field was filled in that no person sees */
	struct address address;
	/* What is wrong with each; NULL: nothing. */
	const char *email_error, *language_error, *organisation_error;
};

/* In what language a person reads about it: lang. */
void signup_form_read(struct signup_form *ret, const struct form *f,
    struct arena *a, const char *lang);

bool signup_form_ok(const struct signup_form *f);

/* The words that are agreed to. */
const char *
signup_wording(const struct config *c, struct arena *a, const char *lang);

enum signup_stamp {
	SIGNUP_STAMP_GOOD,
	SIGNUP_STAMP_BAD,     /* none of ours, or too fast */
	SIGNUP_STAMP_EXPIRED, /* too old, or the words have changed since */
};

void signup_stamp_make(const struct keys *k, const char *wording, int64_t at,
    char ret[TOKEN_LINK_CHARS + 1]);
enum signup_stamp signup_stamp_check(const struct keys *k, const char *wording,
    const char *stamp, int64_t now);

#endif
