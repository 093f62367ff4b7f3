#include "composer/item/privacy.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/catalogue.h"

#define GROUPS_MAX 8
#define LOCAL_PART_MAX 64

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes above 0x7f are letters here: "é" belongs to a word. */
static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) != 0;
}

/*
 * A number as people write it: groups of digits with one separator between
 * them, "(0)" and ") " allowed, a plus in front.  The longest run of whole
 * groups with the shape of something personal counts.
 */
struct number {
	const char *start;
	bool plus;
	int ngroups;
	int digits[GROUPS_MAX];	      /* of each group */
	const char *ends[GROUPS_MAX]; /* behind each group */
};

static const char *
next_group(const char *s)
{
	if (strncmp(s, " (0)", 4) == 0 || strncmp(s, "(0)", 3) == 0)
		s += *s == ' ';
	if (*s == '(')
		return is_digit(s[1]) ? s + 1 : NULL;
	if (*s == ')')
		s++;
	if (*s != '\0' && strchr(" -./", *s) != NULL)
		s++;
	if (*s == '(')
		s++;
	return is_digit(*s) ? s : NULL;
}

static void
read_number(struct number *n, const char *s)
{
	memset(n, 0, sizeof(*n));
	n->start = s;
	n->plus = *s == '+';
	s += n->plus || *s == '(';
	while (s != NULL && n->ngroups < GROUPS_MAX) {
		int d = 0;

		for (; is_digit(*s); s++)
			d++;
		n->digits[n->ngroups] = d;
		n->ends[n->ngroups++] = s;
		if (is_word(*s))
			n->ngroups--; /* "4you": part of a word */
		s = is_word(*s) ? NULL : next_group(s);
	}
}

/* 123456789, 123 456 789, 1234 56 789 */
static bool
nine_shape(const int *d, int groups)
{
	return (groups == 1 && d[0] == 9) ||
	    (groups == 3 && d[2] == 3 &&
		((d[0] == 3 && d[1] == 3) || (d[0] == 4 && d[1] == 2)));
}

/* 0612345678, 010 123 45 67, 00 31 ..., +31 (0)6 ...; a date with a time
 * ("06-12-2027 10.00") is none. */
static bool
phone_shape(const struct number *n, int groups, int total)
{
	const char *s = n->start + (n->start[0] == '(');
	int first = n->digits[0];

	if (n->plus)
		return total >= 9 && total <= 15;
	if (s[0] != '0')
		return false;
	if (s[1] == '0')
		return total >= 11 && total <= 15;
	if (groups > 2 && first == 2 && n->digits[1] == 2 && n->digits[2] == 4)
		return false;
	return total == 10 && (first >= 3 || s[1] == '6');
}

/* "V", "v-nummer", "V-number:" in front of ten digits. */
static bool
behind_v(const char *text, const char *at)
{
	static const char *const words[] = { "nummer", "number", "nr", "" };

	while (at > text && strchr(" :.-", at[-1]) != NULL)
		at--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);
		const char *p = at;

		if ((size_t)(p - text) < n + 1 ||
		    strncasecmp(p - n, words[i], n) != 0)
			continue;
		p -= n;
		if (n > 0 && p > text && (p[-1] == '-' || p[-1] == ' '))
			p--;
		if (p > text && tolower((unsigned char)p[-1]) == 'v' &&
		    (p - 1 == text || !is_word(p[-2])))
			return true;
	}
	return false;
}

/* The end of a personal number that starts here, NULL for none. */
static const char *
classify(const char *text, const struct number *n, enum privacy_kind *ret)
{
	bool v = !n->plus && behind_v(text, n->start);
	const char *end = NULL;
	int total = 0;

	for (int g = 0; g < n->ngroups; g++) {
		total += n->digits[g];
		if (phone_shape(n, g + 1, total) && !v)
			*ret = PRIVACY_PHONE;
		else if (v ? total == 9 || total == 10 : g == 0 && total == 10)
			*ret = PRIVACY_V_NUMBER;
		else if (!n->plus && nine_shape(n->digits, g + 1))
			*ret = PRIVACY_NINE_DIGITS;
		else
			continue;
		end = n->ends[g];
	}
	return end;
}

/* The address around an '@', as mail clients would link it. */
static bool
email_around(const char *text, const char *at, struct privacy_find *ret)
{
	const char *start = at, *end = at + 1;
	bool dot = false;

	while (start > text && at - start < LOCAL_PART_MAX &&
	    (is_word(start[-1]) || strchr("._%+-", start[-1]) != NULL))
		start--;
	while (is_word(*end) ||
	    ((*end == '.' || *end == '-') && is_word(end[1]))) {
		dot = dot || *end == '.';
		end++;
	}
	*ret = (struct privacy_find){ PRIVACY_EMAIL, start,
		(size_t)(end - start) };
	return start < at && dot;
}

size_t
privacy_scan(const char *text, struct privacy_find *ret_finds, size_t max)
{
	size_t found = 0;
	const char *s = text;

	while (*s != '\0' && found < max) {
		struct privacy_find f;
		struct number n;
		const char *end;

		if (*s == '@') {
			if (email_around(text, s, &f))
				ret_finds[found++] = f;
		} else if ((is_digit(*s) ||
			       ((*s == '+' || *s == '(') && is_digit(s[1]))) &&
		    (s == text || !is_word(s[-1]))) {
			read_number(&n, s);
			end = classify(text, &n, &f.kind);
			if (end != NULL) {
				f.text = s;
				f.n = (size_t)(end - s);
				ret_finds[found++] = f;
				s = end;
				continue;
			}
		}
		s++;
	}
	return found;
}

const char *
privacy_kind_text(enum privacy_kind kind)
{
	static const char *const texts[] = {
		[PRIVACY_PHONE] = N_("a telephone number"),
		[PRIVACY_EMAIL] = N_("an e-mail address"),
		[PRIVACY_NINE_DIGITS] = N_("a number of nine digits"),
		[PRIVACY_V_NUMBER] = N_("a V-number"),
	};

	return texts[kind];
}
