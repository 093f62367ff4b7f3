#include "daemon/send/burial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/send/clerk.h"
#include "daemon/send/journal_replay.h"
#include "daemon/send/ledger.h"

static int
record(struct database *db, const struct journal_record *r, struct err *e)
{
	/* An intent without a result: nobody knows (RFC 1047). */
	static const struct journal_result unknown = { .result = "uncertain",
		.stage = "end-of-data",
		.status = "",
		.text = "The worker ended before the answer came" };
	const struct journal_result *o =
	    r->state == JOURNAL_ENDED ? &r->result : &unknown;
	bool dead = strcmp(o->result, LEDGER_DEAD) == 0;
	bool refused = dead || strcmp(o->result, "refused") == 0;
	char seqs[16];

	(void)snprintf(seqs, sizeof(seqs), "{%d}", (int)r->key.seq);
	if (DATABASE_DO(db, e, "send_record", param_int(r->key.mailing),
		param_int(r->key.attempt),
		param_text(dead ? "refused" : o->result), param_text(o->stage),
		param_int(o->code), param_text(o->status), param_text(o->text),
		param_text(seqs)) == -1)
		return -1;
	return refused
	    ? DATABASE_DO(db, e, "send_refused", param_int(r->key.mailing),
		  param_text(seqs), param_bool(dead))
	    : 0;
}

static int
record_all(struct database *db, const struct journal_replay *replay,
    const struct config *config, struct err *e)
{
	for (size_t i = 0; i < replay->n; i++)
		if (record(db, &replay->records[i], e) == -1)
			return -1;
	return DATABASE_DO(db, e, "send_buried", param_text(replay->worker),
	    param_bool(replay->complete), param_bool(config->hold_uncertain));
}

static int
bury_journal(struct database *db, const struct journal_replay *replay,
    const struct config *config, struct err *e)
{
	char n[24];

	if (database_begin(db, e) == -1)
		return -1;
	if (record_all(db, replay, config, e) == -1) {
		database_rollback(db);
		return -1;
	}
	if (database_commit(db, e) == -1)
		return -1;
	(void)snprintf(n, sizeof(n), "%zu", replay->n);
	log_event(LOG_LEVEL_WARNING, "journal-replayed", "worker",
	    replay->worker, "records", n, "complete",
	    replay->complete ? "yes" : "no", NULL);
	return 0;
}

/* HOST:PID:MOMENT of a process that is no more, though we may have its pid. */
static bool
is_dead(const char *name, const struct clerk_setup *self)
{
	size_t n = strlen(self->host);
	long pid;

	if (strncmp(name, self->host, n) != 0 || name[n] != ':' ||
	    strcmp(name, self->name) == 0)
		return false;
	pid = strtol(name + n + 1, NULL, 10);
	return pid == getpid() ||
	    (pid > 0 && kill((pid_t)pid, 0) == -1 && errno == ESRCH);
}

static int
bury_names(struct database *db, const struct clerk_setup *self, struct err *e)
{
	struct rows r;
	int rc = 0;

	if (DATABASE_RUN(db, &r, e, "send_names", param_text(self->host)) == -1)
		return -1;
	for (int i = 0; i < r.n && rc == 0; i++) {
		const char *name = rows_str(&r, i, "name");

		if (!is_dead(name, self))
			continue;
		log_event(LOG_LEVEL_WARNING, "worker-lost", "worker", name,
		    NULL);
		rc = DATABASE_DO(db, e, "send_buried", param_text(name),
		    param_bool(false),
		    param_bool(self->config->hold_uncertain));
	}
	rows_done(&r);
	return rc;
}

int
bury(struct database *db, const struct clerk_setup *self, struct err *e)
{
	struct journal_replay replay;
	int rc;

	while ((rc = journal_replay(self->config->journal, &replay, e)) == 1) {
		rc = bury_journal(db, &replay, self->config, e);
		journal_replayed(&replay, rc == 0);
		if (rc == -1)
			return -1;
	}
	return rc == -1 ? -1 : bury_names(db, self, e);
}
