#include "composer/list/csv.h"

#include <csv.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/utf8.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/catalogue.h"
#include "base/err.h"

#define SAVE_AS N_("Save it as 'CSV UTF-8' and try again")

/* What people send instead of CSV, by its first bytes. */
static int
check_kind(const char *s, size_t n, struct err *e)
{
	static const char ods[] =
	    "mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
	bool zip = n >= 4 && memcmp(s, "PK\3\4", 4) == 0;

	if (zip && n >= 30 + sizeof(ods) &&
	    memcmp(s + 30, ods, sizeof(ods) - 1) == 0)
		(void)err_plain(e, ERR_INPUT, "ods-file",
		    "This is a LibreOffice file (.ods)");
	else if (zip)
		(void)err_plain(e, ERR_INPUT, "excel-file",
		    "This is an Excel file (.xlsx)");
	else if (n >= 8 &&
	    memcmp(s, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0)
		(void)err_plain(e, ERR_INPUT, "excel-file",
		    "This is an Excel file (.xls)");
	else if (n >= 2 &&
	    (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0))
		(void)err_plain(e, ERR_INPUT, "utf-16",
		    "This file is in UTF-16 (\"Unicode text\")");
	else if (memchr(s, '\0', n) != NULL)
		(void)err_plain(e, ERR_INPUT, "not-text",
		    "This is not a text file");
	else
		return 0;
	return err_hint(e, SAVE_AS);
}

static bool
is_utf8(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		UChar32 ch;

		U8_NEXT(s, i, n, ch);
		if (ch < 0)
			return false;
	}
	return true;
}

static int
from_windows(struct arena *a, const char **s, size_t *n, struct err *e)
{
	iconv_t cd = iconv_open("UTF-8", "WINDOWS-1252");
	size_t left = *n, room = 3 * *n; /* the euro sign takes three */
	char *in = arena_memdup(a, *s, *n), *out = arena_alloc(a, room + 1);
	const char *start = out;
	size_t rc;

	if (cd == (iconv_t)-1) /* a C library without its converters */
		abort();
	rc = iconv(cd, &in, &left, &out, &room);
	(void)iconv_close(cd);
	if (rc == (size_t)-1) {
		(void)err_plain(e, ERR_INPUT, "bad-charset",
		    "The file is neither in UTF-8 nor in Windows-1252");
		return err_hint(e, SAVE_AS);
	}
	*s = start;
	*n = (size_t)(out - start);
	return 0;
}

/* The candidate that occurs most, outside quotes, in the headings. */
static char
find_separator(const char *s, size_t n)
{
	size_t commas = 0, semicolons = 0, tabs = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (s[i] == '\n' || s[i] == '\r') {
			if (commas + semicolons + tabs > 0)
				break;
		} else {
			commas += s[i] == ',';
			semicolons += s[i] == ';';
			tabs += s[i] == '\t';
		}
	}
	if (tabs > commas && tabs > semicolons)
		return '\t';
	return semicolons > commas ? ';' : ',';
}

struct reader {
	struct arena *arena;
	struct csv *csv;
	size_t size;		       /* of csv->rows */
	char *fields[CSV_COLUMNS_MAX]; /* of the row being read */
	size_t nfields;
	size_t no;
	int last_end; /* what ended the row before */
	bool wide, full;
};

static void
on_field(void *s, size_t n, void *arg)
{
	struct reader *r = arg;

	if (r->nfields == CSV_COLUMNS_MAX) {
		r->wide = true;
		return;
	}
	r->fields[r->nfields++] =
	    n > 0 ? arena_memdup(r->arena, s, n) : arena_strdup(r->arena, "");
}

static bool
is_blank(const struct reader *r)
{
	return r->nfields == 0 || (r->nfields == 1 && r->fields[0][0] == '\0');
}

static void
keep_row(struct reader *r)
{
	struct csv_row row = { .no = r->no, .n = r->nfields };
	struct csv *c = r->csv;

	row.fields = (char **)(void *)arena_memdup(r->arena, r->fields,
	    r->nfields * sizeof(r->fields[0]));
	if (c->headings.no == 0) {
		c->headings = row;
		return;
	}
	if (c->nrows == CSV_ROWS_MAX) {
		r->full = true;
		return;
	}
	if (c->nrows == r->size) {
		struct csv_row *old = c->rows;

		r->size = r->size > 0 ? 2 * r->size : 256;
		c->rows = arena_alloc(r->arena, r->size * sizeof(*c->rows));
		if (c->nrows > 0)
			memcpy(c->rows, old, c->nrows * sizeof(*c->rows));
	}
	c->rows[c->nrows++] = row;
}

/* Told of each line break (CSV_REPALL_NL), so that empty lines count. */
static void
on_row(int end, void *arg)
{
	struct reader *r = arg;

	if (r->nfields == 0 &&
	    (end == -1 || (end == '\n' && r->last_end == '\r'))) {
		r->last_end = end;
		return;
	}
	r->no++;
	if (!is_blank(r))
		keep_row(r);
	r->nfields = 0;
	r->last_end = end;
}

static int
parse(struct csv *c, struct arena *a, const char *s, size_t n, struct err *e)
{
	struct reader r = { .arena = a, .csv = c };
	struct csv_parser p;
	int rc;

	if (csv_init(&p, CSV_REPALL_NL) != 0)
		abort();
	csv_set_delim(&p, (unsigned char)c->separator);
	if (csv_parse(&p, s, n, on_field, on_row, &r) == n) {
		/* Strict at the end only: a quote inside a field is fine. */
		(void)csv_set_opts(&p,
		    CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
		(void)csv_fini(&p, on_field, on_row, &r);
	}
	rc = csv_error(&p);
	csv_free(&p);
	if (rc == CSV_ENOMEM)
		abort();
	if (rc != 0) {
		(void)err_set(e, ERR_INPUT,
		    "Row %zu opens a quote that is never closed", r.no + 1);
		return err_slug(e, "open-quote");
	}
	if (r.wide) {
		(void)err_set(e, ERR_INPUT, "The file has more than %d columns",
		    CSV_COLUMNS_MAX);
		return err_slug(e, "too-large");
	}
	if (r.full) {
		(void)err_set(e, ERR_INPUT, "The file has more than %d rows",
		    CSV_ROWS_MAX);
		return err_slug(e, "too-many-rows");
	}
	return 0;
}

int
csv_read(struct csv *ret, struct arena *a, const char *bytes, size_t n,
    struct err *e)
{
	struct csv c = { 0 };

	if (n > CSV_BYTES_MAX) {
		(void)err_set(e, ERR_INPUT, "The file is larger than %zu MB",
		    CSV_BYTES_MAX / 1024 / 1024);
		return err_slug(e, "too-large");
	}
	if (check_kind(bytes, n, e) == -1)
		return -1;
	if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		bytes += 3, n -= 3;
	if (!is_utf8(bytes, n)) {
		if (from_windows(a, &bytes, &n, e) == -1)
			return -1;
		c.converted = true;
	}
	c.separator = find_separator(bytes, n);
	if (parse(&c, a, bytes, n, e) == -1)
		return -1;
	if (c.headings.no == 0)
		return err_plain(e, ERR_INPUT, "empty-file",
		    "The file is empty");
	*ret = c;
	return 0;
}

int
csv_column(const struct csv *c, const char *const *words)
{
	for (size_t i = 0; i < c->headings.n; i++)
		for (const char *const *w = words; *w != NULL; w++)
			if (strcasecmp(c->headings.fields[i], *w) == 0)
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
