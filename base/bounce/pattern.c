#include "base/bounce/pattern.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounce/fold.h"

#define PIECE_MAX 200
#define ALTERNATIVE_MAX 400 /* with its brackets written out */
#define STATES_STEP 4096
#define PIECES_MAX 8192
#define PLACES_MAX 4096 /* pieces with a star behind them */

/* What stands between two stars. */
struct piece {
	uint16_t pattern;
	uint16_t sibling;   /* that ends in the same state; 0: none */
	uint16_t after, at; /* where the end of the one before, and of this one
			     * is remembered; 0: the first, the last */
	uint8_t bytes;
	bool begins_text, ends_text, begins_word, ends_word;
};

struct state {
	uint16_t fallback;
	uint16_t piece; /* the first that ends here; 0: none */
	uint16_t hit;	/* this state or the next on the way back that has one;
			 * 0: none */
};

struct pattern_set {
	uint8_t *groups;      /* of the patterns */
	struct piece *pieces; /* the first is none */
	size_t npieces, nplaces;
	uint8_t class[256]; /* of bytes; 0: in no pattern */
	size_t nclasses;
	struct state *states;
	size_t nstates, states_max;
	uint16_t *next; /* [state * nclasses + class] */
};

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static uint16_t *
next_of(const struct pattern_set *set, size_t state, char c)
{
	return &set->next[state * set->nclasses + set->class[(unsigned char)c]];
}

static void
grow(struct pattern_set *set)
{
	size_t was = set->states_max, max = was + STATES_STEP,
	       row = set->nclasses;

	if (max > UINT16_MAX)
		abort();
	set->states =
	    must(reallocarray(set->states, max, sizeof(*set->states)));
	memset(set->states + was, 0, (max - was) * sizeof(*set->states));
	set->next =
	    must(reallocarray(set->next, max * row, sizeof(*set->next)));
	memset(set->next + was * row, 0,
	    (max - was) * row * sizeof(*set->next));
	set->states_max = max;
}

/* Adds the way through the trie; returns the state at its end. */
static size_t
add_path(struct pattern_set *set, const char *s, size_t n)
{
	size_t state = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t *next = next_of(set, state, s[i]);

		if (*next == 0) {
			if (set->nstates == set->states_max) {
				grow(set);
				next = next_of(set, state, s[i]);
			}
			*next = (uint16_t)set->nstates++;
		}
		state = *next;
	}
	return state;
}

static void
add_piece(struct pattern_set *set, const struct piece *as, const char *text,
    size_t n)
{
	struct piece *p = &set->pieces[set->npieces];
	char folded[PIECE_MAX];
	struct state *end;
	size_t state;

	*p = *as;
	n = fold(folded, sizeof(folded), text, n);
	while (n > 0 && folded[n - 1] == ' ')
		n--;
	if (n == 0 || set->npieces == PIECES_MAX)
		abort();
	p->bytes = (uint8_t)n;
	p->begins_word = p->begins_word && is_word(folded[0]);
	p->ends_word = p->ends_word && is_word(folded[n - 1]);
	state = add_path(set, folded, n);
	end = &set->states[state];
	p->sibling = end->piece;
	end->piece = (uint16_t)set->npieces++;
}

/* One alternative: pieces with stars between them. */
static void
add_alternative(struct pattern_set *set, size_t pattern, const char *s,
    const char *end)
{
	struct piece p = { .pattern = (uint16_t)pattern };
	bool open_end;

	if (s == end)
		abort();
	open_end = end[-1] == '*';
	p.begins_text = *s == '^';
	p.begins_word = *s != '*';
	s += *s == '^' || *s == '*';
	end -= open_end;
	for (;;) {
		const char *star =
		    s < end ? memchr(s, '*', (size_t)(end - s)) : NULL;
		const char *stop = star != NULL ? star : end;

		p.ends_word = star != NULL ? star[-1] == ' ' : !open_end;
		p.ends_text = star == NULL && end[-1] == '$';
		if (star != NULL && ++set->nplaces == PLACES_MAX)
			abort();
		p.at = star != NULL ? (uint16_t)set->nplaces : 0;
		add_piece(set, &p, s, (size_t)(stop - s));
		if (star == NULL)
			return;
		s = star + 1;
		p.begins_text = false;
		p.begins_word = s < end && *s == ' ';
		p.after = p.at;
	}
}

/* Writes out what the first brackets stand for: each option, and the rest. */
static void
expand(struct pattern_set *set, size_t pattern, char *text, size_t n,
    const char *s, const char *end)
{
	const char *open = memchr(s, '(', (size_t)(end - s)), *close;
	size_t before = (size_t)((open != NULL ? open : end) - s);

	if (n + before > ALTERNATIVE_MAX)
		abort();
	memcpy(text + n, s, before);
	n += before;
	if (open == NULL) {
		add_alternative(set, pattern, text, text + n);
		return;
	}
	close = memchr(open, ')', (size_t)(end - open));
	if (close == NULL || n + (size_t)(close - open) > ALTERNATIVE_MAX)
		abort();
	for (const char *option = open + 1; option <= close;) {
		size_t length = strcspn(option, "|)");

		memcpy(text + n, option, length);
		expand(set, pattern, text, n + length, close + 1, end);
		option += length + 1;
	}
}

/* The bar outside of brackets, or the end of the pattern. */
static const char *
end_of_alternative(const char *s)
{
	for (bool inside = false; *s != '\0' && (inside || *s != '|'); s++)
		inside = *s == '(' || (inside && *s != ')');
	return s;
}

static void
add_pattern(struct pattern_set *set, size_t i, const struct pattern *pattern)
{
	char text[ALTERNATIVE_MAX];
	const char *s = pattern->text;

	if (pattern->group >= PATTERN_GROUPS)
		abort();
	set->groups[i] = (uint8_t)pattern->group;
	for (;;) {
		const char *end = end_of_alternative(s);

		expand(set, i, text, 0, s, end);
		if (*end == '\0')
			return;
		s = end + 1;
	}
}

/* Bytes that are in a pattern get a class of their own. */
static void
add_classes(struct pattern_set *set, const char *text)
{
	size_t n = strlen(text);
	char *folded = must(malloc(n + 1));

	n = fold(folded, n, text, n);
	for (size_t i = 0; i < n; i++) {
		uint8_t *class = &set->class[(unsigned char)folded[i]];

		if (*class == 0)
			*class = (uint8_t)set->nclasses++;
	}
	free(folded);
}

/* What the state does where the trie has no way on: the same as its fallback.
 * A state's fallback is nearer to the beginning, so it is complete already. */
static void
complete(struct pattern_set *set, uint16_t state, uint16_t *queue, size_t *last)
{
	uint16_t fallback = set->states[state].fallback;
	uint16_t *row = set->next + state * set->nclasses;
	const uint16_t *other = set->next + fallback * set->nclasses;

	for (size_t c = 0; c < set->nclasses; c++) {
		struct state *child = &set->states[row[c]];

		if (row[c] == 0) {
			row[c] = state == 0 ? 0 : other[c];
			continue;
		}
		child->fallback = state == 0 ? 0 : other[c];
		child->hit = child->piece != 0
		    ? row[c]
		    : set->states[child->fallback].hit;
		queue[(*last)++] = row[c];
	}
}

static void
complete_all(struct pattern_set *set)
{
	uint16_t *queue = must(calloc(set->nstates, sizeof(*queue)));
	size_t last = 1; /* the first is the beginning, 0 */

	for (size_t i = 0; i < last; i++)
		complete(set, queue[i], queue, &last);
	free(queue);
}

struct pattern_set *
pattern_set_new(const struct pattern *patterns, size_t n)
{
	struct pattern_set *set = must(calloc(1, sizeof(*set)));

	if (n == 0)
		abort();
	set->nclasses = 1;
	for (size_t i = 0; i < n; i++)
		add_classes(set, patterns[i].text);
	set->groups = must(calloc(n, sizeof(*set->groups)));
	set->pieces = must(calloc(PIECES_MAX, sizeof(*set->pieces)));
	set->npieces = 1;
	set->states_max = STATES_STEP;
	set->states = must(calloc(set->states_max, sizeof(*set->states)));
	set->nstates = 1;
	set->next =
	    must(calloc(set->states_max * set->nclasses, sizeof(*set->next)));
	for (size_t i = 0; i < n; i++)
		add_pattern(set, i, &patterns[i]);
	complete_all(set);
	return set;
}

void
pattern_set_free(struct pattern_set *set)
{
	if (set == NULL)
		return;
	free(set->groups);
	free(set->pieces);
	free(set->states);
	free(set->next);
	free(set);
}

/* A piece at text[start..end): is it one, and in its place? */
static bool
fits(const struct piece *p, const char *text, size_t n, size_t start,
    size_t end, const uint16_t *reached)
{
	if (p->begins_text && start > 0)
		return false;
	if (p->ends_text && end < n)
		return false;
	if (p->begins_word && start > 0 && is_word(text[start - 1]))
		return false;
	if (p->ends_word && end < n && is_word(text[end]))
		return false;
	return p->after == 0 ||
	    (reached[p->after] != 0 && reached[p->after] <= start &&
		start - reached[p->after] <= PATTERN_GAP);
}

static void
meet(const struct pattern_set *set, uint16_t piece, const char *text, size_t n,
    size_t end, uint16_t *reached, int *first)
{
	for (; piece != 0; piece = set->pieces[piece].sibling) {
		const struct piece *p = &set->pieces[piece];
		int *best = &first[set->groups[p->pattern]];

		if (!fits(p, text, n, end - p->bytes, end, reached))
			continue;
		if (p->at != 0)
			reached[p->at] = (uint16_t)end;
		else if (*best == -1 || p->pattern < *best)
			*best = p->pattern;
	}
}

void
pattern_set_find(const struct pattern_set *set, const char *folded, size_t n,
    int ret_first[PATTERN_GROUPS])
{
	uint16_t reached[PLACES_MAX], state = 0;

	if (n > UINT16_MAX)
		n = UINT16_MAX;
	while (n > 0 && strchr(" .!", folded[n - 1]) != NULL)
		n--;
	memset(reached, 0, (set->nplaces + 1) * sizeof(*reached));
	for (size_t i = 0; i < PATTERN_GROUPS; i++)
		ret_first[i] = -1;
	for (size_t i = 0; i < n; i++) {
		uint16_t hit;

		state = *next_of(set, state, folded[i]);
		for (hit = set->states[state].hit; hit != 0;
		     hit = set->states[set->states[hit].fallback].hit)
			meet(set, set->states[hit].piece, folded, n, i + 1,
			    reached, ret_first);
	}
}
