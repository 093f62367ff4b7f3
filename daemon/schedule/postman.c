#include "daemon/schedule/postman.h"

#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/slot.h"
#include "composer/list/org_sheet.h"
#include "composer/template/template.h"
#include "daemon/schedule/thanks.h"

#define PATH_BYTES_MAX ((size_t)4096)
#define URL_BYTES_MAX ((size_t)1024)
#define HOURS 60

/* A letter that is due, and the document it is made from. */
struct due {
	const struct rows *rows; /* of postman_due */
	int row;
	enum postman_kind kind;
	enum postman_language language;
	xmlNodePtr root;
};

static int add_check(struct postman *p, struct database *d, const struct due *u,
    struct err *e);
static int add_thanks(struct postman *p, struct database *d,
    const struct due *u, struct err *e);

/*
 * The document is <letter> with lang, language (nl, en, both), postal and link,
 * a <side> for each language, the first one of them with first, and what add
 * puts in.
 */
static const struct kind {
	const char *name; /* in table letter */
	const char *file;
	const char *subject;
	int minutes; /* how long it is worth trying to deliver */
	/* Its link: a path, the slot of a token, and what follows. */
	const char *before;
	enum slot_kind slot;
	const char *after;
	/* What differs from letter to letter; NULL: nothing does. */
	int (*add)(struct postman *p, struct database *d, const struct due *u,
	    struct err *e);
} kinds[POSTMAN_KINDS] = {
	[POSTMAN_CONFIRM] = { "confirm", "mail/confirm.xhtml",
	    N_("Confirm your subscription"), 48 * HOURS, "/b/", SLOT_CONFIRM,
	    "", NULL },
	[POSTMAN_ALREADY] = { "already", "mail/already.xhtml",
	    N_("You are already subscribed"), 48 * HOURS, "/v/",
	    SLOT_PREFERENCES, "", NULL },
	[POSTMAN_FAREWELL] = { "farewell", "mail/farewell.xhtml",
	    N_("You are unsubscribed"), 72 * HOURS, "/u/", SLOT_UNDO, "/undo",
	    NULL },
	[POSTMAN_DETAILS] = { "details", "mail/details.xhtml",
	    N_("Link to your details"), 30, "/d/", SLOT_DETAILS, "", NULL },
	[POSTMAN_ADDRESS] = { "address", "mail/address.xhtml",
	    N_("Confirm your new address"), 24 * HOURS, "/a/", SLOT_ADDRESS, "",
	    NULL },
	[POSTMAN_ADDRESS_CHANGED] = { "address-changed",
	    "mail/address-changed.xhtml", N_("Your address has changed"),
	    72 * HOURS, NULL, SLOT_KINDS, NULL, NULL },
	[POSTMAN_PROBE] = { "probe", "mail/probe.xhtml",
	    N_("You get the newsletter again"), 72 * HOURS, "/v/",
	    SLOT_PREFERENCES, "", NULL },
	[POSTMAN_CHECK] = { .name = "check",
	    .file = "mail/check.xhtml",
	    .subject = N_("Is what we know about you still right?"),
	    .minutes = 72 * HOURS,
	    .add = add_check },
	[POSTMAN_CONTRIBUTION] = { .name = "contribution",
	    .file = "mail/contribution.xhtml",
	    .subject = N_("Your text for the newsletter"),
	    .minutes = 48 * HOURS,
	    .add = add_thanks },
};

static const char *const languages[POSTMAN_LANGUAGES] = {
	[POSTMAN_DUTCH] = "nl",
	[POSTMAN_ENGLISH] = "en",
	[POSTMAN_BOTH] = "both",
};

int
postman_open(struct postman *p, const struct config *c, const struct keys *k,
    struct err *e)
{
	char path[PATH_BYTES_MAX];

	*p = (struct postman){ .config = c, .keys = k };
	(void)snprintf(path, sizeof(path), "%s/templates", paths_share());
	for (int i = 0; i < POSTMAN_KINDS; i++)
		if (template_load(path, kinds[i].file, &p->templates[i], e) ==
		    -1)
			return -1;
	return 0;
}

void
postman_close(struct postman *p)
{
	for (int i = 0; i < POSTMAN_KINDS; i++) {
		template_free(p->templates[i]);
		for (int k = 0; k < POSTMAN_LANGUAGES; k++)
			if (p->sheets[i][k].there)
				letter_done(&p->sheets[i][k].letter);
	}
}

/* Words */

static const char *
first_language(const struct postman *p, const struct due *u)
{
	return u->language == POSTMAN_BOTH ? p->config->first_language
					   : languages[u->language];
}

static const char *
second_language(const struct postman *p, const struct due *u)
{
	if (u->language != POSTMAN_BOTH)
		return NULL;
	return first_language(p, u)[0] == 'n' ? "en" : "nl";
}

static void
write_subject(const struct postman *p, const struct due *u, struct buf *out)
{
	const char *second = second_language(p, u);
	const char *subject = kinds[u->kind].subject;

	(void)buf_adds(out, catalogue_text(first_language(p, u), subject));
	if (second != NULL)
		(void)buf_addf(out, " / %s", catalogue_text(second, subject));
}

/* The document */

static void
set(xmlNodePtr x, const char *name, const char *value)
{
	if (xmlNewProp(x, (const xmlChar *)name, (const xmlChar *)value) ==
	    NULL)
		abort();
}

static void
add_side(xmlNodePtr root, const char *lang, bool first)
{
	xmlNodePtr x = xmlNewChild(root, NULL, (const xmlChar *)"side", NULL);

	if (x == NULL)
		abort();
	set(x, "lang", lang);
	if (first)
		set(x, "first", "yes");
}

static void
set_link(const struct postman *p, const struct due *u)
{
	const struct kind *k = &kinds[u->kind];
	struct buf url;

	if (k->before == NULL)
		return;
	buf_init(&url, URL_BYTES_MAX);
	(void)buf_addf(&url, "%s%s%s%s", p->config->base_url, k->before,
	    slot_placeholder(k->slot), k->after);
	set(u->root, "link", url.data);
	buf_done(&url);
}

/* The token names an organisation and the letter itself, so it is written out
 * and no slot. */
static int
add_check(struct postman *p, struct database *d, const struct due *u,
    struct err *e)
{
	const struct token t = { .purpose = TOKEN_CHECK,
		.subscriber =
		    (uint64_t)rows_int(u->rows, u->row, "organisation_id"),
		.mailing = (uint32_t)rows_int(u->rows, u->row, "id") };
	char token[TOKEN_LINK_CHARS + 1];
	struct buf url;
	struct rows r;
	int rc;

	token_link(p->keys, token, &t);
	buf_init(&url, URL_BYTES_MAX);
	(void)buf_addf(&url, "%s/k/%s", p->config->base_url, token);
	set(u->root, "link", url.data);
	buf_done(&url);
	if (DATABASE_RUN(d, &r, e, "postman_sheet",
		param_int((int64_t)t.subscriber)) == -1)
		return -1;
	rc = org_sheet_add(u->root, rows_str(&r, 0, "sheet"), NULL, e);
	rows_done(&r);
	return rc;
}

static int
add_thanks(struct postman *p, struct database *d, const struct due *u,
    struct err *e)
{
	(void)p;
	return thanks_add(d, rows_int(u->rows, u->row, "id"), u->root, e);
}

static xmlDocPtr
document(const struct postman *p, struct due *u)
{
	xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");

	u->root = xmlNewDocNode(doc, NULL, (const xmlChar *)"letter", NULL);
	if (u->root == NULL)
		abort();
	(void)xmlDocSetRootElement(doc, u->root);
	set(u->root, "lang", first_language(p, u));
	set(u->root, "language", languages[u->language]);
	set(u->root, "postal", p->config->postal_address);
	add_side(u->root, first_language(p, u), true);
	if (second_language(p, u) != NULL)
		add_side(u->root, second_language(p, u), false);
	set_link(p, u);
	return doc;
}

/* Writing and storing */

static int
write_letter(struct postman *p, struct database *d, struct due *u,
    const char *subject, struct letter *ret, struct err *e)
{
	const struct kind *k = &kinds[u->kind];
	struct letter_spec spec = {
		.config = p->config,
		.template = p->templates[u->kind],
		.data = document(p, u),
		.lang = first_language(p, u),
		.content_language = u->language == POSTMAN_BOTH
		    ? "nl, en"
		    : first_language(p, u),
		.subject = subject,
	};
	int rc = k->add != NULL ? k->add(p, d, u, e) : 0;

	if (rc == 0)
		rc = letter_build(&spec, ret, e);
	xmlFreeDoc(spec.data);
	return rc;
}

static int
store(struct database *d, const struct due *u, const char *subject,
    const struct letter *l, struct err *e)
{
	return DATABASE_DO(d, e, "postman_write",
	    param_int(rows_int(u->rows, u->row, "id")),
	    param_bytes(l->packed.digest, sizeof(l->packed.digest)),
	    param_text(languages[u->language]), param_text(subject),
	    param_bytes(l->message.bytes.data, l->message.bytes.len),
	    param_bytes(l->packed.slots.data, l->packed.slots.len),
	    param_int(kinds[u->kind].minutes));
}

/* One that is the same for everybody is written once. */
static int
write_and_store(struct postman *p, struct database *d, struct due *u,
    const char *subject, struct err *e)
{
	struct postman_sheet *s = &p->sheets[u->kind][u->language];
	struct letter own;
	int rc;

	if (kinds[u->kind].add == NULL) {
		if (!s->there &&
		    write_letter(p, d, u, subject, &s->letter, e) == -1)
			return -1;
		s->there = true;
		return store(d, u, subject, &s->letter, e);
	}
	if (write_letter(p, d, u, subject, &own, e) == -1)
		return -1;
	rc = store(d, u, subject, &own, e);
	letter_done(&own);
	return rc;
}

static int
read_row(const struct rows *r, int row, struct due *u, struct err *e)
{
	const char *kind = rows_str(r, row, "kind");
	const char *language = rows_str(r, row, "language");
	int k = 0, l = 0;

	while (k < POSTMAN_KINDS && strcmp(kinds[k].name, kind) != 0)
		k++;
	while (l < POSTMAN_LANGUAGES && strcmp(languages[l], language) != 0)
		l++;
	if (k == POSTMAN_KINDS || l == POSTMAN_LANGUAGES)
		return err_set(e, ERR_SYS, "There is no such kind of letter");
	*u = (struct due){ .rows = r,
		.row = row,
		.kind = (enum postman_kind)k,
		.language = (enum postman_language)l };
	return 0;
}

static int
post(struct postman *p, struct database *d, const struct rows *r, int row,
    struct err *e)
{
	struct buf subject;
	struct due u;
	int rc;

	if (read_row(r, row, &u, e) == -1)
		return -1;
	buf_init(&subject, LETTER_SUBJECT_MAX);
	write_subject(p, &u, &subject);
	rc = write_and_store(p, d, &u, subject.data, e);
	buf_done(&subject);
	return rc;
}

int
postman_round(struct postman *p, struct database *d, struct err *e)
{
	struct rows r;
	int rc = 0, written = 0;

	if (DATABASE_RUN(d, &r, e, "postman_due",
		param_int(POSTMAN_LETTERS_MAX)) == -1)
		return -1;
	for (int i = 0; i < r.n && rc == 0; i++) {
		if (post(p, d, &r, i, e) == 0)
			written++;
		else if (e->kind == ERR_TEMP)
			rc = -1;
		else
			log_event(LOG_LEVEL_ERROR, "letter-failed", "letter",
			    rows_str(&r, i, "id"), "kind",
			    rows_str(&r, i, "kind"), "error", e->text, NULL);
	}
	if (rc == 0)
		rc = r.n == POSTMAN_LETTERS_MAX && written > 0;
	rows_done(&r);
	return rc;
}
