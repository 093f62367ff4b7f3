#include "composer/cli/import_report.h"

#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"
#include "composer/list/csv.h"
#include "composer/list/subscribers.h"

#define LINES_MAX 20
/* Quotes doubled, and a sentence. */
#define LINE_MAX_BYTES (2 * (CSV_ROW_BYTES_MAX + (size_t)ERR_TEXT_MAX))

void
import_report_init(struct import_report *r, struct cli *c)
{
	*r = (struct import_report){ .c = c,
		.defects = json_array(),
		.warnings = json_array(),
		.left = json_array() };
}

void
import_report_done(struct import_report *r)
{
	if (r->has_rejects)
		private_file_drop(&r->rejects);
	json_decref(r->defects);
	json_decref(r->warnings);
	json_decref(r->left);
}

/* Columns of ours in a file that comes back are written anew. */
static bool
is_ours(const char *heading)
{
	return strcmp(heading, "rij") == 0 || strcmp(heading, "reden") == 0;
}

static void
put_rejected(struct import_report *r, const struct csv_row *row, const char *no,
    const char *why)
{
	size_t n = r->headings->n > row->n ? r->headings->n : row->n;
	const char separator = r->form->separator;
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	for (size_t i = 0; i < n; i++) {
		if (is_ours(csv_field(r->headings, (int)i)))
			continue;
		csv_put(&line, csv_unguard(csv_field(row, (int)i)));
		(void)buf_addc(&line, separator);
	}
	(void)buf_addf(&line, "%s%c", no, separator);
	csv_put(&line, why);
	(void)fprintf(r->rejects.f, "%s\r\n", line.data);
	buf_done(&line);
}

static int
write_rejected(struct import_report *r, const struct subscriber_row *row,
    struct err *e)
{
	char no[24];

	if (r->rejects_path == NULL)
		return 0;
	if (!r->has_rejects) {
		if (private_file_open(&r->rejects, r->c, r->rejects_path, e) ==
		    -1)
			return -1;
		r->has_rejects = true;
		/* So that Excel sees UTF-8. */
		(void)fputs("\xef\xbb\xbf", r->rejects.f);
		put_rejected(r, r->headings, "rij", "reden");
	}
	(void)snprintf(no, sizeof(no), "%zu", row->csv->no);
	put_rejected(r, row->csv, no, row->why);
	return 0;
}

static void
note_defect(struct import_report *r, const struct subscriber_row *row)
{
	json_t *o;

	if (r->rejected++ >= REPORT_ROWS_MAX)
		return;
	o = json_pack("{s:I,s:s,s:s}", "row", (json_int_t)row->csv->no,
	    "reason", row->defect, "message", row->why);
	if (row->duplicate_of > 0)
		(void)json_object_set_new(o, "duplicate_of",
		    json_integer((json_int_t)row->duplicate_of));
	(void)json_array_append_new(r->defects, o);
}

static void
note_doubt(struct import_report *r, const struct subscriber_row *row)
{
	char message[128];

	if (r->doubtful++ >= REPORT_ROWS_MAX)
		return;
	(void)snprintf(message, sizeof(message),
	    tr("is the domain perhaps %s?"), row->suggestion);
	(void)json_array_append_new(r->warnings,
	    json_pack("{s:I,s:s,s:s,s:s}", "row", (json_int_t)row->csv->no,
		"reason", "suspicious-domain", "suggestion", row->suggestion,
		"message", message));
}

static void
note_left(struct import_report *r, const struct subscriber_row *row)
{
	if (r->gone++ < REPORT_ROWS_MAX)
		(void)json_array_append_new(r->left,
		    json_pack("{s:I,s:s,s:s}", "row", (json_int_t)row->csv->no,
			"reason", row->left_how, "message",
			tr(subscriber_left_word(row->left_how))));
}

int
import_report_row(struct import_report *r, const struct subscriber_row *row,
    struct err *e)
{
	if (row->defect != NULL) {
		note_defect(r, row);
		return write_rejected(r, row, e);
	}
	if (row->fate == FATE_LEFT)
		note_left(r, row);
	if (row->suggestion != NULL)
		note_doubt(r, row);
	return 0;
}

int
import_report_close(struct import_report *r, struct err *e)
{
	if (!r->has_rejects)
		return 0;
	r->has_rejects = false;
	if (private_file_close(&r->rejects, e) == -1)
		return -1;
	say(r->c, "The rejected rows are in %s", r->rejects_path);
	return 0;
}

static const char *
separator_word(char separator)
{
	return separator == ',' ? N_("comma")
	    : separator == ';'	? N_("semicolon")
				: N_("tab");
}

static void
print_rows(struct cli *c, const char *heading, const json_t *list, size_t all)
{
	size_t max = c->verbose > 0 ? REPORT_ROWS_MAX : LINES_MAX, i;
	json_t *o;

	if (all == 0)
		return;
	out("%s\n", heading);
	json_array_foreach(list, i, o)
	{
		if (i == max)
			break;
		out(tr("  row %-6lld %s\n"), (long long)json_num(o, "row"),
		    json_str(o, "message"));
	}
	if (all <= max)
		return;
	if (c->verbose > 0)
		out(tr("  and %s more\n"), cli_number(c, (long long)(all - i)));
	else
		out(tr("  and %s more (--verbose shows more)\n"),
		    cli_number(c, (long long)(all - i)));
}

static void
print_text(const struct import_report *r, const struct subscribers *found)
{
	size_t rows = 0;
	struct cli *c = r->c;

	for (size_t i = 0; i < FATES; i++)
		rows += found->count[i];
	out("%s: %s, %s\n", r->file, tr(separator_word(r->form->separator)),
	    r->form->converted ? tr("Windows-1252, converted to UTF-8")
			       : "UTF-8");
	print_rows(c, tr("Rejected"), r->defects, r->rejected);
	print_rows(c, tr("Please check"), r->warnings, r->doubtful);
	print_rows(c, tr("Left earlier, and not taken in again"), r->left,
	    r->gone);
	if (found->unknown_organisations > 0)
		out(tr("%s rows name an organisation that is not on the social "
		       "map; it is not linked\n"),
		    cli_number(c, (long long)found->unknown_organisations));
	if (found->count[FATE_SUPPRESSED] > 0)
		out(tr("%s rows say that a person left: nothing is sent to "
		       "them, and no import brings them back\n"),
		    cli_number(c, (long long)found->count[FATE_SUPPRESSED]));
	out(tr("Check of %s rows: %s new, %s completed, %s the same, %s left "
	       "earlier (stays so), %s rejected\n"),
	    cli_number(c, (long long)rows),
	    cli_number(c, (long long)found->count[FATE_NEW]),
	    cli_number(c, (long long)found->count[FATE_COMPLETED]),
	    cli_number(c, (long long)found->count[FATE_SAME]),
	    cli_number(c, (long long)found->count[FATE_LEFT]),
	    cli_number(c, (long long)found->count[FATE_REJECTED]));
}

void
import_report_print(const struct import_report *r,
    const struct subscribers *found, bool applied)
{
	static const char *const names[FATES] = { [FATE_REJECTED] =
						      "rejected_rows",
		[FATE_NEW] = "new",
		[FATE_COMPLETED] = "completed",
		[FATE_SAME] = "same",
		[FATE_LEFT] = "left",
		[FATE_SUPPRESSED] = "suppressed" };
	json_t *o = json_pack("{s:s,s:s,s:s,s:b}", "file", r->file, "separator",
	    separator_word(r->form->separator), "charset",
	    r->form->converted ? "windows-1252" : "utf-8", "applied", applied);
	size_t rows = 0;

	for (size_t i = 0; i < FATES; i++) {
		rows += found->count[i];
		(void)json_object_set_new(o, names[i],
		    json_integer((json_int_t)found->count[i]));
	}
	(void)json_object_set_new(o, "rows", json_integer((json_int_t)rows));
	(void)json_object_set_new(o, "unknown_organisations",
	    json_integer((json_int_t)found->unknown_organisations));
	(void)json_object_set(o, "rejected", r->defects);
	(void)json_object_set(o, "warnings", r->warnings);
	(void)json_object_set(o, "left_rows", r->left);
	if (!out_object(r->c, "tweeluik.import/1", o))
		print_text(r, found);
}
