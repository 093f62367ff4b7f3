#include "composer/message/packed.h"

#include <sodium.h>

#include "base/err.h"
#include "base/splice.h"

int
packed_make(const struct message *m, struct packed *ret, struct err *e)
{
	crypto_generichash_state state;
	struct packed p;

	buf_init(&p.slots, SLOT_MAX * SLOT_PACKED_BYTES);
	if (slot_pack(m->slots, m->nslots, &p.slots) == -1) {
		packed_done(&p);
		return err_set(e, ERR_LIMIT, "A message has too many slots");
	}
	(void)crypto_generichash_init(&state, NULL, 0, sizeof(p.digest));
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)m->bytes.data, m->bytes.len);
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)p.slots.data, p.slots.len);
	(void)crypto_generichash_final(&state, p.digest, sizeof(p.digest));
	*ret = p;
	return 0;
}

void
packed_done(struct packed *p)
{
	buf_done(&p->slots);
}
