#include "daemon/web/farewell.h"

#include <string.h>

#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "composer/letter/letter.h"
#include "daemon/web/page.h"
#include "daemon/web/reader.h"

#define URL_BYTES_MAX ((size_t)1024)

static const char subject[] = N_("You are unsubscribed");

static int
store(const struct reader *d, const char *title, const struct letter *l,
    struct err *e)
{
	return DATABASE_DO(d->db, e, "web_farewell", param_int(d->id),
	    param_bytes(l->packed.digest, sizeof(l->packed.digest)),
	    param_text(d->language), param_text(title),
	    param_bytes(l->message.bytes.data, l->message.bytes.len),
	    param_bytes(l->packed.slots.data, l->packed.slots.len));
}

static int
write_and_store(const struct reader *d, const struct page *p, struct err *e)
{
	bool both = strcmp(d->language, "both") == 0;
	struct letter_spec spec = {
		.config = p->site->config,
		.template = p->site->templates[PAGE_FAREWELL],
		.data = p->doc,
		.lang = p->lang,
		.content_language = both ? "nl, en" : p->lang,
	};
	struct letter l;
	struct buf title;
	int rc;

	buf_init(&title, LETTER_SUBJECT_MAX);
	(void)buf_adds(&title, catalogue_text(p->lang, subject));
	if (both)
		(void)buf_addf(&title, " / %s",
		    catalogue_text(p->lang[0] == 'n' ? "en" : "nl", subject));
	spec.subject = title.data;
	rc = letter_build(&spec, &l, e);
	if (rc == 0) {
		rc = store(d, title.data, &l, e);
		letter_done(&l);
	}
	buf_done(&title);
	return rc;
}

int
farewell_queue(const struct reader *d, struct err *e)
{
	struct page p;
	struct buf undo;
	int rc;

	buf_init(&undo, URL_BYTES_MAX);
	(void)buf_addf(&undo, "%s/u/%s/undo", d->worker->site->config->base_url,
	    slot_placeholder(SLOT_UNDO));
	page_init(&p, d->worker->site, d->language);
	page_set(&p, "language", d->language);
	page_set(&p, "undo", undo.data);
	rc = write_and_store(d, &p, e);
	page_done(&p);
	buf_done(&undo);
	return rc;
}
