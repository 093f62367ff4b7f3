#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/editor.h"
#include "composer/cli/org.h"
#include "composer/list/org_csv.h"

#define EXPORT_MAX ((size_t)64 * 1024 * 1024)

struct import {
	struct cli *c;
	const char *file;
	int added, changed, same;
};

static void
say_defect(void *arg, int row, const char *column, const struct err *why)
{
	const struct import *im = arg;

	if (column != NULL)
		say(im->c, N_("%s, row %d, %s: %s"), im->file, row, column,
		    why->text);
	else
		say(im->c, N_("%s, row %d: %s"), im->file, row, why->text);
}

static int
put_row(struct import *im, const struct org_values *v, struct err *e)
{
	const char *outcome;
	int64_t id = 0;
	struct rows r;

	if (DATABASE_RUN(im->c->db, &r, e, "org_match",
		param_text(v->value[ORG_NAME]),
		param_text(v->value[ORG_PLACE])) == -1)
		return -1;
	if (!rows_null(&r, 0, "id"))
		id = rows_int(&r, 0, "id");
	rows_done(&r);
	if (org_put(im->c, &id, v, 0, &outcome, e) == -1)
		return -1;
	*(strcmp(outcome, "new") == 0	       ? &im->added
		: strcmp(outcome, "same") == 0 ? &im->same
					       : &im->changed) += 1;
	return 0;
}

static int
store(struct import *im, const struct org_values *rows, size_t n, bool apply,
    struct err *e)
{
	struct cli *c = im->c;

	if (database_begin(c->db, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_row(im, &rows[i], e) == -1) {
			(void)err_prefix(e, N_("%s, row %zu"), im->file, i + 2);
			goto fail;
		}
	if (!apply) {
		database_rollback(c->db);
		return 0;
	}
	if (DATABASE_DO(c->db, e, "activity_add", param_text(c->actor),
		param_text("organisation"), param_null(),
		param_text("imported"),
		param_text(arena_printf(&c->arena, "%d new, %d changed",
		    im->added, im->changed))) == 0 &&
	    database_commit(c->db, e) == 0)
		return 0;
fail:
	database_rollback(c->db);
	return -1;
}

int
cli_org_import(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct import im = { .c = c, .file = a->words[0] };
	bool apply = args_flag(a, "apply") && !c->dry_run;
	struct org_csv csv = { .defect = say_defect, .arg = &im };
	struct org_values *rows;
	size_t n, nrows;
	char *text;

	if (org_rules(c, &csv.rules, e) == -1 ||
	    editor_read_file(c, im.file, &text, &n, e) == -1)
		return -1;
	if (org_csv_parse(&c->arena, &csv, text, n, &rows, &nrows, e) == -1)
		return err_prefix(e, "%s", im.file);
	if (store(&im, rows, nrows, apply, e) == -1)
		return -1;
	say(c, N_("%zu rows: %d new, %d changed, %d the same"), nrows, im.added,
	    im.changed, im.same);
	if (!apply)
		say(c,
		    N_("Nothing was stored. To store it: the same command with "
		       "--apply"));
	(void)out_object(c, "tweeluik.import/1",
	    json_pack("{s:I,s:i,s:i,s:i,s:b}", "rows", (json_int_t)nrows, "new",
		im.added, "changed", im.changed, "same", im.same, "applied",
		apply));
	return 0;
}

/*
 * export
 */
static int
write_out(const char *file, const struct buf *b, struct err *e)
{
	FILE *f = strcmp(file, "-") == 0 ? stdout : fopen(file, "we");
	bool good;

	if (f == NULL)
		return err_sys(e, errno, N_("%s cannot be written"), file);
	good = fwrite(b->data, 1, b->len, f) == b->len;
	if (f != stdout)
		good = fclose(f) == 0 && good;
	if (!good)
		return err_sys(e, errno, N_("%s cannot be written"), file);
	return 0;
}

int
cli_org_export(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *file = a->nwords == 1 ? a->words[0] : "-";
	struct rows r;
	struct buf b;
	int rc;

	if (cli_database(c, e) == -1 ||
	    database_run(c->db, &r, e, "org_values_all", NULL, 0) == -1)
		return -1;
	buf_init(&b, EXPORT_MAX);
	org_csv_put_headings(&b);
	for (int i = 0; i < r.n; i++) {
		json_t *o = json_of_row(&r, i);
		struct org_values v;

		org_values_of(c, json_object_get(o, "fields"), &v);
		org_csv_put_row(&b, &v);
		json_decref(o);
	}
	rc = buf_full(&b)
	    ? err_set(e, ERR_LIMIT, "The social map is too large for a file")
	    : write_out(file, &b, e);
	buf_done(&b);
	if (rc == 0)
		say(c,
		    tr_n("%d organisation; secret addresses are not in it",
			"%d organisations; secret addresses are not in it",
			(unsigned long)r.n),
		    r.n);
	rows_done(&r);
	return rc;
}
