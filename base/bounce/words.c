#include "base/bounce/words.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/bounce/addresses.h"
#include "base/bounce/phrases.h"

#define SEEN_MAX ((size_t)400)	/* addresses in the text */
#define OURS_MAX ((size_t)2048) /* bytes of those we wrote to */

/* How an address stands in its line, the most telling first. */
enum shape {
	SHAPE_LED,     /* at its start */
	SHAPE_REPLY,   /* in an SMTP reply or command */
	SHAPE_LABELED, /* right behind a label */
	SHAPE_SUBJECT, /* at its start, a sentence follows */
	SHAPE_MENTIONED,
	SHAPES
};

struct mention {
	struct slice address, line;
	enum shape shape;
	bool is_ours; /* one of those we wrote to, as far as that is known */
	bool is_else; /* of somebody to turn to */
};

struct search {
	struct slice text;
	const char *not_them, *ours; /* lists of addresses */
	struct mention *v;
	size_t n, seen;
};

static struct slice
strip(struct slice s, const char *marks)
{
	while (s.n > 0 && s.p[0] != '\0' && strchr(marks, s.p[0]) != NULL)
		s = slice_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] != '\0' &&
	    strchr(marks, s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

/* "----- Original message -----", "Original message headers:" */
static bool
begins_original(struct slice line)
{
	struct slice bare = strip(line, " \t-=*_#>[]<");
	bool is_ruled = line.n > 2 && bare.n > 0 &&
	    memchr("-=*_#<", strip(line, " \t").p[0], 6) != NULL;

	if (bare.n < 5 || bare.n > 160)
		return false;
	if (slice_starts(line, "Received: ") ||
	    slice_starts(line, "Return-Path: ") ||
	    slice_starts(line, "X-Received: ") ||
	    slice_starts(line, "DKIM-Signature: "))
		return true;
	if (!phrases_start(PHRASES_ORIGINAL, bare))
		return false;
	/* A sentence may begin alike ("The original message was received"). */
	return is_ruled || strchr(":.", bare.p[bare.n - 1]) != NULL ||
	    bare.n < 32;
}

struct slice
words_cut(struct slice text, struct slice *ret_original)
{
	struct slice rest = text, line;

	for (struct slice here = rest; slice_line(&rest, &line); here = rest) {
		bool is_field;

		if (!begins_original(line))
			continue;
		is_field = slice_starts(line, "Received:") ||
		    slice_starts(line, "Return-Path:") ||
		    slice_starts(line, "X-Received:") ||
		    slice_starts(line, "DKIM-Signature:");
		*ret_original = is_field ? here : rest;
		return slice_of(text.p, (size_t)(here.p - text.p));
	}
	*ret_original = slice_from(text, text.n);
	return text;
}

/* "550 ", "<<< 550-", "554 5.1.1 ", ">>> RCPT To:" */
static bool
is_reply(struct slice line)
{
	struct slice s = strip(line, " \t<>-*");

	if (slice_starts(s, "rcpt to"))
		return true;
	return s.n > 4 && (s.p[0] == '4' || s.p[0] == '5') &&
	    isdigit((unsigned char)s.p[1]) && isdigit((unsigned char)s.p[2]) &&
	    strchr(" -", s.p[3]) != NULL;
}

/* What may stand behind an address that a line begins with. */
static bool
is_list_entry(struct slice before, struct slice after)
{
	bool is_set_off = before.n > 0; /* by a bracket, a mark, indentation */

	after = slice_trim(strip(after, ">\"')]"));
	if (after.n == 0 || strchr(":;,(<[-", after.p[0]) != NULL ||
	    slice_starts(after, "..."))
		return true;
	return is_set_off || slice_starts(after, "on ") ||
	    slice_starts(after, "failed") || slice_starts(after, "rejected");
}

/* A line for the other name of who is listed: the one that we wrote to. */
static bool
is_alias(struct slice before)
{
	before = slice_trim(before);
	return slice_starts(before, "(expanded from") ||
	    slice_starts(before, "(generated from");
}

static bool
is_somebody_else(struct slice before, struct slice line_before)
{
	struct slice label = strip(before, " \t:<\"'([*-;,");

	return phrases_end(PHRASES_ELSE, label) ||
	    (before.n == 0 || label.n == 0
		    ? phrases_end(PHRASES_ELSE, strip(line_before, " \t:"))
		    : (phrases_in(PHRASES_ELSE, label) & PHRASES_ELSE) != 0 &&
			!phrases_end(PHRASES_RECIPIENT, label));
}

static enum shape
shape_of(struct slice line, struct slice address)
{
	struct slice before = slice_of(line.p, (size_t)(address.p - line.p));
	struct slice after = slice_from(line, before.n + address.n);
	struct slice label = strip(before, " \t<\"'([{*>-\xe2\x80\xa2");

	if ((label.n == 0 && is_list_entry(before, after)) || is_alias(before))
		return SHAPE_LED;
	if (is_reply(line))
		return SHAPE_REPLY;
	if (label.n == 0)
		return SHAPE_SUBJECT;
	label = strip(label, " \t:;,");
	if (!slice_is(label, "To") && phrases_end(PHRASES_RECIPIENT, label))
		return SHAPE_LABELED;
	return SHAPE_MENTIONED;
}

static bool
is_in(const char *list, struct slice address)
{
	struct slice all = slice_of(list, strlen(list)), one;

	for (size_t at = 0; addresses_next(all, &at, &one);)
		if (addresses_same(one, address))
			return true;
	return false;
}

static void
search_line(struct search *s, struct slice line, struct slice line_before)
{
	struct slice address;

	for (size_t at = 0;
	     s->seen < SEEN_MAX && addresses_next(line, &at, &address);
	     s->seen++) {
		struct slice before =
		    slice_of(line.p, (size_t)(address.p - line.p));
		struct slice local = slice_of(address.p,
		    (size_t)((const char *)memchr(address.p, '@', address.n) -
			address.p));
		bool is_ours = is_in(s->ours, address);

		if ((!is_ours && is_in(s->not_them, address)) ||
		    (phrases_is(PHRASES_MACHINE, local) && !is_ours))
			continue;
		s->v[s->n++] = (struct mention){ address, line,
			shape_of(line, address), is_ours,
			!is_alias(before) &&
			    is_somebody_else(before, line_before) };
	}
}

/* Somebody to turn to is so wherever else the address stands, unless it is in
 * a list. */
static void
drop_others(struct search *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		bool drop = s->v[i].is_else;

		for (size_t k = 0; k < s->n && !drop &&
		     s->v[i].shape >= SHAPE_LABELED && !s->v[i].is_ours;
		     k++)
			drop = s->v[k].is_else &&
			    addresses_same(s->v[k].address, s->v[i].address);
		if (drop)
			s->v[i].line.n = 0;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].line.n > 0)
			s->v[n++] = s->v[i];
	s->n = n;
}

static void
search_text(struct search *s)
{
	struct slice rest = s->text, line, before = { "", 0 };

	for (size_t i = 0; i < WORDS_LINES_MAX && slice_line(&rest, &line);
	     i++) {
		if (line.n > 0 && memchr(line.p, '@', line.n) != NULL)
			search_line(s, line, before);
		if (slice_trim(line).n > 0)
			before = line;
	}
}

/* Whom we wrote to, as the header of what we sent says. */
static const char *
written_to(const struct fields *original, struct arena *arena)
{
	static const char *const names[] = { "To", "Cc", "Bcc", "X-Original-To",
		"Delivered-To", "X-Failed-Recipients", "Original-Recipient" };
	const char *all = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		all = arena_printf(arena, "%s\n%s", all,
		    fields_all(original, names[i], arena));
	for (const struct field *f = NULL;
	     (f = fields_next(original, "Received", f)) != NULL;) {
		const char *trace = field_unfold(f->value, arena);
		const char *for_whom = strstr(trace, " for ");

		if (for_whom != NULL)
			all = arena_printf(arena, "%s\n%.300s", all, for_whom);
	}
	return arena_printf(arena, "%.*s", (int)OURS_MAX, all);
}

static bool
has(const struct words *w, struct slice address)
{
	for (size_t i = 0; i < w->n; i++)
		if (addresses_same(slice_of(w->v[i].address,
				       strlen(w->v[i].address)),
			address))
			return true;
	return false;
}

/* The shape that counts: the first that names one of ours, else the first. */
static enum shape
choose(const struct search *s, bool *ret_only_ours)
{
	enum shape best = SHAPES, best_ours = SHAPES;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].shape < best)
			best = s->v[i].shape;
		if (s->v[i].is_ours && s->v[i].shape < best_ours)
			best_ours = s->v[i].shape;
	}
	*ret_only_ours =
	    best_ours < SHAPES && (best_ours != best || best >= SHAPE_SUBJECT);
	return *ret_only_ours ? best_ours : best;
}

/* From the last command in it, as other commands were about others. */
static struct slice
last_exchange(struct slice s)
{
	struct slice rest = s, line, from = s;

	for (struct slice here = rest; slice_line(&rest, &line); here = rest)
		if (slice_starts(slice_trim(line), ">>>"))
			from = here;
	return from;
}

/* In a list the words follow the address, in a dialogue they go before it.
 * i and next are the first mentions of this one and of another. */
static void
section(const struct search *s, size_t i, size_t next, const char **from,
    struct words_recipient *r)
{
	const char *start = s->v[i].line.p, *end = s->text.p + s->text.n;
	struct slice rest, line;

	if (s->v[i].shape == SHAPE_REPLY) {
		line = s->v[next - 1].line;
		end = line.p + line.n;
		r->section =
		    last_exchange(slice_of(*from, (size_t)(end - *from)));
		*from = end;
		return;
	}
	if (next < s->n)
		end = s->v[next].line.p;
	rest = slice_of(start, (size_t)(end - start));
	r->section = rest;
	for (struct slice here = rest; slice_line(&rest, &line); here = rest)
		if (line.p != start &&
		    slice_starts(slice_trim(line), "-----")) {
			r->section.n = (size_t)(here.p - start);
			break;
		}
}

void
words_read(struct slice text, const char *not_them,
    const struct fields *original, struct arena *arena, struct words *ret)
{
	struct search s = {
		.text = text,
		.not_them = not_them,
		.ours = original != NULL ? written_to(original, arena) : "",
	};
	const char *from = text.p;
	enum shape shape;
	bool only_ours;

	ret->n = 0;
	ret->is_told = false;
	s.v = arena_alloc(arena, SEEN_MAX * sizeof(*s.v));
	search_text(&s);
	drop_others(&s);
	shape = choose(&s, &only_ours);
	ret->is_listed = s.n > 0 && shape < SHAPE_MENTIONED;
	for (size_t i = 0, next; i < s.n && ret->n < WORDS_MAX; i = next) {
		next = i + 1;
		if (s.v[i].shape != shape || (only_ours && !s.v[i].is_ours) ||
		    has(ret, s.v[i].address))
			continue;
		for (size_t k = next; k < s.n; k++)
			if (s.v[k].shape == shape &&
			    !addresses_same(s.v[k].address, s.v[i].address) &&
			    s.v[k].line.p != s.v[i].line.p)
				break;
			else
				next = k + 1;
		ret->v[ret->n].address =
		    slice_string(s.v[i].address, s.v[i].address.n, arena);
		section(&s, i, next, &from, &ret->v[ret->n++]);
		ret->is_told |= phrases_in(PHRASES_FAILED, s.v[i].line) != 0;
	}
	if (ret->n == 1)
		ret->v[0].section = text;
}

bool
words_local(struct slice text, struct slice *ret)
{
	struct slice rest = text, line, before = { "", 0 };

	while (slice_line(&rest, &line)) {
		struct slice word = slice_trim(line);
		size_t n = 0;

		while (n < word.n &&
		    (isalnum((unsigned char)word.p[n]) ||
			strchr("._+-", word.p[n]) != NULL))
			n++;
		if (word.n > 0 && n == word.n && before.n > 0 &&
		    before.p[before.n - 1] == ':' &&
		    phrases_in(PHRASES_FAILED, before) != 0) {
			*ret = word;
			return true;
		}
		if (word.n > 0)
			before = word;
	}
	return false;
}

struct slice
words_about(struct slice text, const char *address)
{
	struct slice rest = text, line;
	const char *start = NULL;

	for (struct slice here = rest; slice_line(&rest, &line); here = rest) {
		struct slice one;
		size_t at = 0;

		if (memchr(line.p, '@', line.n) == NULL ||
		    !addresses_next(line, &at, &one))
			continue;
		if (addresses_same(one, slice_of(address, strlen(address)))) {
			if (start == NULL)
				start = here.p;
		} else if (start != NULL) {
			return slice_of(start, (size_t)(here.p - start));
		}
	}
	return start != NULL
	    ? slice_of(start, (size_t)(text.p + text.n - start))
	    : slice_of("", 0);
}
