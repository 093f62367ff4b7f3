#include "base/bounce/content.h"

#include <string.h>

#include "base/arena.h"
#include "base/bounce/delivery.h"
#include "base/bounce/words.h"

#define TEXTS_MAX 8

static bool
is_original(const struct part *p)
{
	return part_is(p, "message/rfc822") || part_is(p, "message/global") ||
	    part_is(p, "message/partial") ||
	    strstr(p->type, "rfc822-header") != NULL ||
	    part_is(p, "message/global-headers") || part_is(p, "text/rfc822");
}

static size_t
leading(struct slice s, const char *marks)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\0' && strchr(marks, s.p[n]) != NULL)
		n++;
	return n;
}

static void
take_original(struct content *c, struct slice bytes, struct arena *arena)
{
	struct fields f;

	(void)fields_read(bytes, arena, &f);
	if (c->original.n > 0 || f.n == 0)
		return;
	c->original = f;
	c->original_bytes = bytes;
}

/* What was quoted: ruled off, behind marks or indented. */
static struct slice
without_marks(struct slice s, struct arena *arena)
{
	struct slice rest = s, line = s;
	size_t n = 0, skip = 0;
	char *out;

	for (s = rest; slice_line(&rest, &line); s = rest)
		if (leading(line, "-=*_ \t") < line.n)
			break;
	skip = leading(line, "> |\t");
	if (skip == 0)
		return s;
	out = arena_alloc(arena, s.n + 1);
	for (rest = s; slice_line(&rest, &line);) {
		size_t here = leading(line, "> |\t");

		line = slice_from(line, here < skip ? here : skip);
		memcpy(out + n, line.p, line.n);
		n += line.n;
		out[n++] = '\n';
	}
	return slice_of(out, n);
}

/* Fields elsewhere count only where no part has the type for them: the words
 * for people may quote some. */
static void
take_report(struct content *c, struct slice report, bool is_typed)
{
	if (is_typed && !c->is_typed)
		c->nreports = 0;
	c->is_typed |= is_typed;
	if (is_typed == c->is_typed && c->nreports < CONTENT_REPORTS_MAX)
		c->reports[c->nreports++] = report;
}

static void
take_text(struct content *c, struct slice *texts, size_t *n,
    const struct part *p, struct arena *arena)
{
	struct slice text = part_text(p, arena);

	/* Fields in a part that lost its type, or never had one. */
	if (strcmp(c->mail.parts[0].report_type, "feedback-report") == 0 &&
	    slice_has(slice_of(text.p, text.n < 2048 ? text.n : 2048),
		"feedback-type:"))
		(void)fields_read(text, arena, &c->feedback);
	if (delivery_is(text))
		take_report(c, text, false);
	if (!p->is_attachment && slice_trim(text).n > 0 && *n < TEXTS_MAX)
		texts[(*n)++] = text;
}

static struct slice
join(const struct slice *v, size_t n, struct arena *arena)
{
	size_t size = 0, at = 0;
	char *out;

	if (n == 0)
		return slice_of("", 0);
	if (n == 1)
		return v[0];
	for (size_t i = 0; i < n; i++)
		size += v[i].n + 1;
	out = arena_alloc(arena, size);
	for (size_t i = 0; i < n; i++) {
		memcpy(out + at, v[i].p, v[i].n);
		at += v[i].n;
		out[at++] = '\n';
	}
	return slice_of(out, at);
}

static void
take_part(struct content *c, const struct part *p, struct arena *arena)
{
	struct slice bytes;

	if (part_is(p, "message/delivery-status") ||
	    part_is(p, "message/global-delivery-status")) {
		take_report(c, part_bytes(p, CONTENT_REPORT_MAX, arena), true);
	} else if (part_is(p, "message/feedback-report")) {
		(void)fields_read(part_bytes(p, CONTENT_REPORT_MAX, arena),
		    arena, &c->feedback);
	} else if (part_is(p, "message/disposition-notification") ||
	    part_is(p, "message/global-disposition-notification")) {
		(void)fields_read(part_bytes(p, CONTENT_REPORT_MAX, arena),
		    arena, &c->receipt);
	} else if (is_original(p)) {
		bytes = part_bytes(p, CONTENT_REPORT_MAX, arena);
		/* Fields of a report under a false name. */
		if (delivery_is(
			slice_of(bytes.p, bytes.n < 4096 ? bytes.n : 4096)) &&
		    !part_is(p, "message/rfc822"))
			take_report(c, bytes, false);
		else
			take_original(c, bytes, arena);
	}
}

void
content_read(struct slice bytes, struct arena *arena, struct content *ret)
{
	struct content c = { 0 };
	struct slice plain[TEXTS_MAX], html[TEXTS_MAX], quoted;
	size_t nplain = 0, nhtml = 0;

	mail_read(bytes, arena, &c.mail);
	c.top = &c.mail.parts[0].fields;
	c.subject = fields_words(c.top, "Subject", arena);
	for (size_t i = 0; i < c.mail.nparts; i++) {
		const struct part *p = &c.mail.parts[i];

		if (part_is(p, "text/plain"))
			take_text(&c, plain, &nplain, p, arena);
		else if (part_is(p, "text/html"))
			take_text(&c, html, &nhtml, p, arena);
		else
			take_part(&c, p, arena);
	}
	c.text =
	    nplain > 0 ? join(plain, nplain, arena) : join(html, nhtml, arena);
	c.text = words_cut(c.text, &quoted);
	take_original(&c, without_marks(quoted, arena), arena);
	*ret = c;
}

/* "On Monday Jan wrote:", "-----Original Message-----", "Van: Jan" */
static bool
begins_quote(struct slice line)
{
	static const char *const ends[] = { "wrote:", "schreef:", "schrieb:",
		"a \xc3\xa9"
		"crit :",
		"escribi\xc3\xb3:", "ha scritto:" };
	struct slice bare = slice_trim(line);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (bare.n >= n &&
		    slice_is(slice_from(bare, bare.n - n), ends[i]))
			return true;
	}
	return slice_starts(bare, "-----") || slice_starts(bare, "_____") ||
	    slice_starts(bare, "From: ") || slice_starts(bare, "Van: ") ||
	    slice_starts(bare, "Von: ") || slice_starts(bare, "De : ");
}

struct slice
content_own_words(struct slice text, struct arena *arena)
{
	char *out = arena_alloc(arena, text.n + 1);
	struct slice rest = text, line;
	size_t n = 0;

	while (slice_line(&rest, &line)) {
		if (slice_starts(line, ">"))
			continue;
		if (n > 0 && begins_quote(line))
			break;
		memcpy(out + n, line.p, line.n);
		n += line.n;
		out[n++] = '\n';
	}
	return slice_of(out, n);
}
