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

bool
leaving_look(const struct reader *d, enum departure_word word, const char *way,
    struct departure *ret)
{
	const unsigned char *hash;
	struct rows r;
	struct err e;
	size_t n;
	bool found;

	if (DATABASE_RUN(d->db, &r, &e, "web_departure", param_int(d->id)) ==
	    -1)
		return false;
	found = r.n == 1;
	if (found) {
		*ret = (struct departure){ .word = word,
			.at = rows_int(&r, 0, "at"),
			.has_hash = true };
		hash = rows_bytes(&r, 0, "address_hash", &n);
		memcpy(ret->hash, hash, sizeof(ret->hash));
		(void)snprintf(ret->way, sizeof(ret->way), "%s", way);
	}
	rows_done(&r);
	return found;
}

void
leaving_write(const struct reader *d, const struct departure *what)
{
	struct err e;

	if (departures_write(d->worker->site->config->departures, role, what,
		false, &e) == -1)
		log_event(LOG_LEVEL_ERROR, "departures-failed", "error", e.text,
		    NULL);
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
