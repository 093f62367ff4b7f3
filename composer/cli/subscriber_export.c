#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/private_file.h"
#include "composer/cli/progress.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"
#include "composer/list/csv.h"
#include "composer/list/subscriber_rows.h"

/* Every field with its quotes doubled. */
#define LINE_MAX_BYTES \
	((size_t)2 * \
	    (ADDRESS_MAX + ORGANISATION_MAX + TAGS_MAX * TAG_MAX + 200))

struct export
{
	struct cli *c;
	struct private_file file;
	struct cli_progress progress;
	size_t n, total;
};

/* Dutch and English spreadsheets open a semicolon and a byte order mark as a
 * table; --plain wants neither. */
static void
put_line(struct export *x, const char *const *fields, size_t n)
{
	bool plain = x->c->output == CLI_PLAIN;
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			(void)buf_addc(&line, plain ? '\t' : ';');
		csv_put(&line, fields[i]);
	}
	(void)fprintf(x->file.f, "%s%s", line.data, plain ? "\n" : "\r\n");
	buf_done(&line);
}

static void
put_csv(struct export *x, const char *address, const struct rows *r, int row)
{
	bool chosen = strcmp(rows_str(r, row, "language_from"), "default") != 0;
	const char *const fields[] = { address,
		chosen ? rows_str(r, row, "language") : "",
		rows_str(r, row, "organisation"), rows_str(r, row, "tag_list"),
		rows_str(r, row, "state"), rows_str(r, row, "paused_until") };

	put_line(x, fields, sizeof(fields) / sizeof(fields[0]));
}

static void
put_json(struct export *x, const char *address, const struct rows *r, int row)
{
	json_t *o = json_of_row(r, row);

	(void)json_object_del(o, "address_sealed");
	(void)json_object_del(o, "tag_list");
	(void)json_object_set_new(o, "address", json_string(address));
	(void)fputs(x->n > 0 ? ",\n  " : "\n  ", x->file.f);
	(void)json_dumpf(o, x->file.f, JSON_COMPACT);
	json_decref(o);
}

static int
on_person(void *arg, const char *address, const struct rows *r, int row,
    struct err *e)
{
	struct export *x = arg;

	if (x->c->output == CLI_JSON)
		put_json(x, address, r, row);
	else
		put_csv(x, address, r, row);
	x->n++;
	return cli_progress_at(&x->progress, x->n,
	    x->n > x->total ? x->n : x->total, e);
}

static void
put_head(struct export *x)
{
	static const char *const headings[] = { "email", "language",
		"organisation", "tags", "state", "paused_until" };

	if (x->c->output == CLI_JSON) {
		(void)fputs("{\"schema\": \"tweeluik.subscribers/1\", "
			    "\"items\": [",
		    x->file.f);
	} else if (x->c->output == CLI_TEXT) {
		(void)fputs("\xef\xbb\xbf", x->file.f);
		put_line(x, headings, sizeof(headings) / sizeof(headings[0]));
	}
}

static int
count(struct export *x, const struct subscriber_filter *f, struct err *e)
{
	struct rows r;

	if (cli_database(x->c, e) == -1 ||
	    DATABASE_RUN(x->c->db, &r, e, "subscriber_count",
		param_text(f->language), param_text(f->state),
		param_text(f->tag)) == -1)
		return -1;
	x->total = (size_t)rows_int(&r, 0, "n");
	rows_done(&r);
	return 0;
}

/* That the list left is noted before it does. */
static int
write_list(struct export *x, const struct subscriber_filter *f, struct err *e)
{
	int rc;

	if (DATABASE_DO(x->c->db, e, "activity_add", param_text(x->c->actor),
		param_text("subscriber"), param_null(), param_text("exported"),
		param_text(arena_printf(&x->c->arena, "%zu", x->total))) == -1)
		return -1;
	cli_progress_start(&x->progress, x->c);
	cli_progress_step(&x->progress, 100);
	put_head(x);
	rc = subscriber_each(x->c, f, on_person, x, e);
	if (x->c->output == CLI_JSON)
		(void)fputs("\n]}\n", x->file.f);
	cli_progress_end(&x->progress);
	return rc;
}

int
cli_subscriber_export(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct export x = { .c = c };
	struct subscriber_filter f = { 0 };

	if (subscriber_read_filter(&f, a, e) == -1 || count(&x, &f, e) == -1)
		return -1;
	if (c->dry_run) {
		say(c, "%s subscribers would be written",
		    cli_number(c, (long long)x.total));
		return 0;
	}
	if (private_file_open(&x.file, c, a->words[0], e) == -1)
		return -1;
	if (write_list(&x, &f, e) == -1) {
		private_file_drop(&x.file);
		return -1;
	}
	if (private_file_close(&x.file, e) == -1)
		return -1;
	say(c,
	    "%s subscribers were written. This names people: keep it where "
	    "only you can read it, and delete it when it has done its work",
	    cli_number(c, (long long)x.n));
	return 0;
}
