#include "composer/list/org_csv.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/list/csv.h"

struct parser {
	struct arena *arena;
	const struct org_csv *x;
	int row;		      /* being read, from 1 */
	int columns[CSV_COLUMNS_MAX]; /* of the file: an org_field or -1 */
	int defects;
	struct org_row *rows;
	size_t nrows;
};

static const enum org_field whereabouts[] = { ORG_PLACE, ORG_POSTAL_ADDRESS,
	ORG_REGION };

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

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
		int found = org_field_find(headings->fields[i]);

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

static bool
is_secret(const struct org_values *v)
{
	return v->value[ORG_SECRET] != NULL &&
	    strcmp(v->value[ORG_SECRET], "yes") == 0;
}

static void
read_row(struct parser *p, const struct csv_row *row, size_t ncolumns)
{
	struct org_values *r = &p->rows[p->nrows].values;
	struct err e;

	p->row = (int)row->no;
	p->rows[p->nrows] = (struct org_row){ .no = p->row };
	if (row->n != ncolumns) {
		(void)err_set(&e, ERR_INPUT,
		    "there are %zu columns here and %zu in the first row",
		    row->n, ncolumns);
		defect(p, NULL, &e);
	}
	for (size_t i = 0; i < row->n && i < ncolumns; i++) {
		const enum org_field f = (enum org_field)p->columns[i];
		const char *v = csv_unguard(row->fields[i]);

		if (org_field_check(f, p->arena, &p->x->rules, &v, strlen(v),
			&e) == -1)
			defect(p, org_field_name(f), &e);
		r->value[f] = v;
	}
	if (r->value[ORG_NAME] == NULL) {
		(void)err_set(&e, ERR_INPUT, "a name is missing");
		defect(p, org_field_name(ORG_NAME), &e);
	}
	for (size_t i = 0; i < LENGTH(whereabouts) && is_secret(r); i++) {
		const char **v = &r->value[whereabouts[i]];

		if (*v != NULL && (*v)[0] == '\0')
			*v = NULL;
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

void
org_csv_put_headings(struct buf *b)
{
	for (int f = 0; f < ORG_CONTACT_PUBLIC; f++)
		(void)buf_addf(b, "%s%s", f > 0 ? ";" : "\xef\xbb\xbf",
		    org_field_name((enum org_field)f));
	(void)buf_adds(b, "\r\n");
}

void
org_csv_put_row(struct buf *b, const struct org_values *v)
{
	struct org_values open = *v;

	for (size_t i = 0; i < LENGTH(whereabouts) && is_secret(v); i++)
		open.value[whereabouts[i]] = NULL;
	for (int f = 0; f < ORG_CONTACT_PUBLIC; f++) {
		if (f > 0)
			(void)buf_addc(b, ';');
		if (open.value[f] != NULL)
			csv_put(b, open.value[f]);
	}
	(void)buf_adds(b, "\r\n");
}
