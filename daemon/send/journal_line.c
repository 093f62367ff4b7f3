#include "daemon/send/journal_line.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"

#define MAGIC "tweeluik-journal "
#define VERSION "1 "

static char *
put(char *p, const char *s)
{
	return stpcpy(p, s);
}

static char *
put_number(char *p, int64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);
	uint64_t rest = (uint64_t)v;

	if (v < 0)
		abort();
	do
		digits[--n] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	*p++ = ' ';
	memcpy(p, digits + n, sizeof(digits) - n);
	return p + sizeof(digits) - n;
}

/* At most max bytes of s; those below lowest would end a word or the line. */
static char *
put_text(char *p, const char *s, size_t max, unsigned char lowest)
{
	size_t n = s != NULL ? strnlen(s, max + 1) : 0;

	if (n > max)
		for (n = max;
		     n > max - 3 && ((unsigned char)s[n] & 0xc0) == 0x80;)
			n--;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		p[i] = (char)(c < lowest || c == 0x7f ? '?' : c);
	}
	return p + n;
}

static char *
put_word(char *p, const char *s)
{
	*p++ = ' ';
	if (s == NULL || s[0] == '\0')
		return put(p, "-");
	return put_text(p, s, JOURNAL_WORD_MAX, '!');
}

static size_t
end_line(char *line, const char *end)
{
	return crc32c_seal(line, (size_t)(end - line));
}

static char *
begin_line(char *p, char kind, const struct journal_key *k)
{
	*p++ = kind;
	p = put_number(p, k->mailing);
	p = put_number(p, k->seq);
	return put_number(p, k->attempt);
}

size_t
journal_line_header(char *out, const char *boot, bool synced)
{
	char *p = put(out, MAGIC VERSION);

	/* Each word puts a space in front of itself. */
	p = put_word(p - 1, boot);
	return end_line(out, put_word(p, synced ? "turn" : "never"));
}

size_t
journal_line_intent(char *out, const struct journal_key *k)
{
	return end_line(out, begin_line(out, 'i', k));
}

size_t
journal_line_unsent(char *out, const struct journal_key *k)
{
	return end_line(out, begin_line(out, 'u', k));
}

size_t
journal_line_result(char *out, const struct journal_key *k,
    const struct journal_result *r)
{
	char *p = begin_line(out, 'r', k);

	p = put_word(p, r->result);
	p = put_word(p, r->stage);
	p = put_number(p, r->code);
	p = put_word(p, r->status);
	*p++ = ' ';
	return end_line(out, put_text(p, r->text, JOURNAL_TEXT_MAX, ' '));
}

static bool
take_number(char **p, int64_t max, int64_t *ret)
{
	char *word = strsep(p, " "), *end;

	if (word == NULL || word[0] < '0' || word[0] > '9')
		return false;
	errno = 0;
	long long v = strtoll(word, &end, 10);
	if (errno != 0 || *end != '\0' || v > max)
		return false;
	*ret = v;
	return true;
}

static bool
take_word(char **p, const char **ret)
{
	char *word = strsep(p, " ");

	if (word == NULL || word[0] == '\0')
		return false;
	*ret = strcmp(word, "-") == 0 ? "" : word;
	return true;
}

static bool
take_key(char **p, struct journal_key *ret)
{
	int64_t seq, attempt;

	if (!take_number(p, INT64_MAX, &ret->mailing) ||
	    !take_number(p, INT32_MAX, &seq) ||
	    !take_number(p, INT32_MAX, &attempt))
		return false;
	ret->seq = (int32_t)seq;
	ret->attempt = (int32_t)attempt;
	return true;
}

static bool
take_result(char **p, struct journal_result *ret)
{
	int64_t code;

	if (!take_word(p, &ret->result) || !take_word(p, &ret->stage) ||
	    !take_number(p, INT_MAX, &code) || !take_word(p, &ret->status) ||
	    *p == NULL)
		return false;
	ret->code = (int)code;
	ret->text = *p;
	return true;
}

static enum journal_line_kind
read_header(char *p, struct journal_line *ret)
{
	const char *sync;

	if (!take_word(&p, &ret->boot) || !take_word(&p, &sync) || p != NULL)
		return JOURNAL_LINE_DAMAGED;
	ret->synced = strcmp(sync, "turn") == 0;
	return JOURNAL_LINE_HEADER;
}

static enum journal_line_kind
read_record(char *p, struct journal_line *ret)
{
	const char *kind;

	if (!take_word(&p, &kind) || !take_key(&p, &ret->key))
		return JOURNAL_LINE_DAMAGED;
	if (strcmp(kind, "r") == 0 && take_result(&p, &ret->result))
		return JOURNAL_LINE_RESULT;
	if (strcmp(kind, "i") == 0 && p == NULL)
		return JOURNAL_LINE_INTENT;
	if (strcmp(kind, "u") == 0 && p == NULL)
		return JOURNAL_LINE_UNSENT;
	return JOURNAL_LINE_DAMAGED;
}

enum journal_line_kind
journal_line_read(char *line, size_t n, struct journal_line *ret)
{
	const size_t magic = strlen(MAGIC), version = strlen(VERSION);
	bool header = strncmp(line, MAGIC, magic) == 0;

	/* Another version may know other checksums. */
	if (header && strncmp(line + magic, VERSION, version) != 0)
		return JOURNAL_LINE_FOREIGN;
	if (!crc32c_unseal(line, &n))
		return JOURNAL_LINE_DAMAGED;
	memset(ret, 0, sizeof(*ret));
	return header ? read_header(line + magic + version, ret)
		      : read_record(line, ret);
}
