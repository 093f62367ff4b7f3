#include "composer/list/org_csv.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/catalogue.h"
#include "base/day.h"
#include "base/err.h"
#include "base/text.h"
#include "composer/list/csv.h"

struct parser {
	struct arena *arena;
	const struct org_csv *x;
	int row;		      /* being read, from 1 */
	int columns[CSV_COLUMNS_MAX]; /* of the file: an org_column or -1 */
	int defects;
	struct org_row *rows;
	size_t nrows;
};

static int
check_yes_no(struct parser *p, const char **v, struct err *e)
{
	bool yes = strcasecmp(*v, "yes") == 0;

	(void)p;
	if (!yes && strcasecmp(*v, "no") != 0)
		return err_set(e, ERR_INPUT, "'%s' is not yes and not no", *v);
	*v = yes ? "t" : "f";
	return 0;
}

static int
check_email(struct parser *p, const char **v, struct err *e)
{
	struct address address;

	if (address_parse(&address, *v, strlen(*v), e) == -1)
		return -1;
	*v = arena_strdup(p->arena, address.text);
	return 0;
}

static int
check_website(struct parser *p, const char **v, struct err *e)
{
	(void)p;
	if (strncmp(*v, "https://", 8) == 0 || strncmp(*v, "http://", 7) == 0)
		return 0;
	return err_set(e, ERR_INPUT,
	    "a website starts with https:// or http://");
}

static int
check_date(struct parser *p, const char **v, struct err *e)
{
	char day[DAY_TEXT_SIZE];

	if (!day_parse(day, *v, p->x->today, false))
		return err_set(e, ERR_INPUT,
		    "'%s' is no date: write 2027-03-01 or +30d", *v);
	*v = arena_strdup(p->arena, day);
	return 0;
}

/* Calls check for each word; blanks between words become one. */
static int
each_word(struct parser *p, const char **v,
    int (*check)(struct parser *p, const char *word, struct err *e),
    struct err *e)
{
	char *save = NULL, *copy = arena_strdup(p->arena, *v), *w;
	const char *all = "";

	for (w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		if (check(p, w, e) == -1)
			return -1;
		all = arena_printf(p->arena, "%s%s%s", all,
		    all[0] != '\0' ? " " : "", w);
	}
	*v = all;
	return 0;
}

static int
check_topic(struct parser *p, const char *word, struct err *e)
{
	for (const char *const *t = p->x->topics; *t != NULL; t++)
		if (strcmp(*t, word) == 0)
			return 0;
	return err_set(e, ERR_INPUT, "there is no topic '%s'", word);
}

static int
check_topics(struct parser *p, const char **v, struct err *e)
{
	return each_word(p, v, check_topic, e);
}

/* ISO 639: two or three letters. */
static int
check_language(struct parser *p, const char *word, struct err *e)
{
	size_t n = strlen(word);

	(void)p;
	if ((n == 2 || n == 3) &&
	    strspn(word, "abcdefghijklmnopqrstuvwxyz") == n)
		return 0;
	return err_set(e, ERR_INPUT, "'%s' is no code of a language", word);
}

static int
check_languages(struct parser *p, const char **v, struct err *e)
{
	return each_word(p, v, check_language, e);
}

static const struct {
	const char *name;
	int (*check)(struct parser *p, const char **v, struct err *e);
	const char *when_empty;
} columns[ORG_COLUMNS] = {
	[ORG_NAME] = { "name", NULL, "" },
	[ORG_PLACE] = { "place", NULL, "" },
	[ORG_POSTAL_ADDRESS] = { "postal_address", NULL, "" },
	[ORG_CONTACT] = { "contact", NULL, "" },
	[ORG_CONTACT_PUBLIC] = { "contact_public", check_yes_no, "f" },
	[ORG_PHONE] = { "phone", NULL, "" },
	[ORG_EMAIL] = { "email", check_email, "" },
	[ORG_WEBSITE] = { "website", check_website, "" },
	[ORG_AIM_NL] = { "aim_nl", NULL, "" },
	[ORG_AIM_EN] = { "aim_en", NULL, "" },
	[ORG_CAPACITY_NL] = { "capacity_nl", NULL, "" },
	[ORG_CAPACITY_EN] = { "capacity_en", NULL, "" },
	[ORG_CAPACITY_DATE] = { "capacity_date", check_date, "" },
	[ORG_TOPICS] = { "topics", check_topics, "" },
	[ORG_REGION] = { "region", NULL, "" },
	[ORG_LANGUAGES] = { "languages", check_languages, "" },
	[ORG_SECRET] = { "secret", check_yes_no, "f" },
	[ORG_ANNOUNCE] = { "announce", check_yes_no, "f" },
};

static void
defect(struct parser *p, const char *column, const struct err *why)
{
	p->defects++;
	p->x->defect(p->x->arg, p->row, column, why);
}

static void
read_headings(struct parser *p, const struct csv_row *headings)
{
	struct err e;

	p->row = (int)headings->no;
	for (size_t i = 0; i < headings->n; i++) {
		int found = -1;

		for (int k = 0; k < ORG_COLUMNS; k++)
			if (strcasecmp(columns[k].name, headings->fields[i]) ==
			    0)
				found = k;
		for (size_t k = 0; k < i; k++)
			if (found != -1 && p->columns[k] == found)
				found = -1;
		p->columns[i] = found;
		if (found != -1)
			continue;
		(void)err_set(&e, ERR_INPUT,
		    "this column is unknown or here a second time");
		defect(p, headings->fields[i], &e);
	}
}

static int
check_value(struct parser *p, int column, const char **v, size_t n,
    struct err *e)
{
	size_t at;

	if (n > ORG_VALUE_MAX)
		return err_set(e, ERR_INPUT,
		    "this is %zu bytes, at most %d are accepted", n,
		    ORG_VALUE_MAX);
	switch (text_check(*v, n, false, &at)) {
	case TEXT_OK:
		break;
	case TEXT_NOT_UTF8:
		return err_set(e, ERR_INPUT, "this is not UTF-8");
	case TEXT_CONTROL:
		return err_set(e, ERR_INPUT,
		    "there is a line break or a control character in it");
	case TEXT_PRIVATE:
		return err_set(e, ERR_INPUT,
		    "there is a private-use character in it, which cannot be "
		    "sent");
	}
	if (n == 0)
		*v = columns[column].when_empty;
	else if (columns[column].check != NULL)
		return columns[column].check(p, v, e);
	return 0;
}

static void
read_row(struct parser *p, const struct csv_row *row, size_t ncolumns)
{
	struct org_row *r = &p->rows[p->nrows];
	struct err e;

	p->row = (int)row->no;
	if (row->n != ncolumns) {
		(void)err_set(&e, ERR_INPUT,
		    "there are %zu columns here and %zu in the first row",
		    row->n, ncolumns);
		defect(p, NULL, &e);
	}
	for (size_t i = 0; i < row->n && i < ncolumns; i++) {
		const char *v = row->fields[i];

		if (check_value(p, p->columns[i], &v, strlen(v), &e) == -1)
			defect(p, columns[p->columns[i]].name, &e);
		r->value[p->columns[i]] = v;
	}
	for (int i = 0; i < ORG_COLUMNS; i++)
		if (r->value[i] == NULL)
			r->value[i] = columns[i].when_empty;
	if (r->value[ORG_NAME][0] == '\0') {
		(void)err_set(&e, ERR_INPUT, "a name is missing");
		defect(p, columns[ORG_NAME].name, &e);
	}
	p->nrows++;
}

int
org_csv_parse(struct arena *a, const struct org_csv *x, const char *text,
    size_t n, struct org_row **ret_rows, size_t *ret_n, struct err *e)
{
	struct parser p = { .arena = a, .x = x };
	struct csv table;

	if (csv_read(&table, a, text, n, e) == -1)
		return -1;
	if (table.nrows > ORG_ROWS_MAX)
		return err_set(e, ERR_INPUT,
		    "The file has %zu rows, at most %d are accepted",
		    table.nrows, ORG_ROWS_MAX);
	p.rows = arena_alloc(a, (table.nrows + 1) * sizeof(*p.rows));
	read_headings(&p, &table.headings);
	/* Under wrong headings every row would be wrong. */
	bool good = p.defects == 0;
	for (size_t i = 0; i < table.nrows && good; i++)
		read_row(&p, &table.rows[i], table.headings.n);
	if (p.defects > 0)
		return err_set(e, ERR_INPUT,
		    "The file has %d defects, so nothing was stored",
		    p.defects);
	*ret_rows = p.rows;
	*ret_n = p.nrows;
	return 0;
}
