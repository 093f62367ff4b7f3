#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/list/csv.h"
#include "composer/list/subscriber_rows.h"

struct check {
	const struct csv *whole;
	size_t n; /* rows seen, with the headings */
};

/* The stream says what the whole table said. */
static int
same_row(void *arg, const struct csv_row *r, struct err *e)
{
	struct check *c = arg;
	const struct csv_row *w =
	    c->n == 0 ? &c->whole->headings : &c->whole->rows[c->n - 1];

	(void)e;
	if (c->n > c->whole->nrows || r->no != w->no || r->n != w->n)
		abort();
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->fields[i], w->fields[i]) != 0)
			abort();
	c->n++;
	return 0;
}

static void
in_two_pieces(const struct csv *whole, const uint8_t *data, size_t size)
{
	const struct csv_form form = { .separator = whole->separator,
		.converted = whole->converted,
		.mark = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 };
	struct check c = { .whole = whole };
	struct csv_stream *s = csv_stream_new(&form, same_row, &c);
	size_t first = size > 0 ? data[size / 2] % size : 0;
	struct err e;

	if (csv_stream_feed(s, (const char *)data, first, &e) == -1 ||
	    csv_stream_feed(s, (const char *)data + first, size - first, &e) ==
		-1 ||
	    csv_stream_end(s, &e) == -1 || c.n != whole->nrows + 1)
		abort();
	csv_stream_free(s);
}

/* A field that is written for a spreadsheet is no formula there. */
static void
is_harmless(struct buf *b, const char *field)
{
	buf_clear(b);
	csv_put(b, field);
	if (b->len > 0 && strchr("=+-@", b->data[0]) != NULL)
		abort();
	(void)csv_unguard(field);
}

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct subscriber_columns columns;
	struct subscriber_row row;
	struct arena a;
	struct buf b;
	struct csv c;
	struct err e;

	arena_init(&a, (size_t)64 << 20);
	buf_init(&b, (size_t)16 << 20);
	if (csv_read(&c, &a, (const char *)data, size, &e) == 0) {
		in_two_pieces(&c, data, size);
		for (size_t i = 0; i < c.nrows; i++)
			for (size_t k = 0; k < c.rows[i].n; k++)
				is_harmless(&b, c.rows[i].fields[k]);
		if (subscriber_columns(&columns, &c.headings, NULL, &e) == 0)
			for (size_t i = 0; i < c.nrows; i++)
				subscriber_row_read(&row, &a, &c.rows[i],
				    &columns, NULL, "nl");
	}
	buf_done(&b);
	arena_done(&a);
	return 0;
}
