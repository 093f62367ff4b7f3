#include "base/bounce/delivery.h"

#include <string.h>

#include "base/arena.h"
#include "base/bounce/addresses.h"
#include "base/bounce/fields.h"

/* One recipient, while its fields are being collected. */
struct group {
	struct slice original, final, actual, action, status, diagnostic, more;
};

static const struct {
	const char *name;
	size_t offset;
	bool names; /* a recipient */
} known[] = {
	{ "Original-Recipient", offsetof(struct group, original), true },
	{ "Final-Recipient", offsetof(struct group, final), true },
	{ "X-Actual-Recipient", offsetof(struct group, actual), true },
	{ "Action", offsetof(struct group, action), false },
	{ "Status", offsetof(struct group, status), false },
	{ "Diagnostic-Code", offsetof(struct group, diagnostic), false },
	{ "X-Supplementary-Info", offsetof(struct group, more), false },
	{ "X400-Supplementary-Info", offsetof(struct group, more), false },
};

bool
delivery_is(struct slice text)
{
	struct slice line;
	struct field field;
	bool names = false, tells = false;

	while (!(names && tells) && slice_line(&text, &line)) {
		if (line.n < 6 || !field_split(slice_trim(line), &field))
			continue;
		names |= slice_is(field.name, "Final-Recipient") ||
		    slice_is(field.name, "Original-Recipient");
		tells |= slice_is(field.name, "Action") ||
		    slice_is(field.name, "Status");
	}
	return names && tells;
}

static bool
is_complete(const struct group *g)
{
	return (g->original.p != NULL || g->final.p != NULL) &&
	    (g->action.p != NULL || g->status.p != NULL ||
		g->diagnostic.p != NULL);
}

static const char *
line_of(struct slice value, struct arena *arena)
{
	return value.p != NULL ? field_unfold(value, arena) : NULL;
}

static bool
finish(const struct group *g, struct arena *arena, struct delivery *ret)
{
	const char *original, *final, *actual;

	if (!is_complete(g))
		return false;
	original = g->original.p != NULL
	    ? addresses_of_field(g->original, arena)
	    : NULL;
	final = g->final.p != NULL ? addresses_of_field(g->final, arena) : NULL;
	actual =
	    g->actual.p != NULL ? addresses_of_field(g->actual, arena) : NULL;
	*ret = (struct delivery){
		.address = original != NULL ? original
		    : final != NULL	    ? final
					    : actual,
		.final = final,
		.action = line_of(g->action, arena),
		.status = line_of(g->status, arena),
		.diagnostic = line_of(g->diagnostic, arena),
		.more = line_of(g->more, arena),
	};
	return true;
}

size_t
delivery_read(struct slice report, struct arena *arena, struct delivery *ret,
    size_t max)
{
	struct group g = { 0 };
	size_t n = 0;

	while (report.n > 0 && n < max) {
		struct fields f;
		struct slice rest = fields_read(report, arena, &f), line;

		for (size_t i = 0; i < f.n && n < max; i++)
			for (size_t k = 0; k < sizeof(known) / sizeof(known[0]);
			     k++) {
				struct slice *kept =
				    (struct slice *)((char *)&g +
					known[k].offset);

				if (!slice_is(f.v[i].name, known[k].name))
					continue;
				if (kept->p != NULL && known[k].names) {
					n += finish(&g, arena, &ret[n]);
					memset(&g, 0, sizeof(g));
				}
				if (kept->p == NULL)
					*kept = f.v[i].value;
			}
		if (is_complete(&g) && n < max) {
			n += finish(&g, arena, &ret[n]);
			memset(&g, 0, sizeof(g));
		}
		/* A line that is no field, between two blocks. */
		if (rest.p == report.p && !slice_line(&rest, &line))
			break;
		report = rest;
	}
	return n;
}
