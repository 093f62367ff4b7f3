#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/departed.h"
#include "composer/cli/import_report.h"
#include "composer/cli/progress.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/tags.h"
#include "composer/list/csv.h"
#include "composer/list/csv_file.h"
#include "composer/list/subscribers.h"

/* Rows as long as they may be: fewer of them go at once. */
#define BATCH_BYTES ((size_t)8 * 1024 * 1024)

struct import {
	struct cli *c;
	const char *tag, *language, *map;
	struct consent consent;
	bool apply;
	struct csv_file file;
	struct csv_row headings;
	struct subscriber_columns columns;
	struct arena batch; /* what the rows are made of */
	struct subscriber_row *rows;
	size_t n;
	struct subscribers list;
	struct import_report report;
	struct cli_progress progress;
};

static int
read_options(struct import *im, const struct cli_args *a, struct err *e)
{
	const char *word = args_value(a, "language");

	im->consent = (struct consent){ args_value(a, "basis"),
		args_flag(a, "ask"), im->c->actor };
	im->apply = args_flag(a, "apply") && !im->c->dry_run;
	im->map = args_value(a, "map");
	im->tag = args_value(a, "tag");
	im->report.file = a->words[0];
	im->report.rejects_path = args_value(a, "rejects");
	if (args_flag(a, "apply") &&
	    (im->consent.basis == NULL || im->consent.basis[0] == '\0')) {
		(void)err_set(e, ERR_USAGE,
		    "Nobody is imported without proof that they agreed");
		return err_hint(e,
		    N_("Say how: --basis 'signed up at the network day'"));
	}
	if (im->tag != NULL && tags_check(im->tag, e) == -1)
		return -1;
	return subscriber_read_language(word, &im->language, e);
}

static int
flush(struct import *im, struct err *e)
{
	if (im->n > 0 &&
	    subscribers_add(&im->list, &im->batch, im->rows, im->n, e) == -1)
		return -1;
	for (size_t i = 0; i < im->n; i++)
		if (import_report_row(&im->report, &im->rows[i], e) == -1)
			return -1;
	im->n = 0;
	arena_reset(&im->batch);
	return 0;
}

static int
on_row(void *arg, const struct csv_row *r, struct err *e)
{
	struct import *im = arg;
	struct csv_row *copy;

	if (im->headings.no == 0) {
		im->headings = csv_row_copy(&im->c->arena, r);
		return subscriber_columns(&im->columns, &im->headings, im->map,
		    e);
	}
	copy = arena_alloc(&im->batch, sizeof(*copy));
	*copy = csv_row_copy(&im->batch, r);
	subscriber_row_read(&im->rows[im->n++], &im->batch, copy, &im->columns,
	    im->tag, im->language);
	if (im->n < SUBSCRIBERS_BATCH && im->batch.used < BATCH_BYTES)
		return 0;
	return flush(im, e);
}

static int
on_progress(void *arg, size_t done, size_t total, struct err *e)
{
	struct import *im = arg;

	return cli_progress_at(&im->progress, done, total, e);
}

static int
save(struct import *im, struct err *e)
{
	const char *what = arena_printf(&im->c->arena,
	    "new %zu, completed %zu, left %zu", im->list.count[FATE_NEW],
	    im->list.count[FATE_COMPLETED], im->list.count[FATE_SUPPRESSED]);

	cli_progress_step(&im->progress, 100);
	if (subscribers_apply(&im->list, &im->consent, on_progress, im, e) ==
		-1 ||
	    DATABASE_DO(im->c->db, e, "activity_add", param_text(im->c->actor),
		param_text("subscriber"), param_null(), param_text("imported"),
		param_text(what)) == -1 ||
	    cli_departed_import(im->c, e) == -1)
		return -1;
	return database_commit(im->c->db, e);
}

/* Looking and saving are one transaction. */
static int
hold_against_list(struct import *im, struct err *e)
{
	int rc = -1;

	cli_progress_step(&im->progress, im->apply ? 60 : 100);
	if (database_begin(im->c->db, e) == -1)
		return -1;
	if (subscribers_begin(&im->list, e) == 0 &&
	    csv_file_read(&im->file, on_row, e) == 0 && flush(im, e) == 0)
		rc = im->apply ? save(im, e) : 0;
	if (rc == -1 || !im->apply)
		database_rollback(im->c->db);
	return rc;
}

static int
import(struct import *im, struct err *e)
{
	int rc;

	cli_progress_start(&im->progress, im->c);
	cli_progress_step(&im->progress, 5);
	im->file.progress = on_progress;
	im->file.arg = im;
	rc = csv_file_open(&im->file, im->report.file, e);
	if (rc == 0)
		rc = hold_against_list(im, e);
	csv_file_close(&im->file);
	cli_progress_end(&im->progress);
	return rc;
}

static void
say_what_next(struct import *im)
{
	struct cli *c = im->c;

	if (!im->apply)
		say(c,
		    "Nothing was saved. To save: the same command with "
		    "--apply");
	else if (im->list.activated > 0)
		say(c, "Saved; the next issue goes to the new ones too");
	else if (im->list.asked > 0)
		say(c,
		    "Saved; the new ones get a mail that asks them to confirm");
	else
		say(c, "Saved");
	if (im->list.activated > 0 && im->list.asked > 0)
		say(c,
		    "Those who have not confirmed yet get a mail that asks "
		    "them to");
}

int
cli_subscriber_import(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct import im = { .c = c };
	int rc;

	import_report_init(&im.report, c);
	im.report.form = &im.file.form;
	im.report.headings = &im.headings;
	arena_init(&im.batch, 4 * BATCH_BYTES);
	im.rows = arena_alloc(&c->arena, SUBSCRIBERS_BATCH * sizeof(*im.rows));
	rc = read_options(&im, a, e);
	if (rc == 0 && (rc = cli_keys(c, e)) == 0 &&
	    (rc = cli_database(c, e)) == 0) {
		im.list = (struct subscribers){ .db = c->db,
			.keys = c->keys,
			.look_only = !im.apply };
		rc = import(&im, e);
	}
	if (rc == 0) {
		import_report_print(&im.report, &im.list, im.apply);
		rc = import_report_close(&im.report, e);
		say_what_next(&im);
	}
	if (rc == 0 && im.list.count[FATE_REJECTED] > 0)
		rc = err_exit_code(&(struct err){ .kind = ERR_PARTLY });
	import_report_done(&im.report);
	arena_done(&im.batch);
	return rc;
}
