#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/watch.h"

#define BAR 40
#define PACE_SHOWN 5
#define WORKERS_SHOWN 8

static double
real(const json_t *o, const char *key)
{
	return json_real_value(json_object_get(o, key));
}

/* A label of ten columns in front of the first line of a group. */
static void
label(struct buf *out, const char *word, bool first)
{
	int n = 0;

	if (!first)
		word = "";
	for (const char *p = word; *p != '\0'; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	(void)buf_addf(out, "  %s%*s ", word, n < 12 ? 12 - n : 0, "");
}

static void
draw_bar(struct cli *c, const json_t *f, struct buf *out)
{
	int64_t planned = json_num(f, "planned"),
		waiting = json_num(f, "waiting");
	int percent = (int)json_num(f, "percent"), filled = percent * BAR / 100;

	(void)buf_addf(out, "  [%.*s%.*s]  ", filled,
	    "########################################", BAR - filled,
	    "........................................");
	(void)buf_addf(out, tr("%s of %s  %d%%"),
	    cli_number(c, planned - waiting), cli_number(c, planned), percent);
	(void)buf_addc(out, '\n');
	(void)buf_addf(out, tr("  accepted %s, deferred %s, refused %s"),
	    cli_number(c, json_num(f, "accepted")),
	    cli_number(c, json_num(f, "deferred")),
	    cli_number(c, json_num(f, "refused")));
	if (json_num(f, "uncertain") > 0)
		(void)buf_addf(out, tr(", uncertain %s"),
		    cli_number(c, json_num(f, "uncertain")));
	if (json_num(f, "expired") > 0)
		(void)buf_addf(out, tr(", expired %s"),
		    cli_number(c, json_num(f, "expired")));
	(void)buf_addc(out, '\n');
	(void)buf_addf(out, tr("  %.1f a second"), real(f, "rate"));
	if (json_str(f, "done_at")[0] != '\0')
		(void)buf_addf(out, tr(", done around %s"),
		    issue_clock(c, json_str(f, "done_at")));
	(void)buf_addc(out, '\n');
}

static void
draw_pause(struct cli *c, const json_t *f, struct buf *out)
{
	if (strcmp(json_str(f, "mailing"), "paused") != 0)
		return;
	label(out, tr("PAUSED"), true);
	(void)buf_addf(out, tr("by %s, %s: %s"), json_str(f, "state_by"),
	    issue_clock(c, json_str(f, "state_at")),
	    json_str(f, "state_reason"));
	(void)buf_addc(out, '\n');
	label(out, "", true);
	if (json_str(f, "probe")[0] != '\0')
		(void)buf_addf(out, "%s",
		    tr("it goes on by itself when a probe succeeds"));
	else
		(void)buf_addf(out, tr("go on: tweeluik issue resume %s"),
		    json_str(f, "name"));
	(void)buf_addc(out, '\n');
}

static void
draw_quiet(const json_t *f, struct buf *out)
{
	if (!json_is_true(json_object_get(f, "quiet")))
		return;
	label(out, tr("Quiet"), true);
	(void)buf_addf(out, tr("no issue leaves in the hours %s"),
	    json_str(f, "quiet_hours"));
	(void)buf_addc(out, '\n');
}

static void
draw_deferrals(struct cli *c, const json_t *f, struct buf *out)
{
	const json_t *list = json_object_get(f, "deferrals"), *row;
	int64_t more = json_num(f, "deferrals_more");
	size_t i;

	json_array_foreach(list, i, row)
	{
		label(out, tr("Deferred"), i == 0);
		(void)buf_addf(out, "%s  %s: %s%s%s%s\n",
		    cli_number(c, json_num(row, "n")), json_str(row, "domain"),
		    json_str(row, "meaning"),
		    json_str(row, "status")[0] != '\0' ? " (" : "",
		    json_str(row, "status"),
		    json_str(row, "status")[0] != '\0' ? ")" : "");
	}
	if (more > 0) {
		label(out, tr("Deferred"), json_array_size(list) == 0);
		(void)buf_addf(out, tr("and %s more"), cli_number(c, more));
		(void)buf_addc(out, '\n');
	}
}

static void
draw_pace(struct cli *c, const json_t *f, struct buf *out)
{
	const json_t *list = json_object_get(f, "pace"), *row;
	size_t n = json_array_size(list), i;

	json_array_foreach(list, i, row)
	{
		const char *domain = json_str(row, "domain");

		if (i == PACE_SHOWN)
			break;
		label(out, tr("Slower"), i == 0);
		if (domain[0] == '\0')
			domain = tr("the relay");
		if (json_is_true(json_object_get(row, "cooling")))
			(void)buf_addf(out, tr("%s: rests until %s"), domain,
			    issue_clock(c, json_str(row, "cool_until")));
		else
			(void)buf_addf(out, tr("%s: %.1f at a time"), domain,
			    real(row, "concurrency"));
		(void)buf_addc(out, '\n');
	}
	if (n > PACE_SHOWN) {
		label(out, "", true);
		(void)buf_addf(out, tr("and %s more"),
		    cli_number(c, (long long)n - PACE_SHOWN));
		(void)buf_addc(out, '\n');
	}
}

static void
draw_workers(struct cli *c, const json_t *f, struct buf *out)
{
	const json_t *list = json_object_get(f, "workers"), *row;
	size_t i;

	if (json_array_size(list) == 0) {
		label(out, tr("Workers"), true);
		(void)buf_addf(out, "%s\n",
		    tr("none has been seen for a minute; does tweeluikd run?"));
	}
	json_array_foreach(list, i, row)
	{
		if (i == WORKERS_SHOWN)
			break;
		label(out, tr("Workers"), i == 0);
		(void)buf_addf(out,
		    tr("%s: %s connections, %s mails in hand, %.1f/s"),
		    json_str(row, "name"),
		    cli_number(c, json_num(row, "connections")),
		    cli_number(c, json_num(row, "in_flight")),
		    real(row, "rate"));
		if (json_str(row, "relay")[0] != '\0')
			(void)buf_addf(out, tr("; the relay: %s"),
			    json_str(row, "relay"));
		(void)buf_addc(out, '\n');
	}
	if (json_array_size(list) > WORKERS_SHOWN) {
		label(out, "", true);
		(void)buf_addf(out, tr("and %s more"),
		    cli_number(c,
			(long long)json_array_size(list) - WORKERS_SHOWN));
		(void)buf_addc(out, '\n');
	}
}

void
watch_draw(struct cli *c, const json_t *facts, struct buf *out)
{
	draw_bar(c, facts, out);
	draw_pause(c, facts, out);
	draw_quiet(facts, out);
	draw_deferrals(c, facts, out);
	draw_pace(c, facts, out);
	draw_workers(c, facts, out);
}
