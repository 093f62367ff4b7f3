#include "daemon/web/metrics.h"

#include <string.h>

#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/site.h"

/* All are gauges: a count of recipients can be put right afterwards. */
static const struct metric {
	const char *name, *help;
	const char *labels[2];
} metrics[] = {
	{ "tweeluik_ledger",
	    "Recipients of each of the newest issues by what became of them.",
	    { "issue", "outcome" } },
	{ "tweeluik_ledger_planned", "Recipients of the issue.", { "issue" } },
	{ "tweeluik_ledger_balanced",
	    "Whether every planned recipient of the issue is accounted for.",
	    { "issue" } },
	{ "tweeluik_alarm", "Conditions of this kind that last.", { "key" } },
	{ "tweeluik_send_workers", "Workers that live.", { NULL } },
	{ "tweeluik_send_rate", "Mails accepted a second, of late.", { NULL } },
	{ "tweeluik_relay_up",
	    "Whether all workers that live can hand over mail.", { NULL } },
	{ "tweeluik_subscribers", "Subscribers by state.", { "state" } },
	{ "tweeluik_role_last_seen_seconds",
	    "Seconds since a process of the role said that it lives.",
	    { "role" } },
	{ "tweeluik_bounces",
	    "What came back of mails to readers in the last 30 days.",
	    { "class", "reason" } },
	{ "tweeluik_returned",
	    "Messages that came back in the last 30 days by what they were.",
	    { "kind" } },
	{ "tweeluik_returned_waiting", "Messages that wait for a person.",
	    { NULL } },
	{ "tweeluik_mailbox_last_read_seconds",
	    "Seconds since the mailbox was read.", { "mailbox" } },
};

static void
write_head(struct buf *out, const char *name, const char *help)
{
	(void)buf_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help,
	    name);
}

static void
write_label(struct buf *out, const char *name, const char *value)
{
	(void)buf_addf(out, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			(void)buf_addc(out, '\\');
		if (*value == '\n')
			(void)buf_adds(out, "\\n");
		else
			(void)buf_addc(out, *value);
	}
	(void)buf_addc(out, '"');
}

static void
write_sample(struct buf *out, const struct metric *m, const char *const *values,
    const char *number)
{
	(void)buf_adds(out, m->name);
	for (size_t i = 0; i < 2 && m->labels[i] != NULL; i++) {
		(void)buf_addc(out, i == 0 ? '{' : ',');
		write_label(out, m->labels[i], values[i]);
	}
	(void)buf_addf(out, "%s %s\n", m->labels[0] != NULL ? "}" : "", number);
}

static void
write_rows(struct buf *out, const struct rows *r)
{
	for (size_t k = 0; k < sizeof(metrics) / sizeof(metrics[0]); k++) {
		const struct metric *m = &metrics[k];

		write_head(out, m->name, m->help);
		for (int i = 0; i < r->n; i++) {
			const char *const values[] = { rows_str(r, i, "label1"),
				rows_str(r, i, "label2") };

			if (strcmp(rows_str(r, i, "metric"), m->name) == 0)
				write_sample(out, m, values,
				    rows_str(r, i, "value"));
		}
	}
}

static int
look(struct site_worker *w, struct rows *ret, struct err *e)
{
	struct database *db;

	if (site_worker_database(w, &db, e) == -1)
		return -1;
	return DATABASE_RUN(db, ret, e, "web_metrics",
	    param_text(w->site->config->quiet_hours));
}

static int
metrics_show(struct request *q, struct response *r, struct err *e)
{
	struct rows rows;
	bool up = look(q->worker, &rows, e) == 0;

	if (!up) /* The next try may find it back. */
		(void)site_worker_reconnect(q->worker);
	r->type = "text/plain; version=0.0.4; charset=utf-8";
	write_head(&r->body, "tweeluik_build_info", "The program.");
	(void)buf_adds(&r->body,
	    "tweeluik_build_info{version=\"" TWEELUIK_VERSION "\"} 1\n");
	write_head(&r->body, "tweeluik_database_up",
	    "Whether the database answers.");
	(void)buf_addf(&r->body, "tweeluik_database_up %d\n", up);
	if (up) {
		write_rows(&r->body, &rows);
		rows_done(&rows);
	}
	return 0;
}

const struct route metrics_routes[] = {
	{ ROUTE_GET, "/metrics", metrics_show },
	{ .pattern = NULL },
};
