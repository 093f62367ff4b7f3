#include "composer/item/diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

struct words {
	struct word {
		const char *s;
		size_t n;     /* of the word */
		size_t blank; /* behind it */
	} * w;
	size_t n;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
split(struct arena *a, const char *s, struct words *ret)
{
	ret->w = arena_alloc(a, (strlen(s) / 2 + 1) * sizeof(*ret->w));
	ret->n = 0;
	while (is_blank(*s))
		s++;
	while (*s != '\0') {
		struct word *w = &ret->w[ret->n++];

		w->s = s;
		while (*s != '\0' && !is_blank(*s))
			s++;
		w->n = (size_t)(s - w->s);
		while (is_blank(*s))
			s++;
		w->blank = (size_t)(s - w->s) - w->n;
	}
}

static bool
same(const struct word *a, const struct word *b)
{
	return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

struct parts {
	struct diff_part *p;
	size_t n;
};

/* One word more; it joins the part before it when that is of its kind. */
static void
add(struct parts *ps, enum diff_kind kind, const struct word *w)
{
	struct diff_part *last = ps->n > 0 ? &ps->p[ps->n - 1] : NULL;

	if (last != NULL && last->kind == kind &&
	    last->blank + last->nblank == w->s) {
		last->n = (size_t)(w->s - last->text) + w->n;
	} else {
		last = &ps->p[ps->n++];
		last->kind = kind;
		last->text = w->s;
		last->n = w->n;
	}
	last->blank = w->s + w->n;
	last->nblank = w->blank;
}

/* cell(i, j): length of the common subsequence of old[i..] and new[j..] */
static void
fill(uint16_t *cells, const struct word *o, size_t no, const struct word *w,
    size_t nw)
{
	size_t row = nw + 1;

	for (size_t i = no; i-- > 0;)
		for (size_t j = nw; j-- > 0;) {
			uint16_t down = cells[(i + 1) * row + j],
				 right = cells[i * row + j + 1];

			cells[i * row + j] = same(&o[i], &w[j])
			    ? (uint16_t)(cells[(i + 1) * row + j + 1] + 1)
			    : down > right ? down
					   : right;
		}
}

static void
middle(struct arena *a, struct parts *ps, const struct word *o, size_t no,
    const struct word *w, size_t nw)
{
	size_t row = nw + 1, i = 0, j = 0;
	uint16_t *cells = NULL;

	if (no > 0 && nw > 0 && no < UINT16_MAX && nw < UINT16_MAX &&
	    no <= DIFF_CELLS_MAX / nw) {
		cells = arena_alloc(a, (no + 1) * row * sizeof(*cells));
		fill(cells, o, no, w, nw);
	}
	while (i < no || j < nw) {
		if (cells != NULL && i < no && j < nw && same(&o[i], &w[j])) {
			add(ps, DIFF_SAME, &w[j]);
			i++;
			j++;
		} else if (i < no &&
		    (j == nw || cells == NULL ||
			cells[(i + 1) * row + j] >= cells[i * row + j + 1])) {
			add(ps, DIFF_OLD, &o[i++]);
		} else {
			add(ps, DIFF_NEW, &w[j++]);
		}
	}
}

void
diff_words(struct arena *a, const char *old_text, const char *new_text,
    struct diff *ret)
{
	struct words o, w;
	struct parts ps = { .n = 0 };
	size_t head = 0, tail = 0;

	split(a, old_text, &o);
	split(a, new_text, &w);
	while (head < o.n && head < w.n && same(&o.w[head], &w.w[head]))
		head++;
	while (tail < o.n - head && tail < w.n - head &&
	    same(&o.w[o.n - 1 - tail], &w.w[w.n - 1 - tail]))
		tail++;
	ps.p = arena_alloc(a, (o.n + w.n + 1) * sizeof(*ps.p));
	for (size_t i = 0; i < head; i++)
		add(&ps, DIFF_SAME, &w.w[i]);
	middle(a, &ps, o.w + head, o.n - head - tail, w.w + head,
	    w.n - head - tail);
	for (size_t i = w.n - tail; i < w.n; i++)
		add(&ps, DIFF_SAME, &w.w[i]);
	ret->parts = ps.p;
	ret->nparts = ps.n;
}

int
diff_write(struct buf *b, const struct diff *d)
{
	static const char *const open[] = { "", "[-", "[+" };
	static const char *const close[] = { "", "-]", "+]" };

	for (size_t i = 0; i < d->nparts; i++) {
		const struct diff_part *p = &d->parts[i];

		(void)buf_adds(b, open[p->kind]);
		(void)buf_add(b, p->text, p->n);
		(void)buf_adds(b, close[p->kind]);
		if (p->nblank > 0)
			(void)buf_add(b, p->blank, p->nblank);
		else if (i + 1 < d->nparts)
			(void)buf_addc(b, ' ');
	}
	return buf_full(b) ? -1 : 0;
}
