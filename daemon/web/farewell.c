#include "daemon/web/farewell.h"

#include <sodium.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/message/message.h"
#include "composer/template/plaintext.h"
#include "composer/template/template.h"
#include "daemon/web/page.h"
#include "daemon/web/reader.h"

#define MAIL_BYTES_MAX ((size_t)256 * 1024)
#define SUBJECT_BYTES_MAX ((size_t)256)

static const char subject[] = N_("You are unsubscribed");

struct mail {
	struct buf subject, text, html, slots;
	struct message message;
};

static int
render(struct page *p, struct mail *m, struct err *e)
{
	const struct template *t = p->site->templates[PAGE_FAREWELL];
	xmlDocPtr doc;
	int rc;

	if (template_render(t, p->doc, p->lang, TEMPLATE_TEXT, &doc, e) == -1)
		return -1;
	rc = plaintext_write(doc, p->lang, &m->text, e);
	xmlFreeDoc(doc);
	if (rc == -1 ||
	    template_render(t, p->doc, p->lang, TEMPLATE_HTML, &doc, e) == -1)
		return -1;
	rc = template_save_html(doc, &m->html, e);
	xmlFreeDoc(doc);
	return rc;
}

static int
build(const struct reader *d, struct page *p, struct mail *m, struct err *e)
{
	const struct config *c = p->site->config;
	bool both = strcmp(d->language, "both") == 0;
	const char *other = p->lang[0] == 'n' ? "en" : "nl";
	struct message_spec spec = {
		.type = MESSAGE_SYSTEM,
		.from_name = c->sender,
		.from_address = c->address,
		.reply_to = c->reply_to,
		.list_id = c->list_id,
		.base_url = c->base_url,
		.unsubscribe_mailbox = c->unsubscribe_address,
		.content_language = both ? "nl, en" : p->lang,
	};

	if (render(p, m, e) == -1)
		return -1;
	(void)buf_adds(&m->subject, catalogue_text(p->lang, subject));
	if (both)
		(void)buf_addf(&m->subject, " / %s",
		    catalogue_text(other, subject));
	spec.subject = m->subject.data;
	spec.text = m->text.data;
	spec.html = m->html.data;
	if (message_build(&spec, &m->message, e) == -1)
		return -1;
	return slot_pack(m->message.slots, m->message.nslots, &m->slots);
}

/* The same mail is stored once. */
static int
queue(const struct reader *d, const struct mail *m, struct err *e)
{
	unsigned char digest[32];
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)m->message.bytes.data, m->message.bytes.len);
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)m->slots.data, m->slots.len);
	(void)crypto_generichash_final(&state, digest, sizeof(digest));
	return DATABASE_DO(d->db, e, "web_farewell", param_int(d->id),
	    param_bytes(digest, sizeof(digest)), param_text(d->language),
	    param_text(m->subject.data),
	    param_bytes(m->message.bytes.data, m->message.bytes.len),
	    param_bytes(m->slots.data, m->slots.len));
}

int
farewell_queue(const struct reader *d, struct err *e)
{
	const struct config *c = d->worker->site->config;
	struct mail m;
	struct page p;
	struct buf undo;
	int rc;

	buf_init(&m.subject, SUBJECT_BYTES_MAX);
	buf_init(&m.text, MAIL_BYTES_MAX);
	buf_init(&m.html, MAIL_BYTES_MAX);
	buf_init(&m.slots, SLOT_MAX * SLOT_PACKED_BYTES);
	message_init(&m.message, MESSAGE_MAX);
	buf_init(&undo, MAIL_BYTES_MAX);
	(void)buf_addf(&undo, "%s/u/%s/undo", c->base_url,
	    slot_placeholder(SLOT_UNDO));
	page_init(&p, d->worker->site, d->language);
	page_set(&p, "language", d->language);
	page_set(&p, "undo", undo.data);
	rc = build(d, &p, &m, e);
	if (rc == 0)
		rc = queue(d, &m, e);
	page_done(&p);
	buf_done(&undo);
	message_done(&m.message);
	buf_done(&m.slots);
	buf_done(&m.html);
	buf_done(&m.text);
	buf_done(&m.subject);
	return rc;
}
