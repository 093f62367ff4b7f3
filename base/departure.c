#include "base/departure.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"

static const char words[] = { DEPARTURE_UNSUBSCRIBED, DEPARTURE_ERASED,
	DEPARTURE_BLOCKED, DEPARTURE_COMPLAINT, DEPARTURE_RETURNED, '\0' };

size_t
departure_write(char out[static DEPARTURE_LINE_MAX], const struct departure *d)
{
	char hash[2 * KEYS_HASH_BYTES + 1] = "-";

	if (d->has_hash)
		(void)sodium_bin2hex(hash, sizeof(hash), d->hash,
		    sizeof(d->hash));
	return crc32c_seal(out,
	    (size_t)snprintf(out, DEPARTURE_LINE_MAX - CRC32C_SEAL_BYTES,
		"%c %" PRId64 " %.64s %" PRId64 " %" PRId64 " %s",
		(char)d->word, d->at, hash, d->subscriber, d->mailing, d->way));
}

static bool
take_number(char **p, int64_t *ret)
{
	char *word = strsep(p, " "), *end;

	if (word == NULL || !isdigit((unsigned char)word[0]))
		return false;
	errno = 0;
	long long v = strtoll(word, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*ret = v;
	return true;
}

static bool
take_hash(char **p, struct departure *ret)
{
	char *word = strsep(p, " ");
	size_t n;

	if (word == NULL || strcmp(word, "-") == 0)
		return word != NULL;
	ret->has_hash = strlen(word) == 2 * KEYS_HASH_BYTES &&
	    sodium_hex2bin(ret->hash, sizeof(ret->hash), word, strlen(word),
		NULL, &n, NULL) == 0;
	return ret->has_hash;
}

static bool
is_way(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz-");

	return n > 0 && n <= DEPARTURE_WAY_MAX && s[n] == '\0';
}

bool
departure_parse(char *line, size_t n, struct departure *ret)
{
	struct departure d = { .at = 0 };
	char copy[DEPARTURE_LINE_MAX], *p = copy;

	if (n >= DEPARTURE_LINE_MAX || !crc32c_unseal(line, &n))
		return false;
	memcpy(copy, line, n + 1);
	if (copy[0] == '\0' || strchr(words, copy[0]) == NULL || copy[1] != ' ')
		return false;
	d.word = (enum departure_word)copy[0];
	p += 2;
	if (!take_number(&p, &d.at) || !take_hash(&p, &d) ||
	    !take_number(&p, &d.subscriber) || !take_number(&p, &d.mailing) ||
	    p == NULL || !is_way(p))
		return false;
	/* Only leaving can be known by number. */
	if (!d.has_hash &&
	    (d.word != DEPARTURE_UNSUBSCRIBED || d.subscriber == 0))
		return false;
	memcpy(d.way, p, strlen(p) + 1);
	*ret = d;
	return true;
}
