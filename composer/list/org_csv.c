#include "composer/list/org_csv.h"

#include <csv.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/catalogue.h"
#include "base/day.h"
#include "base/err.h"
#include "base/text.h"

#define FIELDS_MAX 64

struct parser {
	struct arena *arena;
	const struct org_csv *x;
	int row;		 /* being read, from 1 */
	int field;		 /* in this row */
	int columns[FIELDS_MAX]; /* of the file: an org_column or -1 */
	int ncolumns;
	bool bad_header;
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
header_field(struct parser *p, const char *name)
{
	struct err e;
	int found = -1;

	for (int i = 0; i < ORG_COLUMNS; i++)
		if (strcasecmp(columns[i].name, name) == 0)
			found = i;
	for (int i = 0; i < p->field; i++)
		if (found != -1 && p->columns[i] == found)
			found = -1;
	p->columns[p->field] = found;
	if (found != -1)
		return;
	p->bad_header = true;
	(void)err_set(&e, ERR_INPUT,
	    "this column is unknown or here a second time");
	defect(p, name, &e);
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
on_field(void *s, size_t n, void *arg)
{
	struct parser *p = arg;
	const char *v = arena_memdup(p->arena, s != NULL ? s : "", n);
	struct err e;

	if (p->field >= FIELDS_MAX)
		return;
	if (p->row == 1)
		header_field(p, v);
	else if (p->field < p->ncolumns && p->columns[p->field] >= 0 &&
	    p->nrows < ORG_ROWS_MAX) {
		int column = p->columns[p->field];

		if (check_value(p, column, &v, n, &e) == -1)
			defect(p, columns[column].name, &e);
		p->rows[p->nrows].value[column] = v;
	}
	p->field++;
}

static void
end_row(struct parser *p)
{
	struct org_row *r = &p->rows[p->nrows];
	struct err e;

	if (p->nrows >= ORG_ROWS_MAX) {
		(void)err_set(&e, ERR_INPUT, "at most %d rows are accepted",
		    ORG_ROWS_MAX);
		defect(p, NULL, &e);
		return;
	}
	if (p->field != p->ncolumns) {
		(void)err_set(&e, ERR_INPUT,
		    "there are %d columns here and %d in the first row",
		    p->field, p->ncolumns);
		defect(p, NULL, &e);
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

static void
on_row(int end, void *arg)
{
	struct parser *p = arg;

	(void)end;
	if (p->row == 1)
		p->ncolumns = p->field;
	else if (!p->bad_header)
		end_row(p);
	p->row++;
	p->field = 0;
}

static int
run(struct parser *p, const char *text, size_t n, struct err *e)
{
	struct csv_parser csv;

	/* Strict: a quote in the middle of a field is refused. */
	if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
		return err_set(e, ERR_SYS, "The CSV parser cannot be started");
	if (csv_parse(&csv, text, n, on_field, on_row, p) != n ||
	    csv_fini(&csv, on_field, on_row, p) != 0) {
		(void)err_set(e, ERR_INPUT, "the quotes are not right here");
		defect(p, NULL, e);
	}
	csv_free(&csv);
	return 0;
}

int
org_csv_parse(struct arena *a, const struct org_csv *x, const char *text,
    size_t n, struct org_row **ret_rows, size_t *ret_n, struct err *e)
{
	struct parser p = { .arena = a, .x = x, .row = 1 };

	if (n > ORG_CSV_MAX)
		return err_set(e, ERR_INPUT,
		    "The file is %zu bytes, at most %zu are accepted", n,
		    ORG_CSV_MAX);
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		n -= 3;
	}
	p.rows = arena_alloc(a, ORG_ROWS_MAX * sizeof(*p.rows));
	if (run(&p, text, n, e) == -1)
		return -1;
	if (p.defects > 0)
		return err_set(e, ERR_INPUT,
		    "The file has %d defects, so nothing was stored",
		    p.defects);
	*ret_rows = p.rows;
	*ret_n = p.nrows;
	return 0;
}
