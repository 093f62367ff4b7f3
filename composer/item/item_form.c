#include "composer/item/item_form.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/catalogue.h"
#include "base/err.h"
#include "base/text.h"
#include "composer/item/item_key.h"

static const char *const states[] = { "draft", "ready", NULL };
static const char *const absences[] = { "follows", "speakers", NULL };

/* Reads from text line by line; the first error stays. */
struct parser {
	struct arena *arena;
	const struct item_form_context *x;
	struct item_form *form;
	struct err *e;
	const char *p, *end;
	int line;
};

static int
at_key(struct parser *p, const char *key)
{
	return err_prefix(p->e, N_("%s, line %d, %s"), p->x->file, p->line,
	    key);
}

static int
at_line(struct parser *p)
{
	return err_prefix(p->e, N_("%s, line %d"), p->x->file, p->line);
}

int
item_form_at(const struct item_form *f, enum item_key key, struct err *e)
{
	if (f->line[key] == 0)
		return -1;
	return err_prefix(e, N_("%s, line %d, %s"), f->file, f->line[key],
	    item_key_name(key));
}

/*
 * Lines
 */
struct line {
	const char *s;
	size_t n;
};

/* Without its line end; false at the end. */
static bool
next_line(struct parser *p, struct line *l)
{
	const char *nl;

	if (p->p == p->end)
		return false;
	nl = memchr(p->p, '\n', (size_t)(p->end - p->p));
	l->s = p->p;
	p->p = nl != NULL ? nl + 1 : p->end;
	l->n = (size_t)((nl != NULL ? nl : p->end) - l->s);
	if (l->n > 0 && l->s[l->n - 1] == '\r')
		l->n--;
	p->line++;
	return true;
}

static bool
line_is_blank(const struct line *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->s[i] != ' ' && l->s[i] != '\t')
			return false;
	return true;
}

/* "--- nl", with blanks behind it. */
static bool
line_is_section(const struct line *l, char lang[3])
{
	struct line rest = { l->s + 6, l->n >= 6 ? l->n - 6 : 0 };

	if (l->n < 6 || memcmp(l->s, "--- ", 4) != 0 || l->s[4] < 'a' ||
	    l->s[4] > 'z' || l->s[5] < 'a' || l->s[5] > 'z' ||
	    !line_is_blank(&rest))
		return false;
	lang[0] = l->s[4];
	lang[1] = l->s[5];
	lang[2] = '\0';
	return true;
}

/* "Key: value" */
static int
split_pair(struct parser *p, const struct line *l, const char **ret_key,
    const char **ret_value)
{
	const char *colon = memchr(l->s, ':', l->n);
	size_t nkey, nvalue;
	const char *v;

	if (colon == NULL || colon == l->s) {
		(void)err_set(p->e, ERR_INPUT,
		    "here 'Key: value' is expected, or a section like "
		    "'--- nl'");
		return at_line(p);
	}
	nkey = (size_t)(colon - l->s);
	v = colon + 1;
	nvalue = l->n - nkey - 1;
	for (; nvalue > 0 && (*v == ' ' || *v == '\t'); v++)
		nvalue--;
	while (nvalue > 0 && (v[nvalue - 1] == ' ' || v[nvalue - 1] == '\t'))
		nvalue--;
	*ret_key = arena_memdup(p->arena, l->s, nkey < 60 ? nkey : 60);
	if (nvalue > ITEM_VALUE_MAX) {
		(void)err_set(p->e, ERR_INPUT,
		    "this is %zu bytes, at most %d are accepted", nvalue,
		    ITEM_VALUE_MAX);
		return at_key(p, *ret_key);
	}
	if (memchr(v, '\t', nvalue) != NULL) {
		(void)err_set(p->e, ERR_INPUT, "there is a tab in it");
		return at_key(p, *ret_key);
	}
	*ret_value = arena_memdup(p->arena, v, nvalue);
	return 0;
}

static int
unknown_key(struct parser *p, const char *key)
{
	(void)err_set(p->e, ERR_INPUT, "there is no key '%s' here", key);
	return at_line(p);
}

static int
twice(struct parser *p, const char *key)
{
	(void)err_set(p->e, ERR_INPUT, "this is here a second time");
	return at_key(p, key);
}

/*
 * Head
 */
static int
head_pair(struct parser *p, const struct line *l)
{
	const char *key, *value;
	size_t k;

	if (split_pair(p, l, &key, &value) == -1)
		return -1;
	for (k = 0; k < ITEM_KEYS; k++)
		if (strcasecmp(key, item_key_name(k)) == 0)
			break;
	if (k == ITEM_KEYS)
		return unknown_key(p, key);
	if (p->form->line[k] != 0)
		return twice(p, item_key_name(k));
	if (value[0] != '\0' &&
	    item_key_check(k, p->arena, p->x, &value, p->e) == -1)
		return at_key(p, item_key_name(k));
	p->form->value[k] = value;
	p->form->line[k] = p->line;
	return 0;
}

/* Up to and with the first section line. */
static int
parse_head(struct parser *p, char lang[3], bool *ret_section)
{
	struct line l;

	*ret_section = false;
	while (next_line(p, &l)) {
		if (line_is_section(&l, lang)) {
			*ret_section = true;
			return 0;
		}
		if (line_is_blank(&l) || l.s[0] == '#')
			continue;
		if (head_pair(p, &l) == -1)
			return -1;
	}
	return 0;
}

/*
 * Sections
 */
static int
side_pair(struct parser *p, struct item_side *s, const struct line *l)
{
	const char *key, *value, **place;
	const char *const *list = NULL;

	if (split_pair(p, l, &key, &value) == -1)
		return -1;
	if (strcasecmp(key, "Title") == 0) {
		place = &s->title;
		if (strlen(value) > ITEM_TITLE_MAX) {
			(void)err_set(p->e, ERR_INPUT,
			    "this is %zu bytes, at most %d are accepted",
			    strlen(value), ITEM_TITLE_MAX);
			return at_key(p, key);
		}
	} else if (strcasecmp(key, "State") == 0) {
		place = &s->state;
		list = states;
	} else if (strcasecmp(key, "Only") == 0) {
		place = &s->absence;
		list = absences;
	} else {
		return unknown_key(p, key);
	}
	if (*place != NULL)
		return twice(p, key);
	if (list != NULL && value[0] != '\0' &&
	    item_key_choose(list, value, p->e) == -1)
		return at_key(p, key);
	*place = value;
	return 0;
}

/* Without blank lines around it; a line of blanks is empty, a line end LF. */
static int
side_body(struct parser *p, struct item_side *s, const char *from,
    const char *to)
{
	struct parser q = *p;
	struct buf b;
	struct line l;
	size_t gap = 0;

	buf_init(&b, ITEM_BODY_MAX);
	q.p = from;
	q.end = to;
	while (next_line(&q, &l)) {
		if (line_is_blank(&l)) {
			gap += b.len > 0;
			continue;
		}
		if (b.len > 0)
			gap++;
		for (; gap > 0; gap--)
			(void)buf_addc(&b, '\n');
		(void)buf_add(&b, l.s, l.n);
	}
	s->body = arena_memdup(p->arena, b.data, b.len);
	gap = buf_full(&b);
	buf_done(&b);
	if (gap == 0)
		return 0;
	(void)err_set(p->e, ERR_INPUT,
	    "the text is longer than the %zu bytes that are accepted",
	    ITEM_BODY_MAX);
	return err_prefix(p->e, N_("%s, line %d"), p->x->file, s->line);
}

static int
open_section(struct parser *p, const char *lang, struct item_side **ret)
{
	struct item_form *f = p->form;

	if (!item_key_in(p->x->langs, lang)) {
		(void)err_set(p->e, ERR_INPUT, "there is no language '%s'",
		    lang);
		return at_line(p);
	}
	for (size_t i = 0; i < f->nsides; i++)
		if (strcmp(f->side[i].lang, lang) == 0) {
			(void)err_set(p->e, ERR_INPUT,
			    "the section '%s' is here a second time", lang);
			return at_line(p);
		}
	if (f->nsides == ITEM_SIDES_MAX) {
		(void)err_set(p->e, ERR_INPUT, "there are too many sections");
		return at_line(p);
	}
	*ret = &f->side[f->nsides++];
	memset(*ret, 0, sizeof(**ret));
	(*ret)->lang = arena_strdup(p->arena, lang);
	(*ret)->line = p->line;
	return 0;
}

/* Ends with the line of the next section. */
static int
parse_section(struct parser *p, char lang[3], bool *ret_section)
{
	struct item_side *s;
	struct line l = { NULL, 0 };
	const char *body;

	if (open_section(p, lang, &s) == -1)
		return -1;
	*ret_section = false;
	body = p->p;
	while (next_line(p, &l)) {
		*ret_section = line_is_section(&l, lang);
		if (*ret_section || line_is_blank(&l))
			break;
		if (side_pair(p, s, &l) == -1)
			return -1;
		body = p->p;
	}
	while (!*ret_section && next_line(p, &l))
		*ret_section = line_is_section(&l, lang);
	return side_body(p, s, body, *ret_section ? l.s : p->end);
}

/*
 * The whole
 */
static int
check_bytes(struct parser *p)
{
	size_t n = (size_t)(p->end - p->p), at = 0;
	enum text_fault fault = text_check(p->p, n, true, &at);

	if (fault == TEXT_OK)
		return 0;
	p->line = 1;
	for (size_t i = 0; i < at; i++)
		p->line += p->p[i] == '\n';
	(void)err_set(p->e, ERR_INPUT,
	    fault == TEXT_NOT_UTF8 ? N_("byte %zu of the file is not UTF-8")
		: fault == TEXT_CONTROL
		? N_("byte %zu of the file is a control character")
		: N_("byte %zu of the file begins a private-use character, "
		     "which cannot be sent"),
	    at + 1);
	return at_line(p);
}

static int
check_together(struct item_form *f, const struct item_form_context *x,
    struct err *e)
{
	const char *kind = f->value[ITEM_KIND], *v = f->value[ITEM_VISIBILITY];
	const char *start = f->value[ITEM_START], *end = f->value[ITEM_END];

	if (kind == NULL || kind[0] == '\0')
		kind = x->kind != NULL ? x->kind : "news";
	for (enum item_key k = 0; k < ITEM_KEYS; k++)
		if (f->value[k] != NULL && f->value[k][0] != '\0' &&
		    !item_key_applies(k, kind)) {
			(void)err_set(e, ERR_INPUT,
			    "this is for the kind '%s', not for '%s'",
			    item_key_kind(k), kind);
			return item_form_at(f, k, e);
		}
	if (strcmp(kind, "question") == 0 && v != NULL &&
	    strcmp(v, "public") == 0) {
		(void)err_set(e, ERR_INPUT,
		    "a question for help is never public: choose mail or "
		    "office");
		return item_form_at(f, ITEM_VISIBILITY, e);
	}
	if (start != NULL && end != NULL && start[0] != '\0' &&
	    end[0] != '\0' && strcmp(end, start) < 0) {
		(void)err_set(e, ERR_INPUT, "this is before the start");
		return item_form_at(f, ITEM_END, e);
	}
	return 0;
}

int
item_form_parse(struct arena *a, const struct item_form_context *x,
    const char *text, size_t n, struct item_form *ret, struct err *e)
{
	struct item_form form = { .file = x->file };
	struct parser p = { .arena = a,
		.x = x,
		.form = &form,
		.e = e,
		.p = text,
		.end = text + n };
	bool section;
	char lang[3];

	if (n > ITEM_FILE_MAX) {
		(void)err_set(e, ERR_INPUT,
		    "this is %zu bytes, at most %zu are accepted", n,
		    ITEM_FILE_MAX);
		return err_prefix(e, "%s", x->file);
	}
	if (check_bytes(&p) == -1)
		return -1;
	p.line = 0;
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p.p += 3;
	if (parse_head(&p, lang, &section) == -1)
		return -1;
	while (section)
		if (parse_section(&p, lang, &section) == -1)
			return -1;
	if (check_together(&form, x, e) == -1)
		return -1;
	*ret = form;
	return 0;
}

int
item_form_write(struct buf *b, const struct item_form *f)
{
	for (enum item_key k = 0; k < ITEM_KEYS; k++)
		if (f->value[k] != NULL)
			(void)buf_addf(b, "%s:%s%s\n", item_key_name(k),
			    f->value[k][0] != '\0' ? " " : "", f->value[k]);
	for (size_t i = 0; i < f->nsides; i++) {
		const struct item_side *s = &f->side[i];
		const char *const pairs[][2] = { { "Title", s->title },
			{ "State", s->state }, { "Only", s->absence } };

		(void)buf_addf(b, "\n--- %s\n", s->lang);
		for (size_t j = 0; j < 3; j++)
			if (pairs[j][1] != NULL)
				(void)buf_addf(b, "%s:%s%s\n", pairs[j][0],
				    pairs[j][1][0] != '\0' ? " " : "",
				    pairs[j][1]);
		(void)buf_addf(b, "\n%s%s", s->body,
		    s->body[0] != '\0' ? "\n" : "");
	}
	return buf_full(b) ? -1 : 0;
}
