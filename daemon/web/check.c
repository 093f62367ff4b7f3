#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "composer/list/org_sheet.h"
#include "composer/list/org_field.h"
#include "daemon/web/http.h"
#include "daemon/web/page.h"
#include "daemon/web/pages.h"
#include "daemon/web/reader.h"

#define REMARK "remark"

/* Who holds the link in a letter to an organisation. */
struct check {
	struct site_worker *worker;
	struct database *db;
	int64_t organisation, letter;
	const char *token;
	struct rows rows; /* of web_check, one row */
};

/* What somebody typed, and what is wrong with it. */
struct answer {
	const char *value[ORG_FIELDS]; /* NULL: not in the form */
	bool wrong[ORG_FIELDS];
	const char *remark;
	bool remark_wrong;
	bool any_wrong;
	bool nothing; /* it is what we have */
};

static const enum org_field asked[] = { ORG_NAME, ORG_PLACE, ORG_POSTAL_ADDRESS,
	ORG_REGION, ORG_CONTACT, ORG_PHONE, ORG_EMAIL, ORG_WEBSITE, ORG_AIM_NL,
	ORG_AIM_EN, ORG_CAPACITY_NL, ORG_CAPACITY_EN };

#define ASKED (sizeof(asked) / sizeof(asked[0]))

/* The caller ends the rows. */
static int
find(struct check *ret, struct request *q, struct err *e)
{
	struct check k = { .worker = q->worker, .token = q->captures[0] };
	struct token t;

	if (token_open_link(k.worker->site->keys, &t, TOKEN_CHECK, k.token,
		strlen(k.token), e) == -1)
		return reader_unknown(e);
	k.organisation = (int64_t)t.subscriber;
	k.letter = t.mailing;
	if (site_worker_database(k.worker, &k.db, e) == -1 ||
	    DATABASE_RUN(k.db, &k.rows, e, "web_check",
		param_int(k.organisation), param_int(k.letter)) == -1)
		return -1;
	if (k.rows.n == 0) {
		rows_done(&k.rows);
		return reader_unknown(e);
	}
	*ret = k;
	return 0;
}

static void
set(xmlNodePtr x, const char *name, const char *value)
{
	if (xmlSetProp(x, (const xmlChar *)name, (const xmlChar *)value) ==
	    NULL)
		abort();
}

static void
put_answer(struct page *p, xmlNodePtr sheet, const struct answer *w)
{
	for (size_t i = 0; i < ASKED; i++) {
		enum org_field f = asked[i];
		xmlNodePtr x = org_sheet_field(sheet, org_field_name(f));

		if (x == NULL || w->value[f] == NULL)
			continue;
		/* The box for another address is empty, not masked. */
		set(x, f == ORG_EMAIL ? "typed" : "value", w->value[f]);
		if (w->wrong[f])
			set(x, "error", "true"); /* of aria-invalid */
	}
	page_set(p, REMARK, w->remark);
	page_set(p, "wrong", w->any_wrong ? "yes" : NULL);
	page_set(p, "remark-error", w->remark_wrong ? "true" : NULL);
	page_set(p, "nothing", w->nothing ? "yes" : NULL);
}

/* done: right after a POST that did something. */
static int
show(const struct check *k, enum site_page which, const char *done,
    const struct answer *w, struct response *r, struct err *e)
{
	struct page p;
	xmlNodePtr sheet;
	int rc;

	page_init(&p, k->worker->site, rows_str(&k->rows, 0, "language"));
	page_set(&p, "token", k->token);
	page_set(&p, "done", done);
	if (rows_bool(&k->rows, 0, "used"))
		page_set(&p, "used", "yes");
	if (rows_bool(&k->rows, 0, "waiting"))
		page_set(&p, "waiting", "yes");
	rc = org_sheet_add(p.root, rows_str(&k->rows, 0, "sheet"), &sheet, e);
	if (rc == 0 && w != NULL)
		put_answer(&p, sheet, w);
	if (rc == 0)
		rc = page_write(&p, which, &r->body, e);
	page_done(&p);
	return rc;
}

static int
find_and_show(struct request *q, enum site_page which, bool done,
    struct response *r, struct err *e)
{
	struct check k;
	int rc;

	if (find(&k, q, e) == -1)
		return -1;
	/* Done is only what was: this page can be asked for at any time. */
	rc = show(&k, which,
	    done && rows_bool(&k.rows, 0, "used") ? "yes" : NULL, NULL, r, e);
	rows_done(&k.rows);
	return rc;
}

int
check_show(struct request *q, struct response *r, struct err *e)
{
	return find_and_show(q, PAGE_CHECK, false, r, e);
}

int
check_done(struct request *q, struct response *r, struct err *e)
{
	return find_and_show(q, PAGE_CHECK, true, r, e);
}

int
check_form(struct request *q, struct response *r, struct err *e)
{
	return find_and_show(q, PAGE_CHECK_CHANGE, false, r, e);
}

int
check_correct(struct request *q, struct response *r, struct err *e)
{
	struct check k;
	int rc;

	if (find(&k, q, e) == -1)
		return -1;
	rows_done(&k.rows);
	rc = DATABASE_DO(k.db, e, "web_check_correct",
	    param_int(k.organisation), param_int(k.letter));
	if (rc == 0)
		response_see_other(r,
		    arena_printf(&q->arena, "/k/%s/done", k.token));
	return rc;
}

/* One line, without blanks around it. */
static const char *
one_line(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s + strspn(s, " \t\r\n"));
	size_t n = strlen(copy);

	while (n > 0 && strchr(" \t\r\n", copy[n - 1]) != NULL)
		copy[--n] = '\0';
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\t' || *p == '\r' || *p == '\n')
			*p = ' ';
	return copy;
}

static void
read_field(struct request *q, struct answer *w, enum org_field f)
{
	static const char *const none[] = { NULL };
	static const struct org_rules rules = { "1970-01-01", none };
	const char *v = form_get(&q->form, org_field_name(f));
	struct err why;

	if (v == NULL)
		return;
	v = one_line(&q->arena, v);
	if (f == ORG_EMAIL && v[0] == '\0')
		return;
	if (f == ORG_WEBSITE && v[0] != '\0' && strstr(v, "://") == NULL)
		v = arena_printf(&q->arena, "https://%s", v);
	w->value[f] = v;
	w->wrong[f] = org_field_check(f, &q->arena, &rules, &w->value[f],
			  strlen(v), &why) == -1;
	w->any_wrong = w->any_wrong || w->wrong[f];
}

static void
read_answer(struct request *q, struct answer *w)
{
	const char *remark = form_get(&q->form, REMARK);
	struct err why;

	*w = (struct answer){ .remark = "" };
	for (size_t i = 0; i < ASKED; i++)
		read_field(q, w, asked[i]);
	if (remark == NULL)
		return;
	/* A remark is a line like any other. */
	w->remark = one_line(&q->arena, remark);
	w->remark_wrong = org_field_check(ORG_AIM_NL, &q->arena, NULL,
			      &w->remark, strlen(w->remark), &why) == -1;
	w->any_wrong = w->any_wrong || w->remark_wrong;
}

static int
queue(const struct check *k, struct request *q, struct answer *w, struct err *e)
{
	struct org_values v;
	struct rows rows;

	memcpy(v.value, w->value, sizeof(v.value));
	if (DATABASE_RUN(k->db, &rows, e, "web_check_change",
		param_int(k->organisation), param_int(k->letter),
		param_text(org_values_json(&q->arena, &v)),
		param_text(w->remark)) == -1)
		return -1;
	w->nothing = !rows_bool(&rows, 0, "queued");
	rows_done(&rows);
	return 0;
}

int
check_change(struct request *q, struct response *r, struct err *e)
{
	struct answer w;
	struct check k;
	int rc = 0;

	if (find(&k, q, e) == -1)
		return -1;
	read_answer(q, &w);
	if (!w.any_wrong)
		rc = queue(&k, q, &w, e);
	if (rc == 0 && (w.any_wrong || w.nothing))
		rc = show(&k, PAGE_CHECK_CHANGE, NULL, &w, r, e);
	else if (rc == 0)
		response_see_other(r,
		    arena_printf(&q->arena, "/k/%s/done", k.token));
	rows_done(&k.rows);
	return rc;
}
