#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/clock.h"
#include "composer/cli/cli.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"
#include "composer/list/csv.h"
#include "composer/list/subscribers.h"

struct import {
	struct cli *c;
	const char *file;
	struct csv table;
	struct subscriber_columns columns;
	struct subscriber_row *rows;
	size_t count[FATES];
	bool apply;
	int64_t began_ms, told_ms;
};

/* One byte more than allowed is enough to know that it is too much. */
static int
read_file(struct buf *b, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *f = standard ? stdin : fopen(path, "re");
	char part[65536];
	size_t n;
	int why = errno;

	if (f == NULL) {
		(void)err_sys(e, why, "The file %s cannot be read", path);
		e->kind = why == ENOENT ? ERR_NOT_FOUND
		    : why == EACCES	? ERR_DENIED
					: ERR_SYS;
		return -1;
	}
	while ((n = fread(part, 1, sizeof(part), f)) > 0 &&
	    buf_add(b, part, n) == 0 && b->len <= CSV_BYTES_MAX)
		continue;
	why = ferror(f) ? errno : 0;
	if (!standard)
		(void)fclose(f);
	return why != 0 ? err_sys(e, why, "The file %s cannot be read", path)
			: 0;
}

static int
load(struct import *im, const struct cli_args *a, struct err *e)
{
	struct arena *arena = &im->c->arena;
	const char *tag = args_value(a, "tag");
	const char *word = args_value(a, "language"), *language = NULL;
	struct buf b;
	int rc;

	if (tag != NULL && !subscriber_tag_ok(tag, strlen(tag)))
		return err_set(e, ERR_USAGE,
		    "'%s' cannot be a tag: at most %d bytes, without comma or "
		    "semicolon",
		    tag, TAG_MAX);
	if (word != NULL) {
		language = subscriber_language(word);
		if (language == NULL || language[0] == '\0')
			return err_set(e, ERR_USAGE,
			    "'%s' is no language: choose nl, en or both", word);
	}
	buf_init(&b, CSV_BYTES_MAX + 65536);
	rc = read_file(&b, im->file, e);
	if (rc == 0)
		rc = csv_read(&im->table, arena, b.data, b.len, e);
	buf_done(&b);
	if (rc == -1 ||
	    subscriber_columns(&im->columns, &im->table, args_value(a, "map"),
		e) == -1)
		return -1;
	im->rows =
	    subscriber_rows(arena, &im->table, &im->columns, tag, language);
	return 0;
}

static void
progress(void *arg, size_t done, size_t total)
{
	struct import *im = arg;
	int64_t now = clock_now_ms();

	if (now - im->began_ms < 1000 || now - im->told_ms < 1000)
		return;
	im->told_ms = now;
	say(im->c, "%s of %s rows", cli_number(im->c, (long long)done),
	    cli_number(im->c, (long long)total));
}

static int
save(struct import *im, struct subscribers *s, const char *basis, struct err *e)
{
	const struct consent consent = { "imported", "import", basis,
		"import" };
	const char *what = arena_printf(&im->c->arena, "new %zu, completed %zu",
	    im->count[FATE_NEW], im->count[FATE_COMPLETED]);

	if (subscribers_apply(s, &consent, e) == -1 ||
	    DATABASE_DO(s->db, e, "activity_add", param_text(im->c->actor),
		param_text("subscriber"), param_null(), param_text("imported"),
		param_text(what)) == -1)
		return -1;
	return database_commit(s->db, e);
}

/* Looking and saving see the same list, or nothing is saved. */
static int
hold_against_list(struct import *im, const char *basis, struct err *e)
{
	struct cli *c = im->c;
	struct subscribers s = { .rows = im->rows,
		.n = im->table.nrows,
		.progress = progress,
		.progress_arg = im };
	int rc;

	if (cli_keys(c, e) == -1 || cli_database(c, e) == -1 ||
	    database_begin(c->db, e) == -1)
		return -1;
	s.db = c->db;
	s.keys = c->keys;
	im->began_ms = clock_now_ms();
	rc = subscribers_look(&s, im->count, e);
	if (rc == 0 && im->apply)
		rc = save(im, &s, basis, e);
	if (rc == -1 || !im->apply)
		database_rollback(c->db);
	return rc;
}

/* Columns of ours in a file that comes back are written anew. */
static bool
is_ours(const char *heading)
{
	return strcmp(heading, "rij") == 0 || strcmp(heading, "reden") == 0;
}

static void
put_row(struct buf *b, const struct csv *table, const struct csv_row *r,
    const char *no, const char *why)
{
	const char separator = table->separator;
	size_t n = table->headings.n > r->n ? table->headings.n : r->n;

	for (size_t i = 0; i < n; i++) {
		if (is_ours(csv_field(&table->headings, (int)i)))
			continue;
		csv_put(b, csv_unguard(csv_field(r, (int)i)));
		(void)buf_addc(b, separator);
	}
	(void)buf_addf(b, "%s%c", no, separator);
	csv_put(b, why);
	(void)buf_adds(b, "\r\n");
}

static int
write_rejects(const struct import *im, const char *path, struct err *e)
{
	struct buf b;
	int fd, why = 0;
	FILE *f;

	/* Twice for quotes, and a sentence a row. */
	buf_init(&b, 2 * CSV_BYTES_MAX + im->table.nrows * ERR_TEXT_MAX);
	(void)buf_adds(&b, "\xef\xbb\xbf"); /* so that Excel sees UTF-8 */
	put_row(&b, &im->table, &im->table.headings, "rij", "reden");
	for (size_t i = 0; i < im->table.nrows; i++) {
		const struct subscriber_row *r = &im->rows[i];

		if (r->defect != NULL)
			put_row(&b, &im->table, r->csv,
			    arena_printf(&im->c->arena, "%zu", r->csv->no),
			    r->why);
	}
	/* Addresses: for the eyes of this person only. */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd != -1 ? fdopen(fd, "w") : NULL;
	if (f == NULL || fwrite(b.data, 1, b.len, f) != b.len)
		why = errno;
	if (f != NULL && fclose(f) != 0 && why == 0)
		why = errno;
	buf_done(&b);
	return why != 0 ? err_sys(e, why, "The file %s cannot be written", path)
			: 0;
}

static const char *
separator_word(char separator)
{
	return separator == ',' ? N_("comma")
	    : separator == ';'	? N_("semicolon")
				: N_("tab");
}

static json_t *
defects_of(const struct import *im)
{
	json_t *list = json_array();

	for (size_t i = 0; i < im->table.nrows; i++) {
		const struct subscriber_row *r = &im->rows[i];
		json_t *o;

		if (r->defect == NULL)
			continue;
		o = json_pack("{s:I,s:s,s:s}", "row", (json_int_t)r->csv->no,
		    "reason", r->defect, "message", r->why);
		if (r->duplicate_of > 0)
			(void)json_object_set_new(o, "duplicate_of",
			    json_integer((json_int_t)r->duplicate_of));
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* Rows whose organisation is not on the social map, so it is not linked. */
static size_t
count_unknown(const struct import *im)
{
	size_t n = 0;

	for (size_t i = 0; i < im->table.nrows; i++)
		n += im->rows[i].unknown_organisation &&
		    im->rows[i].fate != FATE_LEFT;
	return n;
}

static json_t *
warnings_of(const struct import *im)
{
	struct cli *c = im->c;
	json_t *list = json_array();

	for (size_t i = 0; i < im->table.nrows; i++) {
		const struct subscriber_row *r = &im->rows[i];

		if (r->defect != NULL)
			continue;
		if (r->suggestion != NULL)
			(void)json_array_append_new(list,
			    json_pack("{s:I,s:s,s:s,s:s}", "row",
				(json_int_t)r->csv->no, "reason",
				"suspicious-domain", "suggestion",
				r->suggestion, "message",
				arena_printf(&c->arena,
				    tr("is the domain perhaps %s?"),
				    r->suggestion)));
	}
	return list;
}

#define LINES_MAX 20

static void
print_rows(struct cli *c, const char *heading, const json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t *o;

	if (n == 0)
		return;
	out("%s\n", heading);
	json_array_foreach(list, i, o)
	{
		if (i == LINES_MAX && c->verbose == 0) {
			out(tr("  and %s more (--verbose shows all)\n"),
			    cli_number(c, (long long)(n - i)));
			break;
		}
		out(tr("  row %-6lld %s\n"),
		    (long long)json_integer_value(json_object_get(o, "row")),
		    json_string_value(json_object_get(o, "message")));
	}
}

static void
print_report(const struct import *im, const json_t *defects,
    const json_t *warnings)
{
	size_t unknown = count_unknown(im);
	struct cli *c = im->c;

	out("%s: %s, %s\n", im->file, tr(separator_word(im->table.separator)),
	    im->table.converted ? tr("Windows-1252, converted to UTF-8")
				: "UTF-8");
	print_rows(c, tr("Rejected"), defects);
	print_rows(c, tr("Please check"), warnings);
	if (unknown > 0)
		out(tr("%s rows name an organisation that is not on the social "
		       "map; it is not linked\n"),
		    cli_number(c, (long long)unknown));
	out(tr("Check of %s rows: %s new, %s completed, %s the same, %s left "
	       "earlier (stays so), %s rejected\n"),
	    cli_number(c, (long long)im->table.nrows),
	    cli_number(c, (long long)im->count[FATE_NEW]),
	    cli_number(c, (long long)im->count[FATE_COMPLETED]),
	    cli_number(c, (long long)im->count[FATE_SAME]),
	    cli_number(c, (long long)im->count[FATE_LEFT]),
	    cli_number(c, (long long)im->count[FATE_REJECTED]));
}

static void
report(const struct import *im)
{
	json_t *defects = defects_of(im), *warnings = warnings_of(im);
	json_t *o =
	    json_pack("{s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:O,s:O}",
		"file", im->file, "separator",
		separator_word(im->table.separator), "charset",
		im->table.converted ? "windows-1252" : "utf-8", "applied",
		im->apply, "rows", (json_int_t)im->table.nrows, "new",
		(json_int_t)im->count[FATE_NEW], "completed",
		(json_int_t)im->count[FATE_COMPLETED], "same",
		(json_int_t)im->count[FATE_SAME], "left",
		(json_int_t)im->count[FATE_LEFT], "unknown_organisations",
		(json_int_t)count_unknown(im), "rejected", defects, "warnings",
		warnings);

	if (!out_object(im->c, "tweeluik.import/1", o))
		print_report(im, defects, warnings);
	json_decref(defects);
	json_decref(warnings);
}

int
cli_subscriber_import(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct import im = { .c = c, .file = a->words[0] };
	const char *basis = args_value(a, "basis");
	const char *rejects = args_value(a, "rejects");

	im.apply = args_flag(a, "apply") && !c->dry_run;
	if (args_flag(a, "apply") && (basis == NULL || basis[0] == '\0')) {
		(void)err_set(e, ERR_USAGE,
		    "Nobody is imported without proof that they agreed");
		return err_hint(e,
		    N_("Say how: --basis 'signed up at the network day'"));
	}
	if (load(&im, a, e) == -1 || hold_against_list(&im, basis, e) == -1)
		return -1;
	report(&im);
	if (rejects != NULL && im.count[FATE_REJECTED] > 0) {
		if (write_rejects(&im, rejects, e) == -1)
			return -1;
		say(c, "The rejected rows are in %s", rejects);
	}
	if (!im.apply)
		say(c,
		    "Nothing was saved. To save: the same command with "
		    "--apply");
	return im.count[FATE_REJECTED] > 0
	    ? err_exit_code(&(struct err){ .kind = ERR_PARTLY })
	    : 0;
}
