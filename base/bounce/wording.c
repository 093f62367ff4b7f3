#include "base/bounce/wording.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bounce/fold.h"
#include "base/bounce/pattern.h"
#include "base/bounce/reply_code.h"
#include "base/bounce/wording_kind.h"

/* What matters stands near the beginning. */
#define TEXT_MAX ((size_t)8 * 1024)

#define ANY 999

/* What a rule concludes: a reason, and more where that does not say all. */
enum meaning {
	UNKNOWN,
	DEAD_USER,
	/* Only when it was said for good: DNS fails at times, and some words
	 * mean this as well as that the mailbox is busy. */
	DEAD_DOMAIN,
	DEAD_PERHAPS,
	FULL,
	INACTIVE,
	BLOCKED,
	AUTHENTICATION,
	TEMPORARY,
	EXPIRED, /* given up in time: never for good */
	TOO_LARGE,
	CONTENT,
};

static const enum bounce_reason reasons[] = {
	[UNKNOWN] = BOUNCE_UNKNOWN,
	[DEAD_USER] = BOUNCE_DEAD,
	[DEAD_DOMAIN] = BOUNCE_DEAD,
	[DEAD_PERHAPS] = BOUNCE_DEAD,
	[FULL] = BOUNCE_FULL,
	[INACTIVE] = BOUNCE_INACTIVE,
	[BLOCKED] = BOUNCE_BLOCKED,
	[AUTHENTICATION] = BOUNCE_AUTHENTICATION,
	[TEMPORARY] = BOUNCE_TEMPORARY,
	[EXPIRED] = BOUNCE_TEMPORARY,
	[TOO_LARGE] = BOUNCE_TOO_LARGE,
	[CONTENT] = BOUNCE_CONTENT,
};

enum group {
	GROUP_CLEAR,
	GROUP_VAGUE,
	GROUP_WARNING,
};

struct verdict {
	const char *word;
	enum meaning meaning;
};

static const struct verdict nothing_known = { "unknown", UNKNOWN };

/* Of CLEAR, VAGUE and WARNING, in one list. */
static const struct verdict verdicts[] = {
#define CLEAR(word, meaning, pattern, family, example) { word, meaning },
#define VAGUE CLEAR
#define WARNING(word, pattern, family, example) { word, TEMPORARY },
#include "base/bounce/rules.def"
};

static const struct pattern patterns[] = {
#define CLEAR(word, meaning, pattern, family, example) { pattern, GROUP_CLEAR },
#define VAGUE(word, meaning, pattern, family, example) { pattern, GROUP_VAGUE },
#define WARNING(word, pattern, family, example) { pattern, GROUP_WARNING },
#include "base/bounce/rules.def"
};

/* A status for now condemns nobody: words may, a number is often a guess. */
static const struct verdict dead_for_now = { "status-for-now", TEMPORARY };

static const struct code {
	int subject, from, to; /* details; a reply code has no subject */
	struct verdict verdict;
} codes[] = {
#define CODE(subject, from, to, word, meaning) \
	{ subject, from, to, { word, meaning } },
#define REPLY(from, to, word, meaning) { -1, from, to, { word, meaning } },
#include "base/bounce/rules.def"
};

static struct pattern_set *set;

void
wording_init(void)
{
	if (set == NULL)
		set = pattern_set_new(patterns,
		    sizeof(patterns) / sizeof(patterns[0]));
	wording_kind_init();
}

/* What one text says. */
struct source {
	int first[PATTERN_GROUPS];	 /* of verdicts[], or -1 */
	struct enhanced_status status;	 /* the first that says something, or
					* else the first */
	const struct verdict *by_status; /* NULL: that says nothing */
	int reply;
};

static const struct verdict *
find_code(int subject, int number)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].subject == subject && number >= codes[i].from &&
		    number <= codes[i].to)
			return &codes[i].verdict;
	return NULL;
}

static void
look_for_status(struct source *s, const char *text, size_t n)
{
	const struct verdict *v;
	struct enhanced_status st;

	for (size_t at = 0; enhanced_status_next(text, n, &at, &st);) {
		if (s->status.class == 0)
			s->status = st;
		v = find_code(st.subject, st.detail);
		if (st.class == 2 || v == NULL)
			continue;
		if (st.class == 4 &&
		    (v->meaning == DEAD_USER || v->meaning == DEAD_DOMAIN))
			v = &dead_for_now;
		s->by_status = v;
		s->status = st;
		return;
	}
}

static struct source
look(const char *text, size_t n)
{
	char folded[TEXT_MAX];
	struct source s = { .first = { -1, -1, -1, -1 } };

	if (n > TEXT_MAX)
		n = TEXT_MAX;
	if (n == 0)
		return s;
	pattern_set_find(set, folded, fold(folded, sizeof(folded), text, n),
	    s.first);
	look_for_status(&s, text, n);
	s.reply = reply_code_find(text, n);
	return s;
}

static const struct verdict *
said(const struct source *s, enum group group)
{
	return s->first[group] == -1 ? NULL : &verdicts[s->first[group]];
}

/* What was said about this recipient, where it was said: the diagnostic of
 * the system that refused, the Status field, the words around them. */
struct sources {
	struct source diagnostic, field, text;
	bool has_diagnostic;
};

/* The first that says something.  Clear words overrule a code, as many
 * systems give 5.0.0, 5.7.1 or 5.1.1 for everything; but the words around a
 * diagnostic are often of the kind that says all that may be. */
static const struct verdict *
decide(const struct sources *s)
{
	const struct source *d = &s->diagnostic, *f = &s->field, *t = &s->text;
	const struct verdict *order[] = {
		said(d, GROUP_CLEAR),
		d->by_status,
		said(f, GROUP_CLEAR),
		s->has_diagnostic ? f->by_status : NULL,
		said(t, GROUP_CLEAR),
		f->by_status,
		t->by_status,
		said(d, GROUP_VAGUE),
		said(f, GROUP_VAGUE),
		said(t, GROUP_VAGUE),
		find_code(-1, d->reply),
		find_code(-1, t->reply),
		&nothing_known,
	};
	size_t i = 0;

	while (order[i] == NULL)
		i++;
	return order[i];
}

/* 4 or 5 of the system that reports, else of the one that refused; 0 when
 * nobody says. */
static int
severity(const struct sources *s)
{
	const int order[] = {
		s->field.status.class,
		s->diagnostic.status.class,
		s->diagnostic.reply / 100,
		s->text.status.class,
		s->text.reply / 100,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] == 4 || order[i] == 5)
			return order[i];
	return 0;
}

static bool
says_something(const struct enhanced_status *st)
{
	return st->class != 0 && (st->subject != 0 || st->detail != 0);
}

static void
tell_status(const struct sources *s, char *out, size_t size)
{
	const struct enhanced_status *st = &s->text.status;

	if (s->field.status.class != 0)
		st = &s->field.status;
	if (says_something(&s->diagnostic.status) || st->class == 0)
		st = &s->diagnostic.status;
	if (st->class == 0)
		out[0] = '\0';
	else
		(void)snprintf(out, size, "%d.%d.%d", st->class, st->subject,
		    st->detail);
}

static bool
is_warning(const struct sources *s)
{
	return said(&s->diagnostic, GROUP_WARNING) != NULL ||
	    said(&s->text, GROUP_WARNING) != NULL;
}

static bool
is_action(const char *action, const char *word)
{
	return action != NULL && strncasecmp(action, word, strlen(word)) == 0;
}

static enum bounce_class
classify(const struct wording *w, const struct sources *s,
    enum bounce_reason reason)
{
	if (is_action(w->action, "deliver") || is_action(w->action, "relay") ||
	    is_action(w->action, "expand"))
		return BOUNCE_DELIVERED;
	if (is_action(w->action, "delay"))
		return BOUNCE_DELAYED;
	if (is_action(w->action, "fail"))
		return reason == BOUNCE_DEAD ? BOUNCE_HARD : BOUNCE_SOFT;
	if (s->field.status.class == 2)
		return BOUNCE_DELIVERED;
	if (is_warning(s))
		return BOUNCE_DELAYED;
	return reason == BOUNCE_DEAD ? BOUNCE_HARD : BOUNCE_SOFT;
}

static size_t
length(const char *s)
{
	return s == NULL ? 0 : strnlen(s, TEXT_MAX);
}

struct wording_says
wording_read(const struct wording *w)
{
	struct sources s = {
		.diagnostic = look(w->diagnostic, length(w->diagnostic)),
		.field = look(w->status, length(w->status)),
		.text = look(w->text, w->text == NULL ? 0 : w->text_bytes),
		.has_diagnostic = length(w->diagnostic) > 0,
	};
	const struct verdict *v = decide(&s);
	bool for_good = severity(&s) != 4;
	struct wording_says says = {
		.reason = !for_good &&
			(v->meaning == DEAD_DOMAIN ||
			    v->meaning == DEAD_PERHAPS)
		    ? BOUNCE_TEMPORARY
		    : reasons[v->meaning],
		.final = v->meaning != EXPIRED && for_good,
		.rule = v->word,
	};

	says.class = classify(w, &s, says.reason);
	if (says.class == BOUNCE_DELAYED || says.class == BOUNCE_DELIVERED)
		says.final = false;
	tell_status(&s, says.status, sizeof(says.status));
	return says;
}
