#include "base/bounce/wording_kind.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/bounce/fold.h"
#include "base/bounce/pattern.h"
#include "base/bounce/wording.h"

#define TEXT_MAX ((size_t)8 * 1024)
#define SUBJECT_MAX 500
/* Of a mail that says no more than that somebody wants to leave. */
#define LEAVE_TEXT_MAX 700

/* More than enum bounce_kind knows. */
enum {
	LEAVE = BOUNCE_OTHER + 1,
	CLIENT_LEAVE,
};

#define NONE SIZE_MAX
#define IN(place) (1U << (place))

enum place {
	SUBJECT,
	TEXT,
	ANYWHERE,
	AWAY,
};

struct rule {
	const char *word;
	int kind;
};

static const struct rule rules[] = {
#define KIND(word, kind, place, pattern, language, example) { word, kind },
#include "base/bounce/kinds.def"
};

static const struct pattern patterns[] = {
#define KIND(word, kind, place, pattern, language, example) { pattern, place },
#include "base/bounce/kinds.def"
};

static const struct field {
	struct rule rule;
	const char *name, *values;
} fields[] = {
#define FIELD(word, kind, name, values) { { word, kind }, name, values },
#include "base/bounce/kinds.def"
};

static struct pattern_set *set;

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

void
wording_kind_init(void)
{
	if (set == NULL)
		set = pattern_set_new(patterns,
		    sizeof(patterns) / sizeof(patterns[0]));
}

/* Does a word of value begin so?  "root@" is not in "degroot@". */
static bool
has_word(const char *value, const char *begin, size_t n)
{
	for (const char *at = value; *at != '\0'; at++)
		if ((at == value || isalnum((unsigned char)at[-1]) == 0) &&
		    strncasecmp(at, begin, n) == 0)
			return true;
	return false;
}

/* Is one of the values, separated by bars, in it? */
static bool
has_value(const char *value, const char *values)
{
	if (*values == '\0')
		return *value != '\0';
	for (;;) {
		size_t n = strcspn(values, "|");

		if (has_word(value, values, n))
			return true;
		if (values[n] == '\0')
			return false;
		values += n + 1;
	}
}

static const struct rule *
find_field(const struct wording_mail *m)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (has_value(m->field(m->arg, fields[i].name),
			fields[i].values))
			return &fields[i].rule;
	return NULL;
}

/* "Re: " and its like: the subject is not the writer's own. */
static bool
is_answer(const char *folded, size_t n)
{
	static const char *const prefixes[] = { "re ", "fw ", "fwd ", "antw ",
		"betr ", "doorst ", "aw ", "wg ", "tr ", "sv ", "vs ", "rv " };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (n >= strlen(prefixes[i]) &&
		    memcmp(folded, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* The first rule of some places, or none. */
static size_t
first_of(const int first[PATTERN_GROUPS], unsigned int places)
{
	size_t best = NONE;

	for (size_t i = 0; i < PATTERN_GROUPS; i++)
		if ((places & (1U << i)) != 0 && first[i] >= 0 &&
		    (size_t)first[i] < best)
			best = (size_t)first[i];
	return best;
}

static size_t
find_in_subject(const char *subject)
{
	char folded[SUBJECT_MAX];
	size_t n = fold(folded, sizeof(folded), subject,
	    strnlen(subject, SUBJECT_MAX));
	int first[PATTERN_GROUPS];
	size_t best;

	pattern_set_find(set, folded, n, first);
	best = first_of(first, IN(SUBJECT) | IN(ANYWHERE) | IN(AWAY));
	if (best != NONE && rules[best].kind != BOUNCE_AUTOREPLY &&
	    rules[best].kind != BOUNCE_CHALLENGE && is_answer(folded, n))
		return NONE;
	return best;
}

static size_t
find_in_text(const char *text, size_t n, bool is_machine)
{
	char folded[TEXT_MAX];
	int first[PATTERN_GROUPS];

	pattern_set_find(set, folded, fold(folded, sizeof(folded), text, n),
	    first);
	return first_of(first,
	    IN(TEXT) | IN(ANYWHERE) | (is_machine ? IN(AWAY) : 0));
}

/* Where the writer ends, and a signature (RFC 3676, 4.3) or the advertisement
 * of a telephone begins: an office in it is not what the mail is about. */
static bool
ends_letter(const char *line, size_t n)
{
	static const char *const ends[] = { "-- ", "met vriendelijke groet",
		"met hartelijke groet", "vriendelijke groet",
		"hartelijke groet", "groet", "mvg", "kind regards",
		"best regards", "regards", "sincerely", "yours sincerely",
		"best wishes", "verstuurd vanaf", "verzonden vanaf",
		"sent from my", "get outlook for", "outlook voor" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (n >= strlen(ends[i]) &&
		    strncasecmp(line, ends[i], strlen(ends[i])) == 0)
			return true;
	return false;
}

static size_t
own_length(const struct wording_mail *m)
{
	size_t n = min(m->text_bytes, TEXT_MAX);

	for (size_t i = 0; i < n; i++)
		if ((i == 0 || m->text[i - 1] == '\n') &&
		    ends_letter(m->text + i, n - i))
			return i;
	return n;
}

/* A word that is a line of its own, above what a telephone adds. */
static size_t
find_in_first_line(const char *text, size_t n, bool is_machine)
{
	const char *end;

	while (n > 0 && strchr(" \t\r\n", *text) != NULL)
		text++, n--;
	end = memchr(text, '\n', n);
	return end == NULL
	    ? NONE
	    : find_in_text(text, (size_t)(end - text), is_machine);
}

/* NULL when nothing is said. */
static const struct rule *
find_words(const struct wording_mail *m, size_t own, bool is_machine)
{
	size_t best = find_in_subject(m->subject);

	if (own > 0) {
		best = min(best, find_in_text(m->text, own, is_machine));
		best = min(best, find_in_first_line(m->text, own, is_machine));
	}
	return best == NONE ? NULL : &rules[best];
}

static bool
is_of_machine(const struct rule *words)
{
	return words != NULL &&
	    (words->kind == BOUNCE_AUTOREPLY ||
		words->kind == BOUNCE_CHALLENGE || words->kind == CLIENT_LEAVE);
}

/* What the writer says of itself comes first, then what a header field says. */
static const struct rule *
choose(const struct rule *field, const struct rule *words, size_t own)
{
	static const struct rule person = { "person", BOUNCE_PERSON };
	int kind = words != NULL ? words->kind : BOUNCE_PERSON;

	if (kind == BOUNCE_AUTOREPLY || kind == BOUNCE_CHALLENGE ||
	    kind == BOUNCE_MOVED || kind == CLIENT_LEAVE)
		return words;
	if (field != NULL)
		return field;
	if (words == NULL || (kind == LEAVE && own > LEAVE_TEXT_MAX))
		return &person;
	return words;
}

enum bounce_kind
wording_kind(const struct wording_mail *m, bool *ret_automatic,
    const char **ret_rule)
{
	static const struct rule null_sender = { "null-sender", BOUNCE_OTHER };
	size_t own = own_length(m);
	const struct rule *field = find_field(m), *words, *r;

	if (field == NULL && m->is_null_sender)
		field = &null_sender;
	words = find_words(m, own, field != NULL);
	r = choose(field, words, own);
	*ret_automatic = field != NULL || is_of_machine(words);
	*ret_rule = r->word;
	return r->kind == LEAVE || r->kind == CLIENT_LEAVE
	    ? BOUNCE_UNSUBSCRIBE
	    : (enum bounce_kind)r->kind;
}
