#include "daemon/send/flight.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/keys.h"
#include "base/splice.h"
#include "daemon/send/work.h"

void
flights_init(struct flights *f, int max)
{
	*f = (struct flights){ .n = max };
	f->all = calloc((size_t)max, sizeof(*f->all));
	if (f->all == NULL)
		abort();
	for (int i = max; i-- > 0;) {
		f->all[i].next = f->unused;
		f->unused = &f->all[i];
	}
}

void
flights_done(struct flights *f)
{
	for (int i = 0; i < f->n; i++)
		free(f->all[i].iov);
	free(f->all);
	*f = (struct flights){ 0 };
}

struct flight *
flight_take(struct flights *f, struct work *w, const struct work_row *row)
{
	struct flight *x = f->unused;

	if (x == NULL)
		return NULL;
	f->unused = x->next;
	f->used++;
	x->next = NULL;
	x->work = w;
	x->row = row;
	x->connection = NULL;
	x->paced = x->prepared = x->intended = false;
	return x;
}

void
flight_give(struct flights *f, struct flight *x)
{
	x->next = f->unused;
	f->unused = x;
	f->used--;
}

int
flight_address(struct flight *x, const struct keys *keys, struct err *e)
{
	return keys_open(keys, x->personal.to, x->row->sealed, x->row->nsealed,
	    e);
}

int
flight_prepare(struct flight *x, const struct keys *keys,
    const char *return_domain, struct err *e)
{
	const struct stored_message *m = x->row->message;
	const char *values[SLOT_KINDS];
	size_t need = message_splice_max(&m->message), n;

	if (need > x->iov_max) {
		free(x->iov);
		x->iov = calloc(need, sizeof(*x->iov));
		if (x->iov == NULL)
			abort();
		x->iov_max = need;
	}
	personal_fill(&x->personal, keys, (uint64_t)x->row->subscriber,
	    (uint32_t)x->work->mailing, (uint32_t)x->row->seq,
	    x->work->dated_at, return_domain, m->has);
	personal_values(&x->personal, values);
	if (message_splice(&m->message, values, x->iov, x->iov_max, &n, e) ==
	    -1)
		return -1;
	x->message = (struct smtp_message){
		.from = x->personal.envelope_sender,
		.to = x->personal.to,
		.iov = x->iov,
		.iov_len = (int)n,
		.size_bytes = message_splice_size(x->iov, n),
		.tag = x,
	};
	x->prepared = true;
	return 0;
}

void
flight_key(const struct flight *x, struct journal_key *ret)
{
	*ret = (struct journal_key){ .mailing = x->work->mailing,
		.seq = x->row->seq,
		.attempt = x->work->attempt };
}
