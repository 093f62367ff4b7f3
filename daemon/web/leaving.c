#include "daemon/web/leaving.h"

#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/web/reader.h"
#include "daemon/web/site.h"

static const char role[] = "web";

/* Of the columns address_hash and at of the only row. */
static bool
read_person(const struct rows *r, struct departure *what)
{
	const unsigned char *hash;
	size_t n;

	if (r->n != 1 || rows_null(r, 0, "address_hash"))
		return false;
	what->at = rows_int(r, 0, "at");
	what->has_hash = true;
	hash = rows_bytes(r, 0, "address_hash", &n);
	memcpy(what->hash, hash, sizeof(what->hash));
	return true;
}

/* Who changed in the transaction that is open; false when the database does not
 * say. */
static bool
look(const struct reader *d, struct departure *what)
{
	struct rows r;
	struct err e;
	bool found;

	if (DATABASE_RUN(d->db, &r, &e, "web_departure", param_int(d->id)) ==
	    -1)
		return false;
	found = read_person(&r, what);
	rows_done(&r);
	return found;
}

static void
write_line(const struct reader *d, const struct departure *what)
{
	struct err e;

	if (departures_write(d->worker->site->config->departures, role, what,
		false, &e) == -1)
		log_event(LOG_LEVEL_ERROR, "departures-failed", "error", e.text,
		    NULL);
}

int
leaving_do(const struct reader *d, struct departure what, const char *query,
    const struct param *p, size_t n, bool *ret_changed, struct err *e)
{
	bool back = what.word == DEPARTURE_RETURNED;
	bool changed, known = false;
	struct rows rows;

	/* Who moved to another address since a backup is known by number. */
	what.subscriber = d->id;
	what.mailing = d->mailing;
	if (database_begin(d->db, e) == -1)
		return -1;
	if (database_run(d->db, &rows, e, query, p, n) == -1)
		goto bad;
	changed = rows_bool(&rows, 0, "changed");
	if (changed && what.word == DEPARTURE_ERASED)
		known = read_person(&rows, &what); /* nobody is left to ask */
	rows_done(&rows);
	if (changed && what.word != DEPARTURE_ERASED)
		known = look(d, &what);
	if (known && !back)
		write_line(d, &what);
	if (database_commit(d->db, e) == -1)
		goto bad;
	if (known && back)
		write_line(d, &what);
	*ret_changed = changed;
	return 0;
bad:
	database_rollback(d->db);
	return -1;
}

int
leaving_note(const struct reader *d, const char *way, struct err *e)
{
	struct departure what = { .word = DEPARTURE_UNSUBSCRIBED,
		.subscriber = d->id,
		.mailing = d->mailing };

	(void)snprintf(what.way, sizeof(what.way), "%s", way);
	if (departures_write(d->worker->site->config->departures, role, &what,
		true, e) == -1)
		return -1;
	log_event(LOG_LEVEL_WARNING, "departure-noted", NULL);
	return 0;
}
