#include "composer/list/subscriber_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/catalogue.h"
#include "base/day.h"
#include "base/err.h"
#include "composer/list/csv.h"
#include "composer/list/typo.h"

static const struct {
	const char *name; /* in a map */
	size_t offset;
	const char *const *headings;
} kinds[] = {
	{ "email", offsetof(struct subscriber_columns, email),
	    (const char *const[]){ "e-mail", "email", "e-mailadres",
		"emailadres", "e-mail adres", "e-mailaddress", "email address",
		"e-mail address", "mailadres", "mail", "adres", "address",
		NULL } },
	{ "lang", offsetof(struct subscriber_columns, language),
	    (const char *const[]){ "taal", "language", "lang", "taalkeuze",
		NULL } },
	{ "organisation", offsetof(struct subscriber_columns, organisation),
	    (const char *const[]){ "organisatie", "organisation",
		"organization", "instelling", NULL } },
	{ "tag", offsetof(struct subscriber_columns, tags),
	    (const char *const[]){ "kenmerk", "kenmerken", "tag", "tags",
		NULL } },
	{ "state", offsetof(struct subscriber_columns, state),
	    (const char *const[]){ "toestand", "state", "status", NULL } },
	{ "until", offsetof(struct subscriber_columns, until),
	    (const char *const[]){ "gepauzeerd tot", "paused until",
		"paused_until", NULL } },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int *
column_of(struct subscriber_columns *c, size_t kind)
{
	return (int *)(void *)((char *)c + kinds[kind].offset);
}

static int
apply_map(struct subscriber_columns *c, const struct csv_row *headings,
    const char *map, struct err *e)
{
	const char *p = map;

	while (*p != '\0') {
		size_t n = strcspn(p, "=,"), kind = 0;
		char *end = NULL;

		while (kind < KINDS &&
		    (strlen(kinds[kind].name) != n ||
			strncmp(kinds[kind].name, p, n) != 0))
			kind++;
		long column = p[n] == '=' ? strtol(p + n + 1, &end, 10) : -1;
		if (kind == KINDS || column < 0 || end == p + n + 1 ||
		    (size_t)column > headings->n ||
		    (*end != ',' && *end != '\0')) {
			(void)err_set(e, ERR_USAGE,
			    "'%s' does not say which column is what", map);
			return err_hint(e,
			    N_("Columns count from 1; this file has %zu: "
			       "--map email=1,lang=2,organisation=3,tag=4"),
			    headings->n);
		}
		*column_of(c, kind) = (int)column - 1;
		p = end + (*end == ',');
	}
	return 0;
}

int
subscriber_columns(struct subscriber_columns *ret,
    const struct csv_row *headings, const char *map, struct err *e)
{
	struct subscriber_columns c;

	for (size_t k = 0; k < KINDS; k++)
		*column_of(&c, k) = csv_column(headings, kinds[k].headings);
	if (map != NULL && apply_map(&c, headings, map, e) == -1)
		return -1;
	if (c.email == -1) {
		(void)err_plain(e, ERR_INPUT, "no-email-column",
		    "No column with e-mail addresses was found");
		return err_hint(e,
		    N_("Say which column it is, for example: --map email=1"));
	}
	*ret = c;
	return 0;
}

const char *
subscriber_language(const char *word)
{
	static const struct {
		const char *word, *language;
	} words[] = { { "", "" }, { "nl", "nl" }, { "nederlands", "nl" },
		{ "dutch", "nl" }, { "en", "en" }, { "engels", "en" },
		{ "english", "en" }, { "both", "both" }, { "beide", "both" },
		{ "nl+en", "both" }, { "nl/en", "both" }, { "en/nl", "both" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].language;
	return NULL;
}

bool
subscriber_tag_ok(const char *tag, size_t n)
{
	if (n == 0 || n > TAG_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)tag[i] < 0x20 || tag[i] == 0x7f ||
		    strchr(",;|", tag[i]) != NULL)
			return false;
	return true;
}

/* "netwerk, vrijwilliger" and the tag for all to "netwerk,vrijwilliger,...";
 * NULL when one of them is no tag. */
static const char *
read_tags(struct arena *a, const char *field, const char *tag)
{
	const char *tags = tag != NULL ? tag : "";
	size_t count = 0;

	while (*field != '\0') {
		size_t n = strcspn(field, ",;|"), skip = n;

		while (n > 0 && *field == ' ')
			field++, n--, skip--;
		while (n > 0 && field[n - 1] == ' ')
			n--;
		if (n > 0) {
			if (!subscriber_tag_ok(field, n) || ++count > TAGS_MAX)
				return NULL;
			tags = arena_printf(a, "%s%s%.*s", tags,
			    tags[0] != '\0' ? "," : "", (int)n, field);
		}
		field += skip;
		field += *field != '\0';
	}
	return tags;
}

/* As the list has them; "" for nothing, NULL for anything else. */
static const char *
state_of(const char *word)
{
	static const struct {
		const char *word, *state;
	} words[] = { { "", "" }, { "active", "active" },
		{ "actief", "active" }, { "pending", "pending" },
		{ "waiting for confirmation", "pending" },
		{ "wacht op bevestiging", "pending" }, { "paused", "paused" },
		{ "gepauzeerd", "paused" }, { "unsubscribed", "unsubscribed" },
		{ "afgemeld", "unsubscribed" },
		{ "uitgeschreven", "unsubscribed" },
		{ "undeliverable", "undeliverable" },
		{ "onbestelbaar", "undeliverable" }, { "blocked", "blocked" },
		{ "geblokkeerd", "blocked" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].state;
	return NULL;
}

/* True also for no date at all. */
static bool
read_until(struct subscriber_row *r, struct arena *a, const char *word)
{
	char day[DAY_TEXT_SIZE];

	if (word[0] == '\0' || strcmp(r->state, "paused") != 0)
		return true;
	/* Absolute, whatever today is. */
	if (word[0] == '+' || !day_parse(day, word, "2026-01-01", false))
		return false;
	r->until = arena_strdup(a, day);
	return true;
}

void
subscriber_row_reject(struct subscriber_row *r, struct arena *a,
    const struct err *why)
{
	r->fate = FATE_REJECTED;
	r->defect = arena_strdup(a, err_word(why));
	r->why = arena_strdup(a, why->text);
}

static int
read_details(struct subscriber_row *r, struct arena *a,
    const struct csv_row *csv, const struct subscriber_columns *c,
    const char *tag, struct err *why)
{
	r->organisation = csv_unguard(csv_field(csv, c->organisation));
	r->language = subscriber_language(csv_field(csv, c->language));
	r->tags = read_tags(a, csv_unguard(csv_field(csv, c->tags)), tag);
	r->state = state_of(csv_field(csv, c->state));
	if (r->language == NULL)
		return err_plain(why, ERR_INPUT, "unknown-language",
		    "The language is not nl, en or both");
	if (r->tags == NULL)
		return err_plain(why, ERR_INPUT, "bad-tag",
		    "A tag is too long, or has a character that tags cannot "
		    "have");
	if (strlen(r->organisation) > ORGANISATION_MAX)
		return err_plain(why, ERR_INPUT, "too-long",
		    "The name of the organisation is too long");
	if (r->state == NULL)
		return err_plain(why, ERR_INPUT, "unknown-state",
		    "The state is not one that a subscriber can have");
	if (!read_until(r, a, csv_field(csv, c->until)))
		return err_plain(why, ERR_INPUT, "bad-date",
		    "The end of the pause is no date such as 2027-03-01");
	return 0;
}

void
subscriber_row_read(struct subscriber_row *ret, struct arena *a,
    const struct csv_row *csv, const struct subscriber_columns *c,
    const char *tag, const char *language)
{
	const char *email = csv_unguard(csv_field(csv, c->email));
	struct subscriber_row r = { .csv = csv, .fate = FATE_NEW };
	struct address address;
	struct err why;

	if (address_parse(&address, email, strlen(email), &why) == -1 ||
	    read_details(&r, a, csv, c, tag, &why) == -1) {
		subscriber_row_reject(&r, a, &why);
	} else {
		if (r.language[0] == '\0' && language != NULL)
			r.language = language;
		r.address =
		    (const void *)arena_memdup(a, &address, sizeof(address));
		r.suggestion = typo_domain(strchr(address.compare, '@') + 1);
	}
	*ret = r;
}
