#include "composer/list/org_form.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/catalogue.h"
#include "base/err.h"

static const char bom[] = "\xef\xbb\xbf";

struct parser {
	struct arena *arena;
	const struct org_rules *rules;
	const char *file;
	int line;
	struct org_values *values;
	struct err *e;
};

static int
at_line(const struct parser *p)
{
	return err_prefix(p->e, N_("%s, line %d"), p->file, p->line);
}

/* Without blanks around it. */
static const char *
trim(struct arena *a, const char *s, size_t n)
{
	while (n > 0 && (*s == ' ' || *s == '\t'))
		s++, n--;
	while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL && s[n - 1] != '\0')
		n--;
	return arena_memdup(a, s, n);
}

static int
parse_line(struct parser *p, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n), *name, *value;
	size_t before = colon == NULL ? 0 : (size_t)(colon - s);
	int f;

	if (colon == NULL) {
		(void)err_set(p->e, ERR_INPUT, "here 'Key: value' is expected");
		return at_line(p);
	}
	name = trim(p->arena, s, before < 60 ? before : 60);
	f = org_field_find(name);
	if (f == -1 || f == ORG_CONTACT_PUBLIC) {
		(void)err_set(p->e, ERR_INPUT, "there is no key '%s' here",
		    name);
		return at_line(p);
	}
	value = trim(p->arena, colon + 1, n - before - 1);
	if (p->values->value[f] != NULL)
		(void)err_set(p->e, ERR_INPUT, "this is here a second time");
	else if (org_field_check((enum org_field)f, p->arena, p->rules, &value,
		     strlen(value), p->e) == 0) {
		p->values->value[f] = value;
		return 0;
	}
	return err_prefix(p->e, N_("%s, line %d, %s"), p->file, p->line, name);
}

int
org_form_parse(struct arena *a, const struct org_rules *x, const char *file,
    const char *text, size_t n, struct org_values *ret, struct err *e)
{
	struct org_values values = { .value = { NULL } };
	struct parser p = { .arena = a,
		.rules = x,
		.file = file,
		.values = &values,
		.e = e };
	const char *end = text + n;

	if (n >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0)
		text += strlen(bom);
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const char *stop = nl != NULL ? nl : end;

		p.line++;
		/* A NUL would end the value early and hide what follows. */
		if (memchr(text, '\0', (size_t)(stop - text)) != NULL) {
			(void)err_set(e, ERR_INPUT,
			    "there is a line break or a control character in "
			    "it");
			return at_line(&p);
		}
		if (*text != '#' &&
		    trim(a, text, (size_t)(stop - text))[0] != '\0' &&
		    parse_line(&p, text, (size_t)(stop - text)) == -1)
			return -1;
		text = nl != NULL ? nl + 1 : end;
	}
	*ret = values;
	return 0;
}

/* "Postal-address" */
static void
put_key(struct buf *b, const char *name)
{
	(void)buf_addc(b, (char)toupper((unsigned char)*name));
	while (*++name != '\0')
		(void)buf_addc(b, (char)(*name == '_' ? '-' : *name));
}

int
org_form_write(struct buf *b, const struct org_values *v)
{
	for (int f = 0; f < ORG_CONTACT_PUBLIC; f++) {
		const char *value = v->value[f];

		put_key(b, org_field_name((enum org_field)f));
		(void)buf_addf(b, ":%s%s\n",
		    value != NULL && value[0] != '\0' ? " " : "",
		    value != NULL ? value : "");
	}
	return buf_full(b) ? -1 : 0;
}
