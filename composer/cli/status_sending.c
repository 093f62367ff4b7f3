#include "composer/cli/status_sending.h"

#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"
#include "composer/letter/alarm_words.h"

#define WORDS_MAX ((size_t)512)

/* In the arena of the command. */
static const char *
keep(struct cli *c, struct buf *b)
{
	const char *text = arena_printf(&c->arena, "%s", b->data);

	buf_done(b);
	return text;
}

const char *
status_issue_name(struct cli *c, const struct rows *r, int i)
{
	struct buf b;

	buf_init(&b, WORDS_MAX);
	if (!rows_null(r, i, "number"))
		alarm_write_name(rows_str(r, i, "series"),
		    rows_int(r, i, "number"), rows_int(r, i, "year"), &b);
	return keep(c, &b);
}

const char *
status_issue_label(struct cli *c, const struct rows *r, int i)
{
	struct buf b;

	buf_init(&b, WORDS_MAX);
	if (!rows_null(r, i, "number"))
		alarm_write_label(c->lang, rows_str(r, i, "series"),
		    rows_int(r, i, "number"), &b);
	return keep(c, &b);
}

int
status_sending_look(struct cli *c, struct status_sending *s, struct err *e)
{
	struct param quiet = param_text(c->config.quiet_hours);

	if (database_run(c->db, &s->alarms, e, "status_alarms", &quiet, 1) ==
	    -1)
		return -1;
	return database_run(c->db, &s->workers, e, "status_workers", &quiet, 1);
}

void
status_sending_done(struct status_sending *s)
{
	if (s->alarms.result != NULL)
		rows_done(&s->alarms);
	if (s->workers.result != NULL)
		rows_done(&s->workers);
}

static const char *
sentence(struct cli *c, const struct rows *r, int i)
{
	struct buf b;

	buf_init(&b, WORDS_MAX);
	alarm_write(c->lang, rows_str(r, i, "key"), status_issue_label(c, r, i),
	    rows_str(r, i, "text"), &b);
	return keep(c, &b);
}

static const char *
command(struct cli *c, const struct rows *r, int i)
{
	struct buf b;

	buf_init(&b, WORDS_MAX);
	alarm_write_command(rows_str(r, i, "key"), status_issue_name(c, r, i),
	    rows_str(r, i, "text"), &b);
	return keep(c, &b);
}

void
status_print_alarms(struct cli *c, const struct status_sending *s)
{
	const struct rows *r = &s->alarms;

	for (int i = 0; i < r->n; i++) {
		const char *key = rows_str(r, i, "key");
		const char *do_it = command(c, r, i);

		cli_line(tr("Alarm"),
		    arena_printf(&c->arena, tr("%s, since %s"),
			sentence(c, r, i),
			cli_day(c, DATEFMT_MOMENT, rows_str(r, i, "since"))));
		if (strcmp(key, "paused") == 0 || strcmp(key, "relay") == 0)
			cli_line("", rows_str(r, i, "text"));
		if (strcmp(do_it, "tweeluik status") != 0)
			cli_line("",
			    arena_printf(&c->arena, tr("What to do: %s"),
				do_it));
	}
}

void
status_print_workers(struct cli *c, const struct status_sending *s)
{
	const struct rows *r = &s->workers;
	int64_t workers = rows_int(r, 0, "workers");
	int64_t hosts = rows_int(r, 0, "hosts");
	const char *relay = rows_str(r, 0, "relay");

	if (workers == 0)
		cli_line(tr("Sending"), tr("no worker runs"));
	else
		cli_line(tr("Sending"),
		    arena_printf(&c->arena, tr("%s on %s, %s mails a second"),
			arena_printf(&c->arena,
			    tr_n("%lld worker", "%lld workers",
				(unsigned long)workers),
			    (long long)workers),
			arena_printf(&c->arena,
			    tr_n("%lld host", "%lld hosts",
				(unsigned long)hosts),
			    (long long)hosts),
			cli_number(c, rows_int(r, 0, "rate"))));
	if (relay[0] != '\0')
		cli_line(tr("Mail server"),
		    arena_printf(&c->arena, tr("trouble since %s: %s"),
			cli_day(c, DATEFMT_MOMENT,
			    rows_str(r, 0, "relay_since")),
			relay));
	else if (workers > 0)
		cli_line(tr("Mail server"), tr("no trouble"));
	if (c->config.quiet_hours[0] != '\0')
		cli_line(tr("Quiet hours"),
		    arena_printf(&c->arena,
			!rows_bool(r, 0, "quiet") ? "%s"
			    : rows_bool(r, 0, "sending")
			    ? tr("%s, that is now: an issue waits")
			    : tr("%s, that is now"),
			c->config.quiet_hours));
}

void
status_sending_json(struct cli *c, const struct status_sending *s, json_t *to)
{
	json_t *alarms = json_of_rows(&s->alarms), *alarm, *workers;
	size_t i;

	json_array_foreach(alarms, i, alarm)
	{
		(void)json_object_set_new(alarm, "name",
		    json_string(status_issue_name(c, &s->alarms, (int)i)));
		(void)json_object_set_new(alarm, "message",
		    json_string(sentence(c, &s->alarms, (int)i)));
		(void)json_object_set_new(alarm, "command",
		    json_string(command(c, &s->alarms, (int)i)));
	}
	workers = json_of_row(&s->workers, 0);
	(void)json_object_set_new(workers, "quiet_hours",
	    json_string(c->config.quiet_hours));
	(void)json_object_set_new(to, "alarms", alarms);
	(void)json_object_set_new(to, "sending", workers);
}
