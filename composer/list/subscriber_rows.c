#include "composer/list/subscriber_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/catalogue.h"
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
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int *
column_of(struct subscriber_columns *c, size_t kind)
{
	return (int *)(void *)((char *)c + kinds[kind].offset);
}

static int
apply_map(struct subscriber_columns *c, const struct csv *table,
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
		long column = p[n] == '=' ? strtol(p + n + 1, &end, 10) : 0;
		if (kind == KINDS || column < 1 ||
		    (size_t)column > table->headings.n ||
		    (*end != ',' && *end != '\0')) {
			(void)err_set(e, ERR_USAGE,
			    "'%s' does not say which column is what", map);
			return err_hint(e,
			    N_("Columns count from 1; this file has %zu: "
			       "--map email=1,lang=2,organisation=3,tag=4"),
			    table->headings.n);
		}
		*column_of(c, kind) = (int)column - 1;
		p = end + (*end == ',');
	}
	return 0;
}

int
subscriber_columns(struct subscriber_columns *ret, const struct csv *table,
    const char *map, struct err *e)
{
	struct subscriber_columns c;

	for (size_t k = 0; k < KINDS; k++)
		*column_of(&c, k) = csv_column(table, kinds[k].headings);
	if (map != NULL && apply_map(&c, table, map, e) == -1)
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

static void
defect(struct arena *a, struct subscriber_row *r, const struct err *why)
{
	r->fate = FATE_REJECTED;
	r->defect = arena_strdup(a, err_word(why));
	r->why = arena_strdup(a, why->text);
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

static void
read_row(struct arena *a, struct subscriber_row *r, const struct csv_row *csv,
    const struct subscriber_columns *c, const char *tag, const char *language)
{
	const char *email = csv_unguard(csv_field(csv, c->email));
	struct address address;
	struct err why;

	r->csv = csv;
	r->fate = FATE_NEW;
	r->organisation = csv_unguard(csv_field(csv, c->organisation));
	r->language = subscriber_language(csv_field(csv, c->language));
	r->tags = read_tags(a, csv_unguard(csv_field(csv, c->tags)), tag);
	if (address_parse(&address, email, strlen(email), &why) == -1) {
		defect(a, r, &why);
		return;
	}
	r->address = (void *)arena_memdup(a, &address, sizeof(address));
	r->suggestion = typo_domain(strchr(r->address->compare, '@') + 1);
	if (r->language == NULL) {
		(void)err_plain(&why, ERR_INPUT, "unknown-language",
		    "The language is not nl, en or both");
		defect(a, r, &why);
	} else if (r->tags == NULL) {
		(void)err_plain(&why, ERR_INPUT, "bad-tag",
		    "A tag is too long, or has a character that tags cannot "
		    "have");
		defect(a, r, &why);
	} else if (r->language[0] == '\0' && language != NULL) {
		r->language = language;
	}
}

static int
by_address(const void *x, const void *y)
{
	const struct subscriber_row *a = *(struct subscriber_row *const *)x;
	const struct subscriber_row *b = *(struct subscriber_row *const *)y;
	int d = strcmp(a->address->compare, b->address->compare);

	return d != 0 ? d
		      : (a->csv->no > b->csv->no) - (a->csv->no < b->csv->no);
}

/* The first of the same addresses counts. */
static void
find_duplicates(struct arena *a, struct subscriber_row *rows, size_t n)
{
	struct subscriber_row **sorted =
	    arena_alloc(a, (n + 1) * sizeof(*sorted));
	const struct subscriber_row *first = NULL;
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i].defect == NULL)
			sorted[m++] = &rows[i];
	qsort(sorted, m, sizeof(*sorted), by_address);
	for (size_t i = 0; i < m; i++) {
		struct err why;

		if (first == NULL ||
		    strcmp(sorted[i]->address->compare,
			first->address->compare) != 0) {
			first = sorted[i];
			continue;
		}
		sorted[i]->duplicate_of = first->csv->no;
		(void)err_set(&why, ERR_INPUT, "The same address as row %zu",
		    first->csv->no);
		(void)err_slug(&why, "duplicate");
		defect(a, sorted[i], &why);
	}
}

struct subscriber_row *
subscriber_rows(struct arena *a, const struct csv *table,
    const struct subscriber_columns *columns, const char *tag,
    const char *language)
{
	struct subscriber_row *rows =
	    arena_alloc(a, (table->nrows + 1) * sizeof(*rows));

	for (size_t i = 0; i < table->nrows; i++)
		read_row(a, &rows[i], &table->rows[i], columns, tag, language);
	find_duplicates(a, rows, table->nrows);
	return rows;
}
