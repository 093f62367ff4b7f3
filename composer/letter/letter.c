#include "composer/letter/letter.h"

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "composer/message/message.h"
#include "composer/template/plaintext.h"
#include "composer/template/template.h"

static int
render(const struct letter_spec *s, struct buf *text, struct buf *html,
    struct err *e)
{
	xmlDocPtr doc;
	int rc;

	if (template_render(s->template, s->data, s->lang, TEMPLATE_TEXT, &doc,
		e) == -1)
		return -1;
	rc = plaintext_write(doc, s->lang, text, e);
	xmlFreeDoc(doc);
	if (rc == -1 ||
	    template_render(s->template, s->data, s->lang, TEMPLATE_HTML, &doc,
		e) == -1)
		return -1;
	rc = template_save_html(doc, html, e);
	xmlFreeDoc(doc);
	return rc;
}

static int
encode(const struct letter_spec *s, const char *text, const char *html,
    struct letter *ret, struct err *e)
{
	const struct config *c = s->config;
	const struct message_spec spec = {
		.type = MESSAGE_SYSTEM,
		.from_name = c->sender,
		.from_address = c->address,
		.reply_to = c->reply_to,
		.subject = s->subject,
		.list_id = c->list_id,
		.base_url = c->base_url,
		.unsubscribe_mailbox = c->unsubscribe_address,
		.content_language = s->content_language,
		.text = text,
		.html = html,
	};
	struct letter l;

	if (message_build(&spec, &l.message, e) == -1)
		return -1;
	if (packed_make(&l.message, &l.packed, e) == -1) {
		message_done(&l.message);
		return -1;
	}
	*ret = l;
	return 0;
}

int
letter_build(const struct letter_spec *s, struct letter *ret, struct err *e)
{
	struct buf text, html;
	int rc;

	buf_init(&text, LETTER_BYTES_MAX);
	buf_init(&html, LETTER_BYTES_MAX);
	rc = render(s, &text, &html, e);
	if (rc == 0)
		rc = encode(s, text.data, html.data, ret, e);
	buf_done(&html);
	buf_done(&text);
	return rc;
}

void
letter_done(struct letter *l)
{
	packed_done(&l->packed);
	message_done(&l->message);
}
