#include "composer/list/csv_stream.h"

#include <csv.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/err.h"

#define PIECE ((size_t)16 * 1024)
#define MARK_BYTES 3

struct csv_stream {
	struct csv_parser parser;
	bool converts;
	iconv_t converter;
	size_t skip; /* of a byte order mark */
	int (*row)(void *arg, const struct csv_row *r, struct err *e);
	void *arg;
	struct buf text;	    /* of the row being read */
	size_t at[CSV_COLUMNS_MAX]; /* where its fields start there */
	size_t nfields;
	size_t no, nrows;
	int last_end; /* what ended the row before */
	bool wide, long_row, full, refused;
	struct err *e; /* of the call that is running */
};

struct csv_stream *
csv_stream_new(const struct csv_form *form,
    int (*row)(void *arg, const struct csv_row *r, struct err *e), void *arg)
{
	struct csv_stream *s = calloc(1, sizeof(*s));

	if (s == NULL || csv_init(&s->parser, CSV_REPALL_NL) != 0)
		abort();
	csv_set_delim(&s->parser, (unsigned char)form->separator);
	csv_set_blk_size(&s->parser, 4096);
	s->converts = form->converted;
	if (s->converts) {
		s->converter = iconv_open("UTF-8", "WINDOWS-1252");
		/* Of a C library without it; POSIX chose the value.
		 * NOLINTNEXTLINE(performance-no-int-to-ptr) */
		if (s->converter == (iconv_t)-1)
			abort();
	}
	s->skip = form->mark ? MARK_BYTES : 0;
	s->row = row;
	s->arg = arg;
	buf_init(&s->text, CSV_ROW_BYTES_MAX);
	return s;
}

void
csv_stream_free(struct csv_stream *s)
{
	if (s == NULL)
		return;
	if (s->converts)
		(void)iconv_close(s->converter);
	csv_free(&s->parser);
	buf_done(&s->text);
	free(s);
}

static bool
is_over(const struct csv_stream *s)
{
	return s->wide || s->long_row || s->full || s->refused;
}

static void
on_field(void *field, size_t n, void *arg)
{
	struct csv_stream *s = arg;

	if (is_over(s)) /* libcsv cannot be stopped */
		return;
	if (s->nfields == CSV_COLUMNS_MAX) {
		s->wide = true;
		return;
	}
	s->at[s->nfields++] = s->text.len;
	if ((n > 0 && buf_add(&s->text, field, n) == -1) ||
	    buf_addc(&s->text, '\0') == -1)
		s->long_row = true;
}

static bool
is_blank(const struct csv_stream *s)
{
	return s->nfields == 0 || (s->nfields == 1 && s->text.data[0] == '\0');
}

static void
hand_out(struct csv_stream *s)
{
	char *fields[CSV_COLUMNS_MAX];
	const struct csv_row row = { .no = s->no,
		.n = s->nfields,
		.fields = fields };

	if (s->nrows > CSV_ROWS_MAX) { /* beside the headings */
		s->full = true;
		return;
	}
	s->nrows++;
	for (size_t i = 0; i < s->nfields; i++)
		fields[i] = s->text.data + s->at[i];
	if (s->row(s->arg, &row, s->e) == -1)
		s->refused = true;
}

/* Told of each line break (CSV_REPALL_NL), so that empty lines count. */
static void
on_row(int end, void *arg)
{
	struct csv_stream *s = arg;

	if (is_over(s))
		return;
	if (s->nfields == 0 &&
	    (end == -1 || (end == '\n' && s->last_end == '\r'))) {
		s->last_end = end;
		return;
	}
	s->no++;
	if (!is_blank(s))
		hand_out(s);
	s->nfields = 0;
	buf_clear(&s->text);
	s->last_end = end;
}

static int
judge(struct csv_stream *s)
{
	struct err *e = s->e;

	if (s->refused)
		return -1;
	if (csv_get_buffer_size(&s->parser) > CSV_ROW_BYTES_MAX + PIECE)
		s->long_row = true;
	if (s->long_row) {
		(void)err_set(e, ERR_INPUT, "Row %zu is longer than %zu kB",
		    s->no + 1, CSV_ROW_BYTES_MAX / 1024);
		(void)err_slug(e, "too-large");
		return err_hint(e,
		    N_("Perhaps it opens a quote that is never closed"));
	}
	if (s->wide) {
		(void)err_set(e, ERR_INPUT, "The file has more than %d columns",
		    CSV_COLUMNS_MAX);
		return err_slug(e, "too-large");
	}
	if (s->full) {
		(void)err_set(e, ERR_INPUT, "The file has more than %d rows",
		    CSV_ROWS_MAX);
		return err_slug(e, "too-many-rows");
	}
	return 0;
}

static int
parse(struct csv_stream *s, const char *bytes, size_t n)
{
	if (csv_parse(&s->parser, bytes, n, on_field, on_row, s) != n)
		abort(); /* not strict, so it is out of memory */
	return judge(s);
}

/* Every byte is a character, so a piece may end anywhere. */
static int
convert(struct csv_stream *s, const char *bytes, size_t n)
{
	char piece[PIECE], utf8[3 * PIECE]; /* the euro sign takes three */
	char *in = piece, *out = utf8;
	size_t left = n, room = sizeof(utf8);

	memcpy(piece, bytes, n);
	if (iconv(s->converter, &in, &left, &out, &room) == (size_t)-1)
		return err_plain(s->e, ERR_INPUT, "bad-charset",
		    "The file was changed while it was being read");
	return parse(s, utf8, sizeof(utf8) - room);
}

int
csv_stream_feed(struct csv_stream *s, const char *bytes, size_t n,
    struct err *e)
{
	size_t skip = n < s->skip ? n : s->skip;

	s->e = e;
	s->skip -= skip;
	bytes += skip;
	n -= skip;
	while (n > 0) {
		size_t part = n < PIECE ? n : PIECE;

		if ((s->converts ? convert(s, bytes, part)
				 : parse(s, bytes, part)) == -1)
			return -1;
		bytes += part;
		n -= part;
	}
	return 0;
}

int
csv_stream_end(struct csv_stream *s, struct err *e)
{
	s->e = e;
	/* Strict at the end only: a quote inside a field is fine. */
	(void)csv_set_opts(&s->parser,
	    CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
	if (csv_fini(&s->parser, on_field, on_row, s) == -1 &&
	    csv_error(&s->parser) == CSV_EPARSE) {
		(void)err_set(e, ERR_INPUT,
		    "Row %zu opens a quote that is never closed", s->no + 1);
		return err_slug(e, "open-quote");
	}
	if (judge(s) == -1)
		return -1;
	if (s->nrows == 0)
		return err_plain(e, ERR_INPUT, "empty-file",
		    "The file is empty");
	return 0;
}
