#include "base/splice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void
message_init(struct message *m, size_t max_bytes)
{
	buf_init(&m->bytes, max_bytes < UINT32_MAX ? max_bytes : UINT32_MAX);
	m->slots = NULL;
	m->nslots = 0;
}

void
message_done(struct message *m)
{
	buf_done(&m->bytes);
	free(m->slots);
	m->slots = NULL;
	m->nslots = 0;
}

int
message_add_slot(struct message *m, enum slot_kind kind)
{
	if (m->nslots == SLOT_MAX)
		m->bytes.full = true;
	if (buf_full(&m->bytes))
		return -1;
	m->slots = reallocarray(m->slots, m->nslots + 1, sizeof(*m->slots));
	if (m->slots == NULL)
		abort();
	m->slots[m->nslots++] = (struct slot){ (uint32_t)m->bytes.len, kind };
	return 0;
}

/* Visible ASCII without the specials that only quoted local parts, comments
 * and lists of addresses need (RFC 5322 3.2.3): one value, one address. */
static bool
is_address(const char *s)
{
	size_t n = 0;

	for (; s[n] != '\0'; n++)
		if (s[n] <= ' ' || s[n] > '~' || n == SLOT_TO_MAX ||
		    strchr("()<>[]:;,\\\"", s[n]) != NULL)
			return false;
	return n > 0 && strstr(s, "=?") == NULL; /* no encoded-word */
}

/* As the pattern, where A, a and 0 stand for their class. */
static bool
is_date(const char *s)
{
	const char *p = "Aaa, 00 Aaa 0000 00:00:00 +0000";

	for (; *p != '\0'; p++, s++)
		if (!(*p == 'A'		? *s >= 'A' && *s <= 'Z'
			    : *p == 'a' ? *s >= 'a' && *s <= 'z'
			    : *p == '0' ? *s >= '0' && *s <= '9'
			    : *p == '+' ? *s == '+' || *s == '-'
					: *s == *p))
			return false;
	return *s == '\0';
}

static bool
is_token(const char *s, size_t width, const char *alphabet)
{
	return strspn(s, alphabet) == width && s[width] == '\0';
}

static bool
value_fits(enum slot_kind kind, const char *s)
{
	switch (kind) {
	case SLOT_TO:
		return is_address(s);
	case SLOT_DATE:
		return is_date(s);
	case SLOT_MESSAGE_ID:
	case SLOT_MAIL_UNSUBSCRIBE:
		return is_token(s, slot_width(kind),
		    "abcdefghijklmnopqrstuvwxyz234567");
	default:
		return is_token(s, slot_width(kind),
		    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "0123456789-_");
	}
}

static struct iovec
piece(const char *p, size_t n)
{
	/* iovec has no const form; writev() and sendmsg() only read.
	 * NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (struct iovec){ (void *)(uintptr_t)p, n };
}

int
message_splice(const struct message *m, const char *const values[SLOT_KINDS],
    struct iovec *ret_iov, size_t max, size_t *ret_n, struct err *e)
{
	size_t width[SLOT_KINDS] = { 0 };
	size_t from = 0, n = 0;

	if (max < message_splice_max(m))
		return err_set(e, ERR_LIMIT,
		    "A message has more pieces than there is room for");
	for (size_t i = 0; i < m->nslots; i++) {
		enum slot_kind k = m->slots[i].kind;
		size_t to = m->slots[i].offset;

		if (width[k] == 0) {
			if (values[k] == NULL || !value_fits(k, values[k]))
				return err_set(e, ERR_INPUT,
				    "The value for slot %d does not fit",
				    (int)k);
			width[k] = strlen(values[k]);
		}
		if (to > from)
			ret_iov[n++] = piece(m->bytes.data + from, to - from);
		ret_iov[n++] = piece(values[k], width[k]);
		from = to;
	}
	if (m->bytes.len > from)
		ret_iov[n++] = piece(m->bytes.data + from, m->bytes.len - from);
	*ret_n = n;
	return 0;
}

size_t
message_splice_max(const struct message *m)
{
	return 2 * m->nslots + 1;
}

size_t
message_splice_size(const struct iovec *iov, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += iov[i].iov_len;
	return size;
}
