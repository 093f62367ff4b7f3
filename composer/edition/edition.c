#include "composer/edition/edition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/paths.h"
#include "composer/edition/subject.h"
#include "composer/message/message.h"
#include "composer/message/packed.h"
#include "composer/template/plaintext.h"
#include "composer/template/template.h"
#include "composer/template/theme.h"

#define CONTENT_BYTES_MAX ((size_t)128 << 20)
#define SUBJECT_BYTES_MAX ((size_t)800)
#define PATH_BYTES_MAX 4096

/* HTML and text */

static int
write_html(const struct template *t, const struct theme *theme, xmlDocPtr data,
    const char *lang, struct buf *out, struct err *e)
{
	xmlDocPtr doc;
	int rc;

	if (template_render(t, data, lang, TEMPLATE_HTML, &doc, e) == -1)
		return -1;
	rc = theme_apply(theme, doc, e);
	if (rc == 0)
		rc = template_save_html(doc, out, e);
	xmlFreeDoc(doc);
	return rc;
}

static int
write_plain(const struct template *t, xmlDocPtr data, const char *lang,
    struct buf *out, struct err *e)
{
	xmlDocPtr doc;
	int rc;

	if (template_render(t, data, lang, TEMPLATE_TEXT, &doc, e) == -1)
		return -1;
	rc = plaintext_write(doc, lang, out, e);
	xmlFreeDoc(doc);
	return rc;
}

static int
render(struct edition *ed, xmlDocPtr data, struct err *e)
{
	const char *lang = content_langs[ed->langs[0]];
	struct template *t = NULL;
	struct theme *theme = NULL;
	char path[PATH_BYTES_MAX];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/templates/mail/theme.xml",
	    paths_share());
	rc = theme_load(path, &theme, e);
	(void)snprintf(path, sizeof(path), "%s/templates", paths_share());
	if (rc == 0)
		rc = template_load(path, "mail/issue.xhtml", &t, e);
	if (rc == 0)
		rc = write_html(t, theme, data, lang, &ed->html, e);
	if (rc == 0)
		rc = write_plain(t, data, lang, &ed->plain, e);
	template_free(t);
	theme_free(theme);
	return rc;
}

/* The message */

static const char *
content_language(const struct edition *ed)
{
	if (ed->nlangs == 1)
		return content_langs[ed->langs[0]];
	return ed->langs[0] == CONTENT_NL ? "nl, en" : "en, nl";
}

static int
encode(const struct edition *ed, const struct config *cfg,
    enum message_type type, struct message *ret, struct err *e)
{
	char archive[PATH_BYTES_MAX], help[PATH_BYTES_MAX];
	struct message_spec spec = {
		.type = type,
		.from_name = cfg->sender,
		.from_address = cfg->address,
		.reply_to = cfg->reply_to,
		.subject = ed->subject.data,
		.list_name = cfg->sender,
		.list_id = cfg->list_id,
		.base_url = cfg->base_url,
		.unsubscribe_mailbox = cfg->unsubscribe_address,
		.archive_url = cfg->archive ? archive : NULL,
		.help_url = help,
		.owner_address = cfg->reply_to,
		.content_language = content_language(ed),
		.text = ed->plain.data,
		.html = ed->html.data,
	};

	(void)snprintf(archive, sizeof(archive), "%s/archief", cfg->base_url);
	(void)snprintf(help, sizeof(help), "%s/", cfg->base_url);
	return message_build(&spec, ret, e);
}

static void
init(struct edition *ed, const char *name, const struct content *c,
    const struct config *cfg)
{
	*ed = (struct edition){ .kind = "issue" };
	buf_init(&ed->subject, SUBJECT_BYTES_MAX);
	buf_init(&ed->html, EDITION_MAX);
	buf_init(&ed->plain, EDITION_MAX);
	message_init(&ed->message, MESSAGE_MAX);
	(void)snprintf(ed->mail_date, sizeof(ed->mail_date), "%s",
	    c->mail_date);
	ed->nlangs = content_edition_langs(name, cfg, ed->langs);
	ed->name = ed->nlangs == 2 ? "both" : content_langs[ed->langs[0]];
	for (size_t i = 0; i < ed->nlangs; i++)
		content_count(c, ed->langs[i], &ed->counts[ed->langs[i]]);
}

void
edition_done(struct edition *ed)
{
	message_done(&ed->message);
	buf_done(&ed->plain);
	buf_done(&ed->html);
	buf_done(&ed->subject);
}

int
edition_make(const struct content *c, const struct config *cfg,
    const char *name, struct edition *ret, struct err *e)
{
	struct edition ed;
	struct message message;
	xmlDocPtr data;
	int rc;

	if (!content_edition_valid(name))
		return err_set(e, ERR_INPUT, "There is no edition '%s'", name);
	if (!special_has_edition(c->kind, name))
		return err_set(e, ERR_INPUT,
		    "An invitation is in both languages for everybody");
	init(&ed, name, c, cfg);
	ed.headline_cut =
	    subject_write(c, cfg, ed.langs, ed.nlangs, &ed.subject);
	rc = content_document(c, cfg, ed.name, ed.subject.data, &data, e);
	if (rc == 0) {
		rc = render(&ed, data, e);
		xmlFreeDoc(data);
	}
	if (rc == 0)
		rc = encode(&ed, cfg, MESSAGE_ISSUE, &message, e);
	if (rc == -1) {
		edition_done(&ed);
		return -1;
	}
	message_done(&ed.message);
	ed.message = message;
	*ret = ed;
	return 0;
}

int
edition_build(struct database *d, const struct config *cfg, int64_t issue,
    const char *name, struct edition *ret, struct err *e)
{
	struct content c;
	struct arena a;
	int rc;

	arena_init(&a, CONTENT_BYTES_MAX);
	rc = content_load(d, &a, issue, &c, e);
	if (rc == 0)
		rc = edition_make(&c, cfg, name, ret, e);
	arena_done(&a);
	return rc;
}

int
edition_to_test(struct edition *ed, const struct config *cfg, const char *time,
    struct err *e)
{
	const char *word =
	    catalogue_text(content_langs[ed->langs[0]], N_("TEST"));
	struct buf subject, plain = ed->subject;
	struct message message;

	buf_init(&subject, SUBJECT_BYTES_MAX);
	(void)buf_addf(&subject, "[%s %s] %s", word, time, plain.data);
	ed->subject = subject;
	if (encode(ed, cfg, MESSAGE_TEST, &message, e) == -1) {
		ed->subject = plain;
		buf_done(&subject);
		return -1;
	}
	buf_done(&plain);
	message_done(&ed->message);
	ed->message = message;
	ed->kind = "test";
	return 0;
}

/* Storing */

int
edition_store_message(struct database *d, const struct edition *ed,
    int64_t *ret_id, struct err *e)
{
	const struct message *m = &ed->message;
	struct packed p;
	struct rows r;
	int rc;

	if (packed_make(m, &p, e) == -1)
		return -1;
	rc = DATABASE_RUN(d, &r, e, "edition_message",
	    param_bytes(p.digest, sizeof(p.digest)), param_text(ed->kind),
	    param_text(ed->name), param_text(ed->subject.data),
	    param_bytes(m->bytes.data, m->bytes.len),
	    param_bytes(p.slots.data, p.slots.len));
	packed_done(&p);
	if (rc == -1)
		return -1;
	*ret_id = rows_int(&r, 0, "id");
	rows_done(&r);
	return 0;
}

int
edition_store(struct database *d, int64_t issue, const struct edition *ed,
    struct err *e)
{
	int64_t id = 0;

	if (edition_store_message(d, ed, &id, e) == -1)
		return -1;
	return DATABASE_DO(d, e, "edition_store", param_int(issue),
	    param_text(ed->name), param_int(id), param_text(ed->html.data),
	    param_text(ed->plain.data));
}

static void
fill_loaded(struct edition *ed, const char *name, const struct rows *r)
{
	*ed = (struct edition){ .kind = "issue", .name = name };
	buf_init(&ed->subject, SUBJECT_BYTES_MAX);
	buf_init(&ed->html, EDITION_MAX);
	buf_init(&ed->plain, EDITION_MAX);
	message_init(&ed->message, MESSAGE_MAX);
	(void)buf_adds(&ed->subject, rows_str(r, 0, "subject"));
	(void)buf_adds(&ed->html, rows_str(r, 0, "html"));
	(void)buf_adds(&ed->plain, rows_str(r, 0, "plain"));
	(void)snprintf(ed->mail_date, sizeof(ed->mail_date), "%s",
	    rows_str(r, 0, "mail_date"));
}

int
edition_load(struct database *d, int64_t issue, const char *name,
    struct edition *ret, struct err *e)
{
	const unsigned char *bytes, *slots;
	size_t nbytes, nslots;
	struct edition ed;
	struct rows r;
	int rc;

	if (DATABASE_RUN(d, &r, e, "edition_load", param_int(issue),
		param_text(name)) == -1)
		return -1;
	if (r.n == 0) {
		rows_done(&r);
		return err_set(e, ERR_NOT_FOUND,
		    "There is no stored edition '%s'", name);
	}
	fill_loaded(&ed, name, &r);
	bytes = rows_bytes(&r, 0, "bytes", &nbytes);
	slots = rows_bytes(&r, 0, "slots", &nslots);
	(void)buf_add(&ed.message.bytes, bytes, nbytes);
	rc = slot_unpack(slots, nslots, nbytes, &ed.message.slots,
	    &ed.message.nslots, e);
	rows_done(&r);
	if (rc == -1)
		edition_done(&ed);
	else
		*ret = ed;
	return rc;
}

/* Looking at it */

void
edition_fill(const char *text, const char *const values[SLOT_KINDS],
    struct buf *out)
{
	const char *from = text;

	for (const char *p = text; *p != '\0';) {
		int kind = slot_at(p);

		if (kind == -1) {
			p++;
			continue;
		}
		(void)buf_add(out, from, (size_t)(p - from));
		(void)buf_adds(out, values[kind]);
		p += strlen(slot_placeholder((enum slot_kind)kind));
		from = p;
	}
	(void)buf_adds(out, from);
}

static int
write_eml(const struct message *m, const char *const values[SLOT_KINDS],
    struct buf *out, struct err *e)
{
	size_t max = message_splice_max(m), n;
	struct iovec *iov = calloc(max, sizeof(*iov));
	int rc;

	if (iov == NULL)
		abort();
	rc = message_splice(m, values, iov, max, &n, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		(void)buf_add(out, iov[i].iov_base, iov[i].iov_len);
	free(iov);
	return rc;
}

/* "proefproef...": in every alphabet of tokens, and plain to see. */
static const char *
demo_token(char token[SLOT_TO_MAX + 1], size_t width)
{
	static const char word[] = "proef";

	for (size_t i = 0; i < width; i++)
		token[i] = word[i % (sizeof(word) - 1)];
	token[width] = '\0';
	return token;
}

int
edition_preview(const struct edition *ed, enum edition_format format,
    struct buf *out, struct err *e)
{
	return edition_preview_to(ed, format, "lezer@voorbeeld.example", out,
	    e);
}

int
edition_preview_to(const struct edition *ed, enum edition_format format,
    const char *address, struct buf *out, struct err *e)
{
	char tokens[SLOT_KINDS][SLOT_TO_MAX + 1];
	const char *values[SLOT_KINDS];
	int rc = 0;

	for (int k = 0; k < SLOT_KINDS; k++)
		values[k] =
		    demo_token(tokens[k], slot_width((enum slot_kind)k));
	values[SLOT_TO] = address;
	values[SLOT_DATE] = ed->mail_date;
	if (format == EDITION_EML)
		rc = write_eml(&ed->message, values, out, e);
	else
		edition_fill(format == EDITION_HTML ? ed->html.data
						    : ed->plain.data,
		    values, out);
	if (rc == 0 && buf_full(out))
		rc = err_set(e, ERR_LIMIT, "The edition is too large");
	return rc;
}
