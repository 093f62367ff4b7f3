#include "daemon/web/form.h"

#include <string.h>
#include <unicode/utf8.h>

#include "base/arena.h"
#include "base/err.h"

void
form_init(struct form *f, struct arena *a)
{
	f->arena = a;
	f->n = 0;
	f->bytes = 0;
}

static int
too_much(struct err *e)
{
	return err_set(e, ERR_LIMIT, "The form is too large");
}

/* The field that a piece belongs to, a new one at the start of a value. */
static struct form_field *
field_of(struct form *f, const char *name, uint64_t off)
{
	struct form_field *last = f->n > 0 ? &f->fields[f->n - 1] : NULL;
	size_t len = strlen(name);

	if (off > 0)
		return last != NULL && strcmp(last->name, name) == 0 &&
			off == last->len
		    ? last
		    : NULL;
	/* libmicrohttpd may announce a value before its first octet. */
	if (last != NULL && last->len == 0 && strcmp(last->name, name) == 0)
		return last;
	if (f->n == FORM_FIELDS_MAX || len > FORM_NAME_MAX)
		return NULL;
	last = &f->fields[f->n++];
	*last = (struct form_field){
		.name = arena_strdup(f->arena, name),
		.value = arena_alloc(f->arena, 64),
		.size = 64,
	};
	f->bytes += len;
	return last;
}

int
form_feed(struct form *f, const char *name, const void *piece, uint64_t off,
    size_t n, struct err *e)
{
	struct form_field *d = field_of(f, name, off);

	if (d == NULL || n > FORM_BYTES_MAX || f->bytes + n > FORM_BYTES_MAX)
		return too_much(e);
	if (d->len + n + 1 > d->size) {
		size_t size = d->size;
		char *bigger;

		while (size < d->len + n + 1)
			size *= 2;
		bigger = arena_alloc(f->arena, size);
		memcpy(bigger, d->value, d->len);
		d->value = bigger;
		d->size = size;
	}
	if (n > 0)
		memcpy(d->value + d->len, piece, n);
	d->len += n;
	d->value[d->len] = '\0';
	f->bytes += n;
	return 0;
}

static bool
is_text(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		UChar32 c;

		U8_NEXT(s, i, n, c);
		if (c < 0 || c == 0x7f ||
		    (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
			return false;
	}
	return true;
}

int
form_check(const struct form *f, struct err *e)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct form_field *d = &f->fields[i];

		if (!is_text(d->name, strlen(d->name)) ||
		    !is_text(d->value, d->len))
			return err_set(e, ERR_INPUT,
			    "The form holds something that is no text");
	}
	return 0;
}

const char *
form_get(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->fields[i].name, name) == 0)
			return f->fields[i].value;
	return NULL;
}

bool
form_is_only(const struct form *f, const char *name, const char *value)
{
	return f->n == 1 && strcmp(f->fields[0].name, name) == 0 &&
	    strcmp(f->fields[0].value, value) == 0;
}
