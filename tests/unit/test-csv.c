#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/list/csv.h"

/* A table as one text: fields between bars, each row with its number. */
static void
flatten(struct buf *b, const struct csv *c)
{
	(void)buf_addf(b, "%c", c->separator == '\t' ? 'T' : c->separator);
	for (size_t i = 0; i <= c->nrows; i++) {
		const struct csv_row *r =
		    i == 0 ? &c->headings : &c->rows[i - 1];

		(void)buf_addf(b, " %zu", r->no);
		for (size_t k = 0; k < r->n; k++)
			(void)buf_addf(b, "|%s", r->fields[k]);
	}
}

static const struct {
	const char *in;
	const char *out;
	bool converted;
} good[] = {
	{ "a\nb\n", ", 1|a 2|b", false },
	{ "a;b\n1;2", "; 1|a|b 2|1|2", false },
	{ "a,b\r\n1,2\r\n", ", 1|a|b 2|1|2", false },
	{ "a\tb\r1\t2\r", "T 1|a|b 2|1|2", false },
	{ "\xef\xbb\xbf"
	  "e-mail;x\n1;2\n",
	    "; 1|e-mail|x 2|1|2", false },
	/* Quotes: separators, doubled quotes and line breaks inside. */
	{ "a;b\n\"1;2\";\"say \"\"x\"\"\"\n", "; 1|a|b 2|1;2|say \"x\"",
	    false },
	{ "a;b\n\"1\r\n2\";3\nx;y\n", "; 1|a|b 2|1\r\n2|3 3|x|y", false },
	{ "a;b\n\"1\r\r\n\n2\";3\nx;y\n", "; 1|a|b 2|1\r\r\n\n2|3 3|x|y",
	    false },
	/* A comma in a quoted heading does not decide. */
	{ "\"a,b,c\";d\n1;2\n", "; 1|a,b,c|d 2|1|2", false },
	/* Empty lines are rows of the file, but not of the table. */
	{ "a;b\n\n1;2\n\n\n3;4\n", "; 1|a|b 3|1|2 6|3|4", false },
	{ "a;b\r\n\r\n1;2\r\n\r\n\r\n3;4\r\n", "; 1|a|b 3|1|2 6|3|4", false },
	{ "a;b\r\r1;2\r", "; 1|a|b 3|1|2", false },
	{ "\n\na;b\n1;2\n", "; 3|a|b 4|1|2", false },
	/* A row of empty fields is a row: something stands there. */
	{ "a;b\n;\n1;2\n", "; 1|a|b 2|| 3|1|2", false },
	/* Short and long rows, blanks around. */
	{ "a;b\n1\n1;2;3\n", "; 1|a|b 2|1 3|1|2|3", false },
	{ " a ; b \n 1 ; 2 \n", "; 1|a|b 2|1|2", false },
	{ "a\tb\tc\n1\t\t3\n", "T 1|a|b|c 2|1||3", false },
	{ "a;b\nzee\xc3\xabn;2\n", "; 1|a|b 2|zee\xc3\xabn|2", false },
	{ "a;b\nzee\xebn;\x80\n", "; 1|a|b 2|zee\xc3\xabn|\xe2\x82\xac", true },
};

static void
reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct arena a;
		struct buf b;
		struct csv c;
		struct err e;

		arena_init(&a, 1 << 20);
		buf_init(&b, 4096);
		if (csv_read(&c, &a, good[i].in, strlen(good[i].in), &e) == -1)
			fail_msg("%s: %s", good[i].in, e.text);
		flatten(&b, &c);
		assert_string_equal(b.data, good[i].out);
		assert_int_equal(c.converted, good[i].converted);
		buf_done(&b);
		arena_done(&a);
	}
}

#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *in;
	size_t n;
	const char *slug;
} bad[] = {
	{ BYTES("PK\3\4\24\0\6\0\10\0\0\0!\0"), "excel-file" },
	{ BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more"), "excel-file" },
	{ BYTES("PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK"),
	    "ods-file" },
	{ BYTES("\xff\xfe"
		"a\0;\0b\0"),
	    "utf-16" },
	{ BYTES("a;b\n1\0;2\n"), "not-text" },
	{ BYTES("a;b\n\x81;2\n"), "bad-charset" },
	{ BYTES("a;b\n1;2\n\"3;4\n5;6\n"), "open-quote" },
	{ BYTES(""), "empty-file" },
	{ BYTES("\n\r\n \n"), "empty-file" },
};

static void
refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena a;
		struct csv c;
		struct err e;

		arena_init(&a, 1 << 20);
		assert_int_equal(csv_read(&c, &a, bad[i].in, bad[i].n, &e), -1);
		assert_string_equal(err_word(&e), bad[i].slug);
		arena_done(&a);
	}
}

/* The same rows however the bytes come: a scan, then a stream. */
struct flat {
	struct buf text;
	size_t rows;
	size_t refuse; /* the row to refuse, 0 for none */
};

static int
flatten_row(void *arg, const struct csv_row *r, struct err *e)
{
	struct flat *f = arg;

	(void)buf_addf(&f->text, " %zu", r->no);
	for (size_t k = 0; k < r->n; k++)
		(void)buf_addf(&f->text, "|%s", r->fields[k]);
	f->rows++;
	return f->rows == f->refuse
	    ? err_plain(e, ERR_INPUT, "refused", "This row is refused")
	    : 0;
}

/* Pieces of `step` bytes behind a first one of `first`, each in memory of its
 * own so that asan sees a step too far. */
static int
in_pieces(const char *s, size_t n, size_t first, size_t step, void *x,
    int (*feed)(void *x, const char *bytes, size_t n, struct err *e),
    struct err *e)
{
	size_t at = 0, size = first;

	while (at < n) {
		size_t part = size < n - at ? size : n - at;
		char *exact = malloc(part > 0 ? part : 1);
		int rc;

		assert_non_null(exact);
		memcpy(exact, s + at, part);
		rc = feed(x, exact, part, e);
		free(exact);
		if (rc == -1)
			return -1;
		at += part;
		size = step;
	}
	return 0;
}

static int
feed_scan(void *x, const char *bytes, size_t n, struct err *e)
{
	return csv_scan_feed(x, bytes, n, e);
}

static int
feed_stream(void *x, const char *bytes, size_t n, struct err *e)
{
	return csv_stream_feed(x, bytes, n, e);
}

static int
read_pieces(struct flat *f, struct csv_form *form, const char *s, size_t n,
    size_t first, size_t step, struct err *e)
{
	struct csv_stream *stream;
	struct csv_scan scan;
	int rc;

	csv_scan_init(&scan);
	if (in_pieces(s, n, first, step, &scan, feed_scan, e) == -1 ||
	    csv_scan_end(&scan, form, e) == -1)
		return -1;
	(void)buf_addf(&f->text, "%c",
	    form->separator == '\t' ? 'T' : form->separator);
	stream = csv_stream_new(form, flatten_row, f);
	rc = in_pieces(s, n, first, step, stream, feed_stream, e);
	if (rc == 0)
		rc = csv_stream_end(stream, e);
	csv_stream_free(stream);
	return rc;
}

static void
split_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *s = good[i].in;
		size_t n = strlen(s);

		for (size_t at = 0; at <= n; at++) {
			struct flat f = { .rows = 0 };
			struct csv_form form;
			struct err e;

			/* The first of no bytes: one byte at a time. */
			buf_init(&f.text, 4096);
			assert_int_equal(read_pieces(&f, &form, s, n, at,
					     at == 0 ? 1 : n, &e),
			    0);
			assert_string_equal(f.text.data, good[i].out);
			assert_int_equal(form.converted, good[i].converted);
			buf_done(&f.text);
		}
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (size_t at = 0; at <= bad[i].n; at++) {
			struct flat f = { .rows = 0 };
			struct csv_form form;
			struct err e;

			buf_init(&f.text, 4096);
			assert_int_equal(read_pieces(&f, &form, bad[i].in,
					     bad[i].n, at,
					     at == 0 ? 1 : bad[i].n, &e),
			    -1);
			assert_string_equal(err_word(&e), bad[i].slug);
			buf_done(&f.text);
		}
}

static void
a_row_can_be_refused(void **state)
{
	struct flat f = { .refuse = 3 };
	struct csv_form form;
	struct err e;

	(void)state;
	buf_init(&f.text, 100);
	assert_int_equal(read_pieces(&f, &form, BYTES("a\nb\nc\nd\ne\n"), 4, 4,
			     &e),
	    -1);
	assert_string_equal(err_word(&e), "refused");
	assert_int_equal(f.rows, 3);
	buf_done(&f.text);
}

static void
is_utf8_or_not(void **state)
{
	static const struct {
		const char *in;
		bool utf8;
	} texts[] = { { "\xc3\xab", true }, { "\xe2\x82\xac", true },
		{ "\xf0\x9f\x98\x80", true }, { "\xf4\x8f\xbf\xbf", true },
		{ "\xed\x9f\xbf", true }, { "\xc2\xa0", true },
		{ "\xc1\xbf", false }, /* overlong */
		{ "\xe0\x9f\xbf", false }, { "\xf0\x8f\xbf\xbf", false },
		{ "\xed\xa0\x80", false },     /* a surrogate */
		{ "\xf4\x90\x80\x80", false }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", false }, { "\x80", false },
		{ "\xc3", false }, { "\xc3x", false }, { "\xe2\x82x", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct csv_scan scan;
		struct csv_form form;
		struct err e;

		csv_scan_init(&scan);
		assert_int_equal(csv_scan_feed(&scan, texts[i].in,
				     strlen(texts[i].in), &e),
		    0);
		/* 8f and 90 are nothing in Windows-1252. */
		if (csv_scan_end(&scan, &form, &e) == 0)
			assert_int_equal(form.converted, !texts[i].utf8);
		else
			assert_false(texts[i].utf8);
	}
}

static void
limits(void **state)
{
	char *s = malloc(CSV_TABLE_MAX + 2);
	struct arena a;
	struct csv c;
	struct err e;

	(void)state;
	assert_non_null(s);
	arena_init(&a, 512 << 20);
	memset(s, '\n', CSV_TABLE_MAX + 1);
	s[0] = 'a';
	assert_int_equal(csv_read(&c, &a, s, CSV_TABLE_MAX, &e), 0);
	assert_int_equal(csv_read(&c, &a, s, CSV_TABLE_MAX + 1, &e), -1);
	assert_string_equal(err_word(&e), "too-large");
	memset(s, ';', CSV_COLUMNS_MAX);
	assert_int_equal(csv_read(&c, &a, s, CSV_COLUMNS_MAX - 1, &e), 0);
	assert_int_equal(c.headings.n, CSV_COLUMNS_MAX);
	assert_int_equal(csv_read(&c, &a, s, CSV_COLUMNS_MAX, &e), -1);
	assert_string_equal(err_word(&e), "too-large");
	/* A row with the NUL behind its field. */
	memset(s, 'a', CSV_TABLE_MAX);
	assert_int_equal(csv_read(&c, &a, s, CSV_ROW_BYTES_MAX - 1, &e), 0);
	assert_int_equal(csv_read(&c, &a, s, CSV_ROW_BYTES_MAX, &e), -1);
	assert_string_equal(err_word(&e), "too-large");
	/* A quote that is never closed does not eat a whole file. */
	s[0] = '"';
	assert_int_equal(csv_read(&c, &a, s, CSV_TABLE_MAX, &e), -1);
	assert_string_equal(err_word(&e), "too-large");
	for (size_t i = 0; i <= CSV_ROWS_MAX + 1; i++)
		memcpy(s + 2 * i, "x\n", 2);
	assert_int_equal(csv_read(&c, &a, s, 2 * (CSV_ROWS_MAX + (size_t)1),
			     &e),
	    0);
	assert_int_equal(c.nrows, CSV_ROWS_MAX);
	assert_int_equal(csv_read(&c, &a, s, 2 * (CSV_ROWS_MAX + (size_t)2),
			     &e),
	    -1);
	assert_string_equal(err_word(&e), "too-many-rows");
	arena_done(&a);
	free(s);
}

static void
a_file_has_a_limit(void **state)
{
	struct csv_scan scan;
	char mb[1024 * 1024];
	struct err e;

	(void)state;
	memset(mb, '\n', sizeof(mb));
	csv_scan_init(&scan);
	for (size_t i = 0; i < CSV_BYTES_MAX / sizeof(mb); i++)
		assert_int_equal(csv_scan_feed(&scan, mb, sizeof(mb), &e), 0);
	assert_int_equal(csv_scan_feed(&scan, mb, 0, &e), 0);
	assert_int_equal(csv_scan_feed(&scan, mb, 1, &e), -1);
	assert_string_equal(err_word(&e), "too-large");
}

/* Any prefix of a file is a table or an error, and the rows that are
 * complete in it are those of the whole. */
static void
any_prefix(void **state)
{
	static const char whole[] =
	    "e-mail;taal\r\n\"a\r\nb\";nl\r\n\r\nzee\xc3\xabn;\"x\"\"y\"\r\n";
	struct arena a;
	struct csv c, all;
	struct err e;

	(void)state;
	arena_init(&a, 16 << 20);
	assert_int_equal(csv_read(&all, &a, whole, sizeof(whole) - 1, &e), 0);
	assert_int_equal(all.nrows, 2);
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *exact = malloc(n > 0 ? n : 1);

		memcpy(exact, whole, n); /* so that asan sees a step too far */
		if (csv_read(&c, &a, exact, n, &e) == 0) {
			for (size_t i = 0; i + 1 < c.nrows; i++)
				assert_string_equal(csv_field(&c.rows[i], 0),
				    csv_field(&all.rows[i], 0));
		} else {
			assert_string_not_equal(err_word(&e), "");
		}
		free(exact);
	}
	arena_done(&a);
}

static void
columns(void **state)
{
	static const char *const email[] = { "e-mail", "email", NULL };
	static const char *const missing[] = { "organisatie", NULL };
	static const char in[] = "Taal;E-MAIL\nnl\n";
	struct arena a;
	struct csv c;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(csv_read(&c, &a, in, sizeof(in) - 1, &e), 0);
	assert_int_equal(csv_column(&c.headings, email), 1);
	assert_int_equal(csv_column(&c.headings, missing), -1);
	assert_string_equal(csv_field(&c.rows[0], 0), "nl");
	assert_string_equal(csv_field(&c.rows[0], 1), "");
	assert_string_equal(csv_field(&c.rows[0], -1), "");
	arena_done(&a);
}

static void
guards_formulas(void **state)
{
	static const struct {
		const char *field, *put;
	} fields[] = {
		{ "Voorbeeldhuis", "Voorbeeldhuis" },
		{ "", "" },
		{ "a b", "\"a b\"" },
		{ "a;b", "\"a;b\"" },
		{ "say \"x\"", "\"say \"\"x\"\"\"" },
		{ "a\nb", "\"a\nb\"" },
		{ "=1+1", "'=1+1" },
		{ "+31 20", "\"'+31 20\"" },
		{ "-1", "'-1" },
		{ "@SUM(A1)", "'@SUM(A1)" },
		{ "\t=1", "\"'\t=1\"" },
		{ "\r=1", "\"'\r=1\"" },
		{ " =1", "\"' =1\"" },
		{ "\"=1", "\"'\"\"=1\"" },
		{ "\uff1d1", "'\uff1d1" },
		{ "'s-Gravenhage", "'s-Gravenhage" },
		{ "a=b", "a=b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct buf b;

		buf_init(&b, 100);
		csv_put(&b, fields[i].field);
		assert_string_equal(b.data, fields[i].put);
		buf_done(&b);
	}
	assert_string_equal(csv_unguard("'=1"), "=1");
	assert_string_equal(csv_unguard("'+31"), "+31");
	assert_string_equal(csv_unguard("'s-Gravenhage"), "'s-Gravenhage");
	assert_string_equal(csv_unguard("="), "=");
	assert_string_equal(csv_unguard(""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(split_everywhere),
		cmocka_unit_test(a_row_can_be_refused),
		cmocka_unit_test(is_utf8_or_not),
		cmocka_unit_test(limits),
		cmocka_unit_test(a_file_has_a_limit),
		cmocka_unit_test(any_prefix),
		cmocka_unit_test(columns),
		cmocka_unit_test(guards_formulas),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
