#include "tests/sink/content.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slot.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define SHOWN 24

/* FNV-1a: the result does not depend on how the bytes were cut. */
#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static int
read_file(const char *path, struct buf *ret, struct err *e)
{
	char part[4096];
	FILE *f = fopen(path, "re");
	size_t n;
	int rc = 0;

	if (f == NULL)
		return err_sys(e, errno, "%s", path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		if (buf_add(ret, part, n) == -1)
			rc = err_set(e, ERR_LIMIT, "%s is too large", path);
	if (ferror(f))
		rc = err_sys(e, errno, "%s", path);
	(void)fclose(f);
	return rc;
}

static void
cut(struct template *t, size_t size, const struct slot *slots, size_t nslots)
{
	size_t from = 0;

	t->pieces = calloc(2 * nslots + 1, sizeof(*t->pieces));
	if (t->pieces == NULL)
		abort();
	for (size_t i = 0; i <= nslots; i++) {
		size_t to = i < nslots ? slots[i].offset : size;

		if (to > from)
			t->pieces[t->npieces++] =
			    (struct piece){ t->bytes + from, to - from };
		if (i < nslots)
			t->pieces[t->npieces++].len = slots[i].kind == SLOT_TO
			    ? 0
			    : slot_width(slots[i].kind);
		from = to;
	}
}

int
templates_load(struct templates *ts, const char *path, struct err *e)
{
	struct template *t = &ts->t[ts->n];
	struct buf bytes, packed;
	struct slot *slots;
	char *beside;
	size_t nslots;
	int rc;

	if (ts->n == TEMPLATES_MAX)
		return err_set(e, ERR_LIMIT, "There are too many templates");
	if (asprintf(&beside, "%s.slots", path) == -1)
		abort();
	buf_init(&bytes, FILE_MAX);
	buf_init(&packed, FILE_MAX);
	rc = read_file(path, &bytes, e);
	if (rc == 0)
		rc = read_file(beside, &packed, e);
	if (rc == 0)
		rc = slot_unpack(packed.data, packed.len, bytes.len, &slots,
		    &nslots, e);
	if (rc == 0) {
		*t = (struct template){ .path = path,
			.bytes = malloc(bytes.len + 1) };
		if (t->bytes == NULL)
			abort();
		(void)memcpy(t->bytes, bytes.data, bytes.len);
		cut(t, bytes.len, slots, nslots);
		free(slots);
		ts->n++;
	}
	buf_done(&packed);
	buf_done(&bytes);
	free(beside);
	return rc;
}

void
templates_done(struct templates *ts)
{
	for (size_t i = 0; i < ts->n; i++) {
		free(ts->t[i].pieces);
		free(ts->t[i].bytes);
	}
	ts->n = 0;
}

void
content_begin(struct content *c, const struct templates *ts, const char *to)
{
	c->templates = ts;
	c->to = to;
	c->to_len = strlen(to);
	c->size_bytes = 0;
	c->wrong_at = 0;
	for (size_t i = 0; i < ts->n; i++)
		c->matches[i] = (struct match){ .own = FNV_START };
}

/* Bytes as a person can read them on one line. */
static void
show(char out[SHOWN + 1], const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < SHOWN; i++)
		out[i] = (char)(p[i] >= ' ' && p[i] <= '~' ? p[i] : '?');
	out[i] = '\0';
}

static void
kill_match(struct content *c, size_t i, const char *p, size_t n, size_t at)
{
	struct match *m = &c->matches[i];
	const struct template *t = &c->templates->t[i];
	const char *want = "the end";
	size_t want_len = strlen(want);
	char got[SHOWN + 1], expected[SHOWN + 1];

	m->dead = true;
	if (c->size_bytes + at < c->wrong_at)
		return;
	c->wrong_at = c->size_bytes + at;
	if (m->piece < t->npieces) {
		const struct piece *piece = &t->pieces[m->piece];

		want =
		    piece->bytes != NULL ? piece->bytes + m->at : c->to + m->at;
		want_len =
		    (piece->bytes != NULL ? piece->len : c->to_len) - m->at;
	}
	show(expected, want, want_len);
	show(got, p, n);
	(void)snprintf(c->wrong, sizeof(c->wrong),
	    "%s, from byte %zu: \"%s\" instead of \"%s\"", t->path, c->wrong_at,
	    got, expected);
}

static size_t
common(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* Where it differs, found once memcmp() has said that it does. */
static void
differs(struct content *c, size_t i, const char *want, const char *p, size_t n,
    size_t at)
{
	size_t same = common(want, p, n);

	c->matches[i].at += same;
	kill_match(c, i, p + same, n - same, at + same);
}

static void
follow(struct content *c, size_t i, const char *p, size_t n)
{
	const struct template *t = &c->templates->t[i];
	struct match *m = &c->matches[i];
	const char *start = p, *end = p + n;

	while (p < end) {
		if (m->piece == t->npieces) {
			kill_match(c, i, p, (size_t)(end - p),
			    (size_t)(p - start));
			return;
		}
		const struct piece *piece = &t->pieces[m->piece];
		size_t len = piece->len != 0 ? piece->len : c->to_len;
		size_t k = len - m->at;
		const char *want = piece->bytes != NULL ? piece->bytes
		    : piece->len == 0			? c->to
							: NULL;

		if (k > (size_t)(end - p))
			k = (size_t)(end - p);
		if (want != NULL && memcmp(want + m->at, p, k) != 0) {
			differs(c, i, want + m->at, p, k, (size_t)(p - start));
			return;
		}
		if (piece->bytes == NULL)
			for (size_t j = 0; j < k; j++)
				m->own =
				    (m->own ^ (unsigned char)p[j]) * FNV_PRIME;
		p += k;
		m->at += k;
		if (m->at == len) {
			m->piece++;
			m->at = 0;
		}
	}
}

void
content_add(struct content *c, const char *p, size_t n)
{
	for (size_t i = 0; i < c->templates->n; i++)
		if (!c->matches[i].dead)
			follow(c, i, p, n);
	c->size_bytes += n;
}

bool
content_end(struct content *c, uint32_t *ret_own)
{
	*ret_own = 0;
	if (c->templates->n == 0)
		return true;
	for (size_t i = 0; i < c->templates->n; i++) {
		const struct match *m = &c->matches[i];

		if (m->dead)
			continue;
		if (m->piece == c->templates->t[i].npieces) {
			*ret_own = (uint32_t)(m->own ^ m->own >> 32);
			return true;
		}
		(void)snprintf(c->wrong, sizeof(c->wrong),
		    "%s: it ends after %zu bytes", c->templates->t[i].path,
		    c->size_bytes);
	}
	return false;
}
