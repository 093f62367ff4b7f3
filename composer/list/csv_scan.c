#include "composer/list/csv_stream.h"

#include <string.h>

#include "base/catalogue.h"
#include "base/err.h"

#define SAVE_AS N_("Save it as 'CSV UTF-8' and try again")

void
csv_scan_init(struct csv_scan *s)
{
	*s = (struct csv_scan){ 0 };
}

/* RFC 3629, 4: what may follow the first byte of a character. */
static void
see_utf8(struct csv_scan *s, unsigned char c)
{
	if (s->need > 0) {
		s->not_utf8 = s->not_utf8 || c < s->low || c > s->high;
		s->need--;
	} else if (c >= 0x80) {
		s->not_utf8 = s->not_utf8 || c < 0xc2 || c > 0xf4;
		s->need = 1 + (c >= 0xe0) + (c >= 0xf0);
		s->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
		s->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
		return;
	}
	s->low = 0x80;
	s->high = 0xbf;
}

/* The candidate that occurs most, outside quotes, in the headings. */
static void
see_separator(struct csv_scan *s, char c)
{
	if (c == '"')
		s->quoted = !s->quoted;
	else if (s->quoted)
		return;
	else if (c == '\n' || c == '\r')
		s->headings_end = s->commas + s->semicolons + s->tabs > 0;
	s->commas += c == ',';
	s->semicolons += c == ';';
	s->tabs += c == '\t';
}

int
csv_scan_feed(struct csv_scan *s, const char *bytes, size_t n, struct err *e)
{
	if (n > CSV_BYTES_MAX || s->bytes > CSV_BYTES_MAX - n) {
		(void)err_set(e, ERR_INPUT, "The file is larger than %zu MB",
		    CSV_BYTES_MAX / 1024 / 1024);
		return err_slug(e, "too-large");
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (s->bytes + i < sizeof(s->head))
			s->head[s->bytes + i] = bytes[i];
		if (!s->headings_end)
			see_separator(s, bytes[i]);
		if (s->need > 0 || c >= 0x80) {
			see_utf8(s, c);
			/* Five codes that Windows-1252 leaves undefined. */
			s->not_windows = s->not_windows || c == 0x81 ||
			    c == 0x8d || c == 0x8f || c == 0x90 || c == 0x9d;
		}
		s->nul = s->nul || c == '\0';
	}
	s->bytes += n;
	return 0;
}

/* What people send instead of CSV, by its first bytes. */
static int
check_kind(const struct csv_scan *scan, struct err *e)
{
	static const char ods[] =
	    "mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
	const char *s = scan->head;
	bool zip = memcmp(s, "PK\3\4", 4) == 0;

	_Static_assert(sizeof(scan->head) > 30 + sizeof(ods), "room for it");
	if (zip && memcmp(s + 30, ods, sizeof(ods) - 1) == 0)
		(void)err_plain(e, ERR_INPUT, "ods-file",
		    "This is a LibreOffice file (.ods)");
	else if (zip)
		(void)err_plain(e, ERR_INPUT, "excel-file",
		    "This is an Excel file (.xlsx)");
	else if (memcmp(s, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0)
		(void)err_plain(e, ERR_INPUT, "excel-file",
		    "This is an Excel file (.xls)");
	else if (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0)
		(void)err_plain(e, ERR_INPUT, "utf-16",
		    "This file is in UTF-16 (\"Unicode text\")");
	else if (scan->nul)
		(void)err_plain(e, ERR_INPUT, "not-text",
		    "This is not a text file");
	else
		return 0;
	return err_hint(e, SAVE_AS);
}

static char
separator_of(const struct csv_scan *s)
{
	if (s->tabs > s->commas && s->tabs > s->semicolons)
		return '\t';
	return s->semicolons > s->commas ? ';' : ',';
}

int
csv_scan_end(const struct csv_scan *s, struct csv_form *ret, struct err *e)
{
	bool utf8 = !s->not_utf8 && s->need == 0;

	if (check_kind(s, e) == -1)
		return -1;
	if (!utf8 && s->not_windows) {
		(void)err_plain(e, ERR_INPUT, "bad-charset",
		    "The file is neither in UTF-8 nor in Windows-1252");
		return err_hint(e, SAVE_AS);
	}
	*ret = (struct csv_form){
		.separator = separator_of(s),
		.converted = !utf8,
		.mark = memcmp(s->head, "\xef\xbb\xbf", 3) == 0,
		.bytes = s->bytes,
	};
	return 0;
}
