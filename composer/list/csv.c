#include "composer/list/csv.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct csv_row
csv_row_copy(struct arena *a, const struct csv_row *r)
{
	struct csv_row row = { r->no, r->n,
		arena_alloc(a, r->n * sizeof(*row.fields)) };

	for (size_t i = 0; i < r->n; i++)
		row.fields[i] = arena_strdup(a, r->fields[i]);
	return row;
}

struct table {
	struct arena *arena;
	struct csv *csv;
	size_t size; /* of csv->rows */
};

static int
keep_row(void *arg, const struct csv_row *r, struct err *e)
{
	struct table *t = arg;
	struct csv *c = t->csv;
	struct csv_row row = csv_row_copy(t->arena, r);

	(void)e;
	if (c->headings.no == 0) {
		c->headings = row;
		return 0;
	}
	if (c->nrows == t->size) {
		struct csv_row *old = c->rows;

		t->size = t->size > 0 ? 2 * t->size : 256;
		c->rows = arena_alloc(t->arena, t->size * sizeof(*c->rows));
		if (c->nrows > 0)
			memcpy(c->rows, old, c->nrows * sizeof(*c->rows));
	}
	c->rows[c->nrows++] = row;
	return 0;
}

static int
read_all(struct csv *ret, struct table *t, const char *bytes, size_t n,
    struct err *e)
{
	struct csv_stream *s;
	struct csv_form form;
	struct csv_scan scan;
	int rc;

	csv_scan_init(&scan);
	if (csv_scan_feed(&scan, bytes, n, e) == -1 ||
	    csv_scan_end(&scan, &form, e) == -1)
		return -1;
	ret->separator = form.separator;
	ret->converted = form.converted;
	s = csv_stream_new(&form, keep_row, t);
	rc = csv_stream_feed(s, bytes, n, e) == -1 ? -1 : csv_stream_end(s, e);
	csv_stream_free(s);
	return rc;
}

int
csv_read(struct csv *ret, struct arena *a, const char *bytes, size_t n,
    struct err *e)
{
	struct csv c = { 0 };
	struct table t = { .arena = a, .csv = &c };

	if (n > CSV_TABLE_MAX) {
		(void)err_set(e, ERR_INPUT, "The file is larger than %zu MB",
		    CSV_TABLE_MAX / 1024 / 1024);
		return err_slug(e, "too-large");
	}
	if (read_all(&c, &t, bytes, n, e) == -1)
		return -1;
	*ret = c;
	return 0;
}

int
csv_column(const struct csv_row *headings, const char *const *words)
{
	for (size_t i = 0; i < headings->n; i++)
		for (const char *const *w = words; *w != NULL; w++)
			if (strcasecmp(headings->fields[i], *w) == 0)
				return (int)i;
	return -1;
}

const char *
csv_field(const struct csv_row *r, int column)
{
	return column >= 0 && (size_t)column < r->n ? r->fields[column] : "";
}

/* Full-width signs count as well (OWASP, CSV injection). */
static bool
is_formula(const char *s)
{
	static const char *const wide[] = { "\uff1d", "\uff0b", "\uff0d",
		"\uff20" };

	while (*s == ' ' || *s == '"')
		s++;
	if (*s != '\0' && strchr("=+-@\t\r", *s) != NULL)
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return true;
	return false;
}

void
csv_put(struct buf *b, const char *field)
{
	bool quote = field[strcspn(field, "\",;\t\r\n ")] != '\0';

	if (quote)
		(void)buf_addc(b, '"');
	if (is_formula(field))
		(void)buf_addc(b, '\'');
	for (const char *p = field; *p != '\0'; p++) {
		if (*p == '"')
			(void)buf_addc(b, '"');
		(void)buf_addc(b, *p);
	}
	if (quote)
		(void)buf_addc(b, '"');
}

const char *
csv_unguard(const char *field)
{
	return field[0] == '\'' && is_formula(field + 1) ? field + 1 : field;
}
