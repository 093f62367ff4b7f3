#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/editor.h"
#include "composer/cli/org.h"
#include "composer/cli/private_file.h"
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
store(struct import *im, const struct org_row *rows, size_t n, bool apply,
    struct err *e)
{
	struct cli *c = im->c;

	if (database_begin(c->db, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_row(im, &rows[i].values, e) == -1) {
			(void)err_prefix(e, N_("%s, row %d"), im->file,
			    rows[i].no);
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
	struct org_row *rows;
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
	(void)out_object(c, "tweeluik.organisation-import/1",
	    json_pack("{s:I,s:i,s:i,s:i,s:b}", "rows", (json_int_t)nrows, "new",
		im.added, "changed", im.changed, "same", im.same, "applied",
		apply));
	return 0;
}

/*
 * export
 */
static void
put_all(struct buf *b, struct cli *c, const struct rows *r)
{
	org_csv_put_headings(b);
	for (int i = 0; i < r->n; i++) {
		json_t *o = json_of_row(r, i);
		struct org_values v;

		org_values_of(c, json_object_get(o, "fields"), &v);
		org_csv_put_row(b, &v);
		json_decref(o);
	}
}

static int
write_out(struct cli *c, const char *path, const struct buf *b, struct err *e)
{
	struct private_file file;

	if (buf_full(b))
		return err_set(e, ERR_LIMIT,
		    "The social map is too large for a file");
	if (c->dry_run)
		return 0;
	if (private_file_open(&file, c, path, e) == -1)
		return -1;
	(void)fwrite(b->data, 1, b->len, file.f);
	return private_file_close(&file, e);
}

int
cli_org_export(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct rows r;
	struct buf b;
	int rc, n;

	if (cli_database(c, e) == -1 ||
	    database_run(c->db, &r, e, "org_values_all", NULL, 0) == -1)
		return -1;
	buf_init(&b, EXPORT_MAX);
	put_all(&b, c, &r);
	n = r.n;
	rows_done(&r);
	rc = write_out(c, a->nwords == 1 ? a->words[0] : "-", &b, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	if (c->dry_run)
		say(c,
		    tr_n("%d organisation would be written",
			"%d organisations would be written", (unsigned long)n),
		    n);
	else
		say(c,
		    tr_n("%d organisation; secret addresses are not in it",
			"%d organisations; secret addresses are not in it",
			(unsigned long)n),
		    n);
	return 0;
}
