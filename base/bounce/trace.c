#include "base/bounce/trace.h"

#include <ctype.h>
#include <string.h>

#include "base/bounce/addresses.h"
#include "base/keys.h"

static void
add(struct bounce *b, enum bounce_place place, struct slice text,
    struct arena *arena)
{
	const char *copy = slice_string(text, text.n, arena);

	for (size_t i = 0; i < b->ntraces; i++)
		if (b->traces[i].place == place &&
		    strcmp(b->traces[i].text, copy) == 0)
			return;
	if (b->ntraces < BOUNCE_TRACES_MAX)
		b->traces[b->ntraces++] = (struct bounce_trace){ place, copy };
}

/* Base32 as token_mail() writes it, in any case. */
static bool
is_mail_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalpha((unsigned char)s.p[i]) &&
		    (s.p[i] < '2' || s.p[i] > '7'))
			return false;
	return s.n == TOKEN_MAIL_CHARS;
}

/* Each address whose local part ends in a token; plus: behind a plus sign. */
static void
add_addresses(struct bounce *b, enum bounce_place place, const char *value,
    bool plus, struct arena *arena)
{
	struct slice all = slice_of(value, strlen(value)), one;

	for (size_t at = 0; addresses_next(all, &at, &one);) {
		const char *sign = memchr(one.p, '@', one.n);
		struct slice local = slice_of(one.p, (size_t)(sign - one.p));
		const char *mark = memchr(local.p, '+', local.n);
		struct slice token = local;

		if (plus && mark == NULL)
			continue;
		if (plus)
			token = slice_from(local, (size_t)(mark - local.p) + 1);
		if (is_mail_token(token))
			add(b, place, place == BOUNCE_ENVELOPE ? local : token,
			    arena);
	}
}

/* "<https://.../u/TOKEN>", of base64url. */
static void
add_links(struct bounce *b, const char *value, struct arena *arena)
{
	for (const char *end = value; (end = strchr(end, '>')) != NULL; end++) {
		size_t n = 0;

		while (end - n > value && n <= TOKEN_LINK_CHARS &&
		    (isalnum((unsigned char)end[-1 - (long)n]) ||
			strchr("-_", end[-1 - (long)n]) != NULL))
			n++;
		if (n == TOKEN_LINK_CHARS && end - n > value &&
		    end[-1 - (long)n] == '/')
			add(b, BOUNCE_LINK, slice_of(end - n, n), arena);
	}
}

void
trace_read(const struct fields *top, const struct fields *original,
    struct arena *arena, struct bounce *ret)
{
	static const char *const to[] = { "Delivered-To", "X-Original-To",
		"Envelope-To", "X-Envelope-To", "To", "Cc" };
	static const char *const answers[] = { "In-Reply-To", "References" };
	const char *value;

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		value = fields_all(top, to[i], arena);
		add_addresses(ret, BOUNCE_ENVELOPE, value, true, arena);
		add_addresses(ret, BOUNCE_TO, value, true, arena);
	}
	if (original != NULL) {
		value = fields_get(original, "List-Unsubscribe", arena);
		add_addresses(ret, BOUNCE_MESSAGE_ID,
		    fields_get(original, "Message-ID", arena), false, arena);
		add_addresses(ret, BOUNCE_MAILTO, value, true, arena);
		add_links(ret, value, arena);
		add_addresses(ret, BOUNCE_ENVELOPE,
		    fields_get(original, "Return-Path", arena), true, arena);
	}
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		add_addresses(ret, BOUNCE_MESSAGE_ID,
		    fields_get(top, answers[i], arena), false, arena);
}

void
trace_report(const struct fields *report, struct arena *arena,
    struct bounce *ret)
{
	add_addresses(ret, BOUNCE_ENVELOPE,
	    fields_get(report, "Original-Mail-From", arena), true, arena);
	add_addresses(ret, BOUNCE_MESSAGE_ID,
	    fields_get(report, "Original-Message-ID", arena), false, arena);
}
