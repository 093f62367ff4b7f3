#include "composer/template/sentence.h"

#include <string.h>

/* Tag or value at s; false when it is neither. */
static bool
special(const char *s, struct sentence_token *t)
{
	const char *p = s + 1;
	char end = *s == '{' ? '}' : '>';

	t->kind = *s == '{' ? SENTENCE_VALUE : SENTENCE_OPEN;
	if (*s == '<' && *p == '/') {
		t->kind = SENTENCE_CLOSE;
		p++;
	}
	t->name = p;
	t->name_len = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	p += t->name_len;
	if (t->kind == SENTENCE_OPEN && *p == '/') {
		t->kind = SENTENCE_EMPTY;
		p++;
	}
	if (t->name_len == 0 || *p != end)
		return false;
	t->raw = s;
	t->raw_len = (size_t)(p + 1 - s);
	return true;
}

bool
sentence_next(const char **s, struct sentence_token *ret)
{
	const char *start = *s, *p = start;
	struct sentence_token t;

	for (; *p != '\0'; p++) {
		if ((*p != '{' && *p != '<') || !special(p, &t))
			continue;
		if (p == start) {
			*s = t.raw + t.raw_len;
			*ret = t;
			return true;
		}
		break;
	}
	if (p == start)
		return false;
	*ret = (struct sentence_token){ .kind = SENTENCE_TEXT,
		.raw = start,
		.raw_len = (size_t)(p - start) };
	*s = p;
	return true;
}

bool
sentence_is_named(const struct sentence_token *t, const char *name)
{
	return t->name != NULL && strlen(name) == t->name_len &&
	    memcmp(t->name, name, t->name_len) == 0;
}
