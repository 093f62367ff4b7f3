#include "composer/cli/words.h"

#include <stdio.h>

#include "base/catalogue.h"
#include "base/day.h"
#include "composer/cli/cli.h"

const char *
cli_day(struct cli *c, enum datefmt_style style, const char *iso)
{
	char text[DATEFMT_MAX];

	if (datefmt_date(c->lang, style, iso, text) == -1)
		return iso;
	return arena_strdup(&c->arena, text);
}

const char *
cli_number(struct cli *c, long long n)
{
	char text[DATEFMT_MAX];

	datefmt_number(c->lang, n, text);
	return arena_strdup(&c->arena, text);
}

int
cli_today(struct cli *c, const char **ret, struct err *e)
{
	struct rows r;

	if (cli_database(c, e) == -1 ||
	    database_run(c->db, &r, e, "today", NULL, 0) == -1)
		return -1;
	*ret = arena_strdup(&c->arena, rows_str(&r, 0, "today"));
	rows_done(&r);
	return 0;
}

int
cli_read_day(struct cli *c, const char *word, bool with_time, const char **ret,
    struct err *e)
{
	char text[DAY_TEXT_SIZE];
	const char *today;

	if (cli_today(c, &today, e) == -1)
		return -1;
	if (!day_parse(text, word, today, with_time)) {
		(void)err_set(e, ERR_USAGE,
		    with_time ? N_("'%s' is not a date and a time")
			      : N_("'%s' is not a date"),
		    word);
		return err_hint(e,
		    with_time ? N_("Write 2027-01-14T10:00")
			      : N_("Write 2027-01-14, or +30d"));
	}
	*ret = arena_strdup(&c->arena, text);
	return 0;
}

void
cli_line(const char *label, const char *value)
{
	int width = 0;

	for (const char *p = label; *p != '\0'; p++)
		width += ((unsigned char)*p & 0xc0) != 0x80;
	out("%s%*s%s\n", label, width < 15 ? 15 - width : 1, "", value);
}

#define BAR 40

void
cli_bar(int percent)
{
	int filled = percent * BAR / 100;

	(void)fprintf(stderr, "\r\033[K  [%.*s%.*s]  %d%%", filled,
	    "########################################", BAR - filled,
	    "........................................", percent);
	(void)fflush(stderr);
}
