#include "base/bounce/mail.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/bounce/decode.h"

#define BOUNDARY_MAX 200

struct scan {
	struct mail *mail;
	struct arena *arena;
};

static void
scan_part(struct scan *s, struct slice bytes, const char *type, size_t depth);

static char *
lower(char *s)
{
	for (char *p = s; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return s;
}

const char *
mail_parameter(const char *value, const char *name, bool lowered,
    struct arena *arena)
{
	size_t n = strlen(name);
	bool quoted = false;

	for (const char *p = value; *p != '\0'; p++) {
		const char *v;
		char *out;
		size_t used;

		if (*p == '"')
			quoted = !quoted;
		if (*p != ';' || quoted)
			continue;
		v = p + 1 + strspn(p + 1, " \t");
		if (strncasecmp(v, name, n) != 0)
			continue;
		v += n;
		v += strspn(v, " ");
		if (*v != '=')
			continue;
		v++;
		v += strspn(v, " ");
		if (*v == '"') {
			v++;
			used = strcspn(v, "\"");
		} else {
			used = strcspn(v, "; ");
		}
		out = arena_memdup(arena, v, used);
		return lowered ? lower(out) : out;
	}
	return "";
}

/* The line "--boundary" or "--boundary--" from `from` on.  Returns where it
 * begins, its end in *ret_end; body.n when there is none. */
static size_t
delimiter(struct slice body, size_t from, const char *boundary, size_t *ret_end,
    bool *ret_last)
{
	size_t n = strlen(boundary);

	while (from < body.n) {
		const char *hit =
		    memmem(body.p + from, body.n - from, boundary, n);
		struct slice rest, line;
		size_t at;

		if (hit == NULL)
			break;
		at = (size_t)(hit - body.p);
		from = at + n;
		if (at < 2 || hit[-1] != '-' || hit[-2] != '-' ||
		    (at > 2 && hit[-3] != '\n'))
			continue;
		rest = slice_from(body, from);
		*ret_last = slice_starts(rest, "--");
		if (*ret_last)
			rest = slice_from(rest, 2);
		if (!slice_line(&rest, &line))
			line = slice_of("", 0);
		if (slice_trim(line).n != 0)
			continue;
		*ret_end = (size_t)(rest.p - body.p);
		return at - 2;
	}
	return body.n;
}

/* What looks like a boundary: "--x" and right behind it a field of a part. */
static const char *
guess_boundary(struct slice body, struct arena *arena)
{
	struct slice rest = body, line;

	while (slice_line(&rest, &line)) {
		struct slice word = slice_trim(line);

		if (word.n > 3 && word.n < BOUNDARY_MAX &&
		    slice_starts(line, "--") && slice_starts(rest, "Content-"))
			return slice_string(slice_from(word, 2), BOUNDARY_MAX,
			    arena);
	}
	return "";
}

static bool
scan_multipart(struct scan *s, struct slice body, const struct part *whole)
{
	const char *child = strcmp(whole->type, "multipart/digest") == 0
	    ? "message/rfc822"
	    : "text/plain";
	const char *boundary = whole->boundary;
	size_t depth = whole->depth + 1, start = 0, stop, next;
	bool last = false;

	if (*boundary == '\0' ||
	    delimiter(body, 0, boundary, &start, &last) == body.n) {
		boundary = guess_boundary(body, s->arena);
		if (*boundary == '\0' ||
		    delimiter(body, 0, boundary, &start, &last) == body.n)
			return false;
	}
	for (; !last && s->mail->nparts < MAIL_PARTS_MAX; start = next) {
		stop = delimiter(body, start, boundary, &next, &last);
		scan_part(s, slice_of(body.p + start, stop - start), child,
		    depth);
		if (stop == body.n)
			break;
	}
	return true;
}

static void
describe(struct part *p, const char *type, struct arena *arena)
{
	const char *value = fields_get(&p->fields, "Content-Type", arena);
	size_t n = strcspn(value, "; ");

	p->type = n > 0 && memchr(value, '/', n) != NULL
	    ? lower(arena_memdup(arena, value, n))
	    : type;
	p->report_type = mail_parameter(value, "report-type", true, arena);
	p->charset = mail_parameter(value, "charset", false, arena);
	p->boundary = mail_parameter(value, "boundary", false, arena);
	value = fields_get(&p->fields, "Content-Disposition", arena);
	p->is_attachment = strncasecmp(value, "attachment", 10) == 0;
	if (strlen(p->boundary) > BOUNDARY_MAX)
		p->boundary = "";
}

static void
scan_part(struct scan *s, struct slice bytes, const char *type, size_t depth)
{
	struct part *p = &s->mail->parts[s->mail->nparts++];
	struct slice line = bytes, rest = bytes;

	/* A part may have no field at all: its body begins behind one empty
	 * line. */
	if (depth > 0 && slice_line(&rest, &line) && line.n == 0)
		p->body = rest;
	else
		p->body = fields_read(bytes, s->arena, &p->fields);
	p->depth = depth;
	describe(p, type, s->arena);
	if (strncmp(p->type, "multipart/", 10) == 0 && depth < MAIL_DEPTH_MAX &&
	    !scan_multipart(s, p->body, p))
		p->type = "text/plain";
}

void
mail_read(struct slice bytes, struct arena *arena, struct mail *ret)
{
	struct scan s = { ret, arena };

	ret->parts = arena_alloc(arena, MAIL_PARTS_MAX * sizeof(*ret->parts));
	ret->nparts = 0;
	scan_part(&s, bytes, "text/plain", 0);
}

bool
part_is(const struct part *p, const char *type)
{
	size_t n = strlen(type);

	return type[n - 1] == '/' ? strncmp(p->type, type, n) == 0
				  : strcmp(p->type, type) == 0;
}

struct slice
part_bytes(const struct part *p, size_t max, struct arena *arena)
{
	enum decode_transfer t = decode_transfer_of(
	    fields_get(&p->fields, "Content-Transfer-Encoding", arena));
	struct slice s = p->body;

	if (s.n > max)
		s.n = max;
	return decode_transfer(s, t, arena);
}

struct slice
part_text(const struct part *p, struct arena *arena)
{
	struct slice s = decode_charset(part_bytes(p, MAIL_TEXT_MAX, arena),
	    p->charset, arena);

	return part_is(p, "text/html") ? decode_html(s, arena) : s;
}
