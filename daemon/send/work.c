#include "daemon/send/work.h"

#include <stdlib.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"

/* One that is passed on as it came is the largest. */
#define MESSAGE_MAX ((size_t)8 * 1024 * 1024)

static int
add_bytes(struct stored_message *s, const struct keys *keys,
    const unsigned char *bytes, size_t n, bool sealed, struct err *e)
{
	unsigned char *plain = NULL;
	int rc = 0;

	if (sealed) {
		plain = malloc(n + 1);
		if (plain == NULL)
			abort();
		rc = keys_open_bytes(keys, plain, bytes, n, e);
		bytes = plain;
		n -= KEYS_SEAL_BYTES;
	}
	if (rc == 0 && buf_add(&s->message.bytes, bytes, n) == -1)
		rc = err_set(e, ERR_LIMIT, "A message is too large");
	free(plain);
	return rc;
}

static int
load(struct stored_message *s, const struct keys *keys, struct database *db,
    struct err *e)
{
	const unsigned char *bytes, *slots;
	size_t nbytes, nslots;
	struct rows r;
	int rc;

	if (DATABASE_RUN(db, &r, e, "send_message", param_int(s->id)) == -1)
		return -1;
	if (r.n == 1) {
		bytes = rows_bytes(&r, 0, "bytes", &nbytes);
		slots = rows_bytes(&r, 0, "slots", &nslots);
		rc = add_bytes(s, keys, bytes, nbytes,
		    rows_bool(&r, 0, "sealed"), e);
		if (rc == 0)
			rc = slot_unpack(slots, nslots, s->message.bytes.len,
			    &s->message.slots, &s->message.nslots, e);
	} else {
		rc = err_set(e, ERR_SYS, "A message is missing");
	}
	rows_done(&r);
	for (size_t i = 0; rc == 0 && i < s->message.nslots; i++)
		s->has[s->message.slots[i].kind] = true;
	return rc;
}

static void
stored_free(struct stored_message *s)
{
	message_done(&s->message);
	free(s);
}

/* Keep a few that nobody uses now, for the next chunk. */
static void
prune(struct messages *m)
{
	int kept = 0;

	for (struct stored_message **p = &m->first; *p != NULL;) {
		struct stored_message *s = *p;

		if (atomic_load(&s->users) == 0 && ++kept > MESSAGES_KEPT) {
			*p = s->next;
			stored_free(s);
		} else {
			p = &s->next;
		}
	}
}

int
messages_get(struct messages *m, struct database *db, int64_t id,
    struct stored_message **ret, struct err *e)
{
	struct stored_message **p, *s;

	for (p = &m->first; *p != NULL && (*p)->id != id;)
		p = &(*p)->next;
	s = *p;
	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			abort();
		s->id = id;
		message_init(&s->message, MESSAGE_MAX);
		if (load(s, m->keys, db, e) == -1) {
			stored_free(s);
			return -1;
		}
	} else {
		*p = s->next;
	}
	s->next = m->first;
	m->first = s;
	atomic_fetch_add(&s->users, 1);
	prune(m);
	*ret = s;
	return 0;
}

void
messages_release(struct stored_message *m)
{
	atomic_fetch_sub(&m->users, 1);
}

void
messages_done(struct messages *m)
{
	while (m->first != NULL) {
		struct stored_message *s = m->first;

		m->first = s->next;
		stored_free(s);
	}
}

/* Copy the sealed addresses out of the result. */
static void
take_addresses(struct work *w, const struct rows *rows, int from)
{
	size_t total = 0, n;
	unsigned char *p;

	for (int i = 0; i < w->n; i++) {
		w->rows[i].sealed =
		    rows_bytes(rows, from + i, "address_sealed", &n);
		w->rows[i].nsealed = n;
		total += n;
	}
	p = w->bytes = malloc(total + 1);
	if (p == NULL)
		abort();
	for (int i = 0; i < w->n; i++) {
		struct work_row *r = &w->rows[i];

		if (r->nsealed > 0)
			memcpy(p, r->sealed, r->nsealed);
		r->sealed = p;
		p += r->nsealed;
	}
}

int
work_new(struct work **ret, const struct rows *rows, int from, int to,
    struct messages *messages, struct database *db, struct err *e)
{
	struct work *w = calloc(1, sizeof(*w));
	int64_t id = 0;

	if (w == NULL ||
	    (w->rows = calloc((size_t)(to - from), sizeof(*w->rows))) == NULL ||
	    (w->later = calloc((size_t)(to - from), sizeof(int))) == NULL)
		abort();
	w->mailing = rows_int(rows, from, "mailing_id");
	w->chunk = (int)rows_int(rows, from, "chunk_no");
	w->attempt = (int)rows_int(rows, from, "attempt");
	w->dated_at = rows_int(rows, from, "dated_at");
	for (int i = from; i < to; i++, w->n++) {
		struct work_row *r = &w->rows[w->n];
		int64_t wanted = rows_int(rows, i, "message_id");

		r->seq = (int32_t)rows_int(rows, i, "seq");
		r->subscriber = rows_int(rows, i, "subscriber_id");
		r->deliverable = rows_bool(rows, i, "deliverable");
		if (wanted == id) {
			r->message = r[-1].message;
			atomic_fetch_add(&r->message->users, 1);
		} else if (messages_get(messages, db, wanted, &r->message, e) ==
		    -1) {
			*ret = w;
			return -1;
		}
		id = wanted;
	}
	take_addresses(w, rows, from);
	*ret = w;
	return 0;
}

void
work_free(struct work *w)
{
	if (w == NULL)
		return;
	for (int i = 0; i < w->n; i++)
		if (w->rows[i].message != NULL)
			messages_release(w->rows[i].message);
	free(w->rows);
	free(w->later);
	free(w->bytes);
	free(w);
}
