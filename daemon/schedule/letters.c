#include "daemon/schedule/letters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/datefmt.h"
#include "base/err.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/paths.h"
#include "composer/letter/alarm_words.h"
#include "composer/letter/letter.h"
#include "composer/template/template.h"

#define PATH_BYTES_MAX 4096
#define WORDS_MAX ((size_t)512)

/* One row of letters_due(), in words. */
struct due {
	const struct rows *rows;
	int row;
	const char *key, *event, *lang;
	bool report, everybody;
	struct buf label, name, subject, command, missing;
};

int
letters_open(struct letters *l, const struct config *c, const struct keys *k,
    struct err *e)
{
	char path[PATH_BYTES_MAX];

	*l = (struct letters){ .config = c, .keys = k };
	if (c->neditors + c->nadministrators == 0)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/templates", paths_share());
	if (template_load(path, "mail/alarm.xhtml", &l->alarm, e) == -1 ||
	    template_load(path, "mail/report.xhtml", &l->report, e) == -1)
		return -1;
	return 0;
}

void
letters_close(struct letters *l)
{
	template_free(l->alarm);
	template_free(l->report);
}

/* Words */

static const char *
field(const struct due *u, const char *column)
{
	return rows_str(u->rows, u->row, column);
}

static void
write_report_subject(struct due *u)
{
	char accepted[DATEFMT_MAX], planned[DATEFMT_MAX];

	datefmt_number(u->lang, rows_int(u->rows, u->row, "accepted"),
	    accepted);
	datefmt_number(u->lang, rows_int(u->rows, u->row, "planned"), planned);
	(void)buf_addf(&u->subject,
	    catalogue_text(u->lang, "%s sent: %s of %s accepted"),
	    u->label.data, accepted, planned);
}

static void
write_alarm_subject(struct due *u)
{
	struct buf what;

	buf_init(&what, WORDS_MAX);
	alarm_write(u->lang, u->key, u->label.data, field(u, "text"), &what);
	if (strcmp(u->event, "over") == 0)
		(void)buf_addf(&u->subject, catalogue_text(u->lang, "Over: %s"),
		    what.data);
	else if (strcmp(u->event, "again") == 0)
		(void)buf_addf(&u->subject,
		    catalogue_text(u->lang, "Still so: %s"), what.data);
	else if (strcmp(u->key, "held") == 0)
		(void)buf_adds(&u->subject, what.data);
	else
		(void)buf_addf(&u->subject,
		    catalogue_text(u->lang, "Alarm: %s"), what.data);
	buf_done(&what);
}

static void
due_init(struct due *u, const struct rows *r, int row, const char *lang)
{
	struct buf *all[] = { &u->label, &u->name, &u->subject, &u->command,
		&u->missing };

	*u = (struct due){ .rows = r, .row = row, .lang = lang };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_init(all[i], WORDS_MAX);
	u->key = field(u, "key");
	u->event = field(u, "event");
	u->report = strcmp(u->key, "report") == 0;
	u->everybody = !rows_null(r, row, "alarm_id");
	if (!rows_null(r, row, "number")) {
		alarm_write_label(lang, field(u, "series"),
		    rows_int(r, row, "number"), &u->label);
		alarm_write_name(field(u, "series"), rows_int(r, row, "number"),
		    rows_int(r, row, "year"), &u->name);
	}
	if (u->report)
		write_report_subject(u);
	else
		write_alarm_subject(u);
	alarm_write_command(u->key, u->name.data, field(u, "text"),
	    &u->command);
	(void)buf_addf(&u->missing, "tweeluik issue send %s --missing",
	    u->name.data);
}

static void
due_done(struct due *u)
{
	buf_done(&u->missing);
	buf_done(&u->command);
	buf_done(&u->subject);
	buf_done(&u->name);
	buf_done(&u->label);
}

/* The document */

static void
set(xmlNodePtr x, const char *name, const char *value)
{
	if (xmlNewProp(x, (const xmlChar *)name, (const xmlChar *)value) ==
	    NULL)
		abort();
}

static xmlDocPtr
document(const struct due *u, const struct config *c)
{
	static const char *const columns[] = { "key", "event", "since", "now",
		"by", "planned", "accepted", "refused", "expired", "suppressed",
		"uncertain" };
	xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr x =
	    xmlNewDocNode(doc, NULL, (const xmlChar *)"letter", NULL);

	if (x == NULL)
		abort();
	(void)xmlDocSetRootElement(doc, x);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		set(x, columns[i], field(u, columns[i]));
	set(x, "lang", u->lang);
	set(x, "subject", u->subject.data);
	set(x, "reason", alarm_reason(u->lang, field(u, "text")));
	if (strcmp(field(u, "text"), "missed") == 0)
		set(x, "missed", "yes");
	set(x, "command", u->command.data);
	set(x, "missing", u->missing.data);
	set(x, "postal", c->postal_address);
	return doc;
}

/* Storing */

static bool
named(const char *const *list, size_t n, const char *address)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(list[i], address) == 0)
			return true;
	return false;
}

static int
add_recipients(const struct letters *l, struct database *d, int64_t mailing,
    int64_t message, bool everybody, struct err *e)
{
	const struct config *c = l->config;
	size_t n = c->neditors + (everybody ? c->nadministrators : 0);

	for (size_t i = 0; i < n; i++) {
		bool editor = i < c->neditors;
		size_t k = editor ? i : i - c->neditors;
		const char *to = editor ? c->editors[k] : c->administrators[k];
		unsigned char sealed[KEYS_SEALED_MAX];
		struct address a;
		size_t size;

		/* Named twice, told once. */
		if (named(editor ? c->editors : c->administrators, k, to) ||
		    (!editor && named(c->editors, c->neditors, to)))
			continue;
		if (address_parse(&a, to, strlen(to), e) == -1)
			return -1;
		size = keys_seal(l->keys, sealed, a.text);
		if (DATABASE_DO(d, e, "letter_recipient", param_int(mailing),
			param_int(message), param_bytes(sealed, size)) == -1)
			return -1;
	}
	return 0;
}

static int
store(const struct letters *l, struct database *d, const struct due *u,
    const struct letter *m, struct err *e)
{
	struct rows r;
	int64_t mailing, message;

	if (DATABASE_RUN(d, &r, e, "letter_store",
		param_bytes(m->packed.digest, sizeof(m->packed.digest)),
		param_text(u->lang), param_text(u->subject.data),
		param_bytes(m->message.bytes.data, m->message.bytes.len),
		param_bytes(m->packed.slots.data, m->packed.slots.len),
		param_text(field(u, "alarm_id")[0] != '\0'
			? field(u, "alarm_id")
			: NULL)) == -1)
		return -1;
	mailing = rows_int(&r, 0, "mailing");
	message = rows_int(&r, 0, "message");
	rows_done(&r);
	return add_recipients(l, d, mailing, message, u->everybody, e);
}

static int
write_and_store(const struct letters *l, struct database *d,
    const struct due *u, struct err *e)
{
	struct letter_spec spec = {
		.config = l->config,
		.template = u->report ? l->report : l->alarm,
		.data = document(u, l->config),
		.lang = u->lang,
		.content_language = u->lang,
		.subject = u->subject.data,
	};
	struct letter m;
	int rc = letter_build(&spec, &m, e);

	if (rc == 0) {
		rc = store(l, d, u, &m, e);
		letter_done(&m);
	}
	xmlFreeDoc(spec.data);
	return rc;
}

static int
tell(const struct letters *l, struct database *d, const struct rows *r, int row,
    struct err *e)
{
	const struct config *c = l->config;
	struct due u;
	int rc = 0;

	due_init(&u, r, row, c->language);
	if (u.everybody)
		log_event(strcmp(u.event, "over") == 0 ? LOG_LEVEL_INFO
						       : LOG_LEVEL_WARNING,
		    "alarm", "key", u.key, "event", u.event, "issue",
		    u.name.data, "reason", field(&u, "text"), NULL);
	if (c->neditors > 0 || (u.everybody && c->nadministrators > 0))
		rc = write_and_store(l, d, &u, e);
	due_done(&u);
	return rc;
}

int
letters_round(struct letters *l, struct database *d, struct err *e)
{
	struct rows r;
	int rc = 0;

	if (database_begin(d, e) == -1)
		return -1;
	if (DATABASE_RUN(d, &r, e, "letters_due",
		param_text(l->config->quiet_hours)) == -1) {
		database_rollback(d);
		return -1;
	}
	for (int i = 0; i < r.n && rc == 0; i++)
		rc = tell(l, d, &r, i, e);
	rows_done(&r);
	if (rc == 0)
		rc = database_commit(d, e);
	if (rc == -1)
		database_rollback(d);
	return rc;
}
