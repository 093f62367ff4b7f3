#include "base/slot.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"

static const struct {
	size_t width;
	char placeholder[4];
} kinds[SLOT_KINDS] = {
	[SLOT_TO] = { SLOT_TO_MAX, "\ue000" },
	[SLOT_DATE] = { 31, "\ue001" },
	[SLOT_MESSAGE_ID] = { 48, "\ue002" },
	[SLOT_UNSUBSCRIBE] = { 40, "\ue003" },
	[SLOT_LANGUAGE] = { 40, "\ue004" },
	[SLOT_WEB_VERSION] = { 40, "\ue005" },
	[SLOT_PREFERENCES] = { 40, "\ue006" },
	[SLOT_UNDO] = { 40, "\ue007" },
	[SLOT_CONFIRM] = { 40, "\ue008" },
	[SLOT_MAIL_UNSUBSCRIBE] = { 48, "\ue009" },
	[SLOT_DETAILS] = { 40, "\ue00a" },
	[SLOT_ADDRESS] = { 40, "\ue00b" },
};

size_t
slot_width(enum slot_kind kind)
{
	return kinds[kind].width;
}

const char *
slot_placeholder(enum slot_kind kind)
{
	return kinds[kind].placeholder;
}

int
slot_at(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] != 0xee || p[1] != 0x80 || p[2] < 0x80 ||
	    p[2] >= 0x80 + SLOT_KINDS)
		return -1;
	return p[2] - 0x80;
}

int
slot_pack(const struct slot *slots, size_t n, struct buf *ret)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t o = slots[i].offset;
		unsigned char p[SLOT_PACKED_BYTES] = { (unsigned char)(o >> 24),
			(unsigned char)(o >> 16), (unsigned char)(o >> 8),
			(unsigned char)o, (unsigned char)slots[i].kind };

		if (buf_add(ret, p, sizeof(p)) == -1)
			return -1;
	}
	return 0;
}

int
slot_unpack(const void *packed, size_t size_bytes, size_t message_bytes,
    struct slot **ret_slots, size_t *ret_n, struct err *e)
{
	const unsigned char *p = packed;
	size_t n = size_bytes / SLOT_PACKED_BYTES;
	uint32_t last = 0;

	if (size_bytes % SLOT_PACKED_BYTES != 0)
		return err_set(e, ERR_SYS,
		    "The slots of a stored message are damaged");
	if (n > SLOT_MAX)
		return err_set(e, ERR_LIMIT, "A message has too many slots");
	struct slot *slots = calloc(n + 1, sizeof(*slots));
	if (slots == NULL)
		abort();
	for (size_t i = 0; i < n; i++, p += SLOT_PACKED_BYTES) {
		uint32_t offset = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];

		if (offset < last || offset > message_bytes ||
		    p[4] >= SLOT_KINDS) {
			free(slots);
			return err_set(e, ERR_SYS,
			    "The slots of a stored message are damaged");
		}
		last = offset;
		slots[i] = (struct slot){ offset, (enum slot_kind)p[4] };
	}
	*ret_slots = slots;
	*ret_n = n;
	return 0;
}
