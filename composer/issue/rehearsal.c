#include "composer/issue/rehearsal.h"

#include <stdio.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/config.h"
#include "base/database.h"
#include "base/keys.h"
#include "base/personal.h"
#include "base/splice.h"
#include "composer/issue/issue.h"
#include "composer/message/wire.h"

#define DAY 86400.0
#define PIECES_MAX (2 * SLOT_MAX + 1)

static int
facts(struct rehearsal *r, struct database *d, const struct issue *i,
    struct err *e)
{
	struct rows rows;

	if (DATABASE_RUN(d, &rows, e, "rehearse_facts", param_int(i->id)) == -1)
		return -1;
	r->recipients = rows_int(&rows, 0, "recipients");
	r->dated_at = rows_int(&rows, 0, "dated_at");
	r->relay_size = rows_int(&rows, 0, "relay_size");
	(void)sscanf(rows_str(&rows, 0, "rate"), "%lf", &r->rate);
	if (r->rate > 0)
		r->pace =
		    strcmp(rows_str(&rows, 0, "rate_from"), "workers") == 0
		    ? REHEARSAL_WORKERS
		    : REHEARSAL_LAST;
	rows_done(&rows);
	return 0;
}

int
rehearsal_init(struct rehearsal *r, struct database *d,
    const struct config *config, const struct issue *i, struct err *e)
{
	size_t n;
	const char *const *names = special_editions(i->kind, &n);

	*r = (struct rehearsal){ .issue = i->id };
	if (facts(r, d, i, e) == -1)
		return -1;
	for (; r->nopen < n; r->nopen++) {
		struct edition *ed = &r->editions[r->nopen].edition;
		const char *name = names[r->nopen];

		if ((i->state == ISSUE_OPEN
			    ? edition_build(d, config, i->id, name, ed, e)
			    : edition_load(d, i->id, name, ed, e)) == -1) {
			rehearsal_done(r);
			return -1;
		}
	}
	return 0;
}

void
rehearsal_done(struct rehearsal *r)
{
	while (r->nopen > 0)
		edition_done(&r->editions[--r->nopen].edition);
	destinations_done(&r->destinations);
}

static void
problem(struct rehearsal *r, enum rehearsal_fault fault, int64_t subscriber,
    const char *address, const char *why)
{
	struct rehearsal_problem *p = &r->problems[r->nproblems];

	r->faults[fault]++;
	if (r->nproblems == REHEARSAL_PROBLEMS_MAX)
		return;
	p->fault = fault;
	p->subscriber = subscriber;
	(void)snprintf(p->address, sizeof(p->address), "%s", address);
	(void)snprintf(p->why, sizeof(p->why), "%s", why);
	r->nproblems++;
}

static void
count(struct rehearsal_edition *ed, size_t bytes)
{
	if (ed->messages++ == 0 || bytes < ed->smallest)
		ed->smallest = bytes;
	if (bytes > ed->largest)
		ed->largest = bytes;
	ed->bytes += (int64_t)bytes;
}

/* From the sealed address to the last byte. */
static void
make(struct rehearsal *r, struct rehearsal_edition *ed,
    const struct config *config, const struct keys *keys, int64_t subscriber,
    const unsigned char *sealed, size_t nsealed)
{
	const char *values[SLOT_KINDS];
	struct iovec iov[PIECES_MAX];
	struct personal p;
	struct address address;
	struct wire wire;
	struct err e;
	size_t n;

	if (keys_open(keys, p.to, sealed, nsealed, &e) == -1) {
		problem(r, REHEARSAL_UNREADABLE, subscriber, "", e.text);
		return;
	}
	/* Its number comes with freezing; any other is as long. */
	personal_fill(&p, keys, (uint64_t)subscriber, UINT32_MAX, 1,
	    r->dated_at, config->return_domain, NULL);
	personal_values(&p, values);
	if (address_parse(&address, p.to, strlen(p.to), &e) == -1 ||
	    message_splice(&ed->edition.message, values, iov, PIECES_MAX, &n,
		&e) == -1) {
		problem(r, REHEARSAL_REFUSED, subscriber, p.to, e.text);
		return;
	}
	destinations_add(&r->destinations, strrchr(address.compare, '@') + 1);
	wire_init(&wire);
	for (size_t i = 0; i < n; i++)
		wire_add(&wire, iov[i].iov_base, iov[i].iov_len);
	if (wire_end(&wire) != WIRE_OK)
		problem(r, REHEARSAL_FORM, subscriber, p.to,
		    wire_fault_text(wire.fault));
	else if (r->relay_size > 0 && wire.bytes > (size_t)r->relay_size)
		problem(r, REHEARSAL_TOO_LARGE, subscriber, p.to, "");
	count(ed, wire.bytes);
}

int
rehearsal_step(struct rehearsal *r, struct database *d,
    const struct config *config, const struct keys *keys, struct err *e)
{
	struct rows rows;
	int n;

	if (DATABASE_RUN(d, &rows, e, "rehearse_page", param_int(r->issue),
		param_int(r->last)) == -1)
		return -1;
	n = rows.n;
	for (int i = 0; i < n; i++) {
		const char *edition = rows_str(&rows, i, "edition");
		const unsigned char *sealed;
		size_t k = 0, size;

		while (strcmp(r->editions[k].edition.name, edition) != 0)
			k++;
		sealed = rows_bytes(&rows, i, "address_sealed", &size);
		r->last = rows_int(&rows, i, "key");
		make(r, &r->editions[k], config, keys, rows_int(&rows, i, "id"),
		    sealed, size);
	}
	r->seen += n;
	rows_done(&rows);
	return n > 0;
}

/* How much longer work of so many seconds takes because of the quiet hours. */
static double
quiet(const struct rows *rows, double work)
{
	double length = (double)rows_int(rows, 0, "length");
	double until_begin = (double)rows_int(rows, 0, "until_begin");
	double until_end = (double)rows_int(rows, 0, "until_end");
	double wait = 0;

	if (until_end > 0 && until_end <= length) {
		wait = until_end;
		until_begin = DAY - length;
	}
	if (work > until_begin)
		wait += length *
		    (double)(1 +
			(int64_t)((work - until_begin) / (DAY - length)));
	return wait;
}

/* The slowest of what there is decides. */
static void
limit(struct rehearsal *r, const struct config *config)
{
	const struct destination *largest = r->destinations.largest;
	double seconds;

	if (config->rate > 0 && (r->rate == 0 || config->rate < r->rate)) {
		r->rate = config->rate;
		r->pace = REHEARSAL_RATE;
	}
	if (r->rate > 0)
		r->seconds = (double)r->seen / r->rate;
	if (config->domain_rate == 0 || largest == NULL)
		return;
	seconds = (double)largest->n / config->domain_rate;
	if (seconds > r->seconds) {
		r->seconds = seconds;
		r->rate = config->domain_rate;
		r->pace = REHEARSAL_DOMAIN_RATE;
	}
}

int
rehearsal_estimate(struct rehearsal *r, struct database *d,
    const struct config *config, struct err *e)
{
	struct rows rows;

	limit(r, config);
	if (r->seconds == 0 || config->quiet_hours[0] == '\0')
		return 0;
	if (DATABASE_RUN(d, &rows, e, "rehearse_quiet", param_int(r->dated_at),
		param_text(config->quiet_hours)) == -1)
		return -1;
	r->quiet_seconds = quiet(&rows, r->seconds);
	r->seconds += r->quiet_seconds;
	rows_done(&rows);
	return 0;
}

bool
rehearsal_clean(const struct rehearsal *r)
{
	for (size_t i = 0; i < REHEARSAL_FAULTS; i++)
		if (r->faults[i] > 0)
			return false;
	return true;
}
