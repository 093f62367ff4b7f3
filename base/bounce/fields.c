#include "base/bounce/fields.h"

#include <string.h>

#include "base/arena.h"
#include "base/bounce/decode.h"

#define NAME_MAX_BYTES 76

bool
field_split(struct slice line, struct field *ret)
{
	size_t n = 0, colon;

	while (n < line.n && n <= NAME_MAX_BYTES && line.p[n] > ' ' &&
	    line.p[n] < 127 && line.p[n] != ':')
		n++;
	for (colon = n;
	     colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t');)
		colon++;
	if (n == 0 || n > NAME_MAX_BYTES || colon == line.n ||
	    line.p[colon] != ':' ||
	    slice_starts(slice_from(line, colon), "://"))
		return false;
	ret->name = slice_of(line.p, n);
	ret->value = slice_from(line, colon + 1);
	return true;
}

static void
push(struct fields *f, const struct field *field, struct arena *arena)
{
	/* Room is doubled at powers of two. */
	if ((f->n & (f->n - 1)) == 0 && f->n != 1) {
		struct field *v =
		    arena_alloc(arena, (f->n ? 2 * f->n : 2) * sizeof(*v));

		if (f->n > 0)
			memcpy(v, f->v, f->n * sizeof(*v));
		f->v = v;
	}
	f->v[f->n++] = *field;
}

/* A line that is no field: one that lost its indentation when another field
 * comes right behind it, else the body. */
static bool
is_stray(struct slice line, struct slice rest)
{
	struct slice next;
	struct field field;

	return !slice_starts(line, "--") && slice_line(&rest, &next) &&
	    field_split(next, &field);
}

struct slice
fields_read(struct slice block, struct arena *arena, struct fields *ret)
{
	struct fields f = { 0 };
	struct slice rest = block, line;
	bool kept = false; /* the last field, so that folding belongs to it */

	for (struct slice here = rest; slice_line(&rest, &line); here = rest) {
		struct field field;

		if (line.n == 0) {
			if (f.n > 0)
				break;
			continue;
		}
		if (f.n == 0 &&
		    (slice_starts(line, "From ") ||
			slice_starts(line, ">From ")))
			continue;
		if (f.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
			if (slice_trim(line).n == 0)
				continue;
		} else if (field_split(line, &field)) {
			kept = f.n < FIELDS_MAX;
			if (kept)
				push(&f, &field, arena);
			continue;
		} else if (f.n == 0 || !is_stray(line, rest)) {
			rest = here;
			break;
		}
		if (kept)
			f.v[f.n - 1].value.n =
			    (size_t)(line.p + line.n - f.v[f.n - 1].value.p);
	}
	*ret = f;
	return rest;
}

const struct field *
fields_next(const struct fields *f, const char *name, const struct field *after)
{
	size_t n = strlen(name);

	for (size_t i = after != NULL ? (size_t)(after - f->v) + 1 : 0;
	     i < f->n; i++)
		if (f->v[i].name.n == n && slice_starts(f->v[i].name, name))
			return &f->v[i];
	return NULL;
}

const char *
field_unfold(struct slice value, struct arena *arena)
{
	struct slice v = slice_trim(value);
	char *out;
	size_t n = 0;

	if (v.n > FIELD_MAX)
		v.n = FIELD_MAX;
	out = arena_alloc(arena, v.n + 1);
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == '\n' || c == '\t')
			c = ' ';
		if (c < ' ' || c == 127)
			continue;
		/* The others that steer a terminal: U+0080 to U+009F. */
		if (c == 0xc2 && i + 1 < v.n &&
		    (unsigned char)v.p[i + 1] < 0xa0) {
			i++;
			continue;
		}
		if (c == ' ' && n > 0 && out[n - 1] == ' ')
			continue;
		out[n++] = (char)c;
	}
	return out;
}

const char *
fields_get(const struct fields *f, const char *name, struct arena *arena)
{
	const struct field *field = fields_next(f, name, NULL);

	return field != NULL ? field_unfold(field->value, arena) : "";
}

const char *
fields_all(const struct fields *f, const char *name, struct arena *arena)
{
	const struct field *field = NULL;
	const char *one = fields_get(f, name, arena);
	size_t n = 0;
	char *all;

	if ((field = fields_next(f, name, NULL)) == NULL ||
	    fields_next(f, name, field) == NULL)
		return one;
	all = arena_alloc(arena, FIELD_MAX + 2);
	for (field = NULL; (field = fields_next(f, name, field)) != NULL;) {
		size_t add;

		one = field_unfold(field->value, arena);
		add = strlen(one);
		if (n + add > FIELD_MAX)
			break;
		memcpy(all + n, one, add);
		n += add;
		all[n++] = '\n';
	}
	if (n > 0)
		all[n - 1] = '\0';
	return all;
}

const char *
fields_words(const struct fields *f, const char *name, struct arena *arena)
{
	const char *raw = fields_get(f, name, arena);

	return *raw != '\0' ? decode_words(raw, arena) : raw;
}
