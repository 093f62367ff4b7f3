#include "daemon/send/worker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/personal.h"
#include "base/splice.h"
#include "daemon/send/classify.h"
#include "daemon/send/smtp_client.h"

#define MESSAGE_MAX ((size_t)1024 * 1024)
#define PIECES_MAX 4096
#define CACHED 4
#define CHUNK_BUDGET_MS 2000
#define IDLE_WAIT_MS 2000
#define POLICY_LIMIT 3
#define AWAY_FIRST_MS 1000
#define AWAY_MAX_MS 300000

struct cached {
	int64_t id;
	struct message message;
};

struct worker {
	struct worker_setup setup;
	struct smtp_config smtp;
	char port[8];
	char name[128];
	pthread_t thread;
	struct database *db;
	struct smtp_client *client;
	struct cached cache[CACHED]; /* the three editions, and one more */
	size_t next_cached;
	struct iovec iov[PIECES_MAX];
	int policy_in_a_row;
	int away_ms;
	atomic_bool away;
	atomic_bool running;
	atomic_long accepted;
};

/* What to do after a message. */
enum next {
	NEXT_MESSAGE,
	NEXT_CHUNK, /* give the rest back, lease again */
	NEXT_LATER, /* the relay is away */
};

struct recipient {
	int64_t mailing;
	int chunk;
	int attempt;
	int seq;
	int64_t message;
	int64_t subscriber; /* 0: none */
	int64_t dated_at;
	const unsigned char *sealed;
	size_t nsealed;
	bool deliverable;
};

static bool
stopping(const struct worker *w)
{
	struct pollfd p = { .fd = w->setup.stop_fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Wait, or until it is time to stop. */
static void
pause_ms(const struct worker *w, int ms)
{
	struct pollfd p = { .fd = w->setup.stop_fd, .events = POLLIN };

	(void)poll(&p, 1, ms);
}

static void
log_recipient(enum log_level level, const char *event, const char *verdict,
    const struct recipient *r, const struct smtp_result *result)
{
	char mailing[24], seq[16], code[16];

	(void)snprintf(mailing, sizeof(mailing), "%lld", (long long)r->mailing);
	(void)snprintf(seq, sizeof(seq), "%d", r->seq);
	(void)snprintf(code, sizeof(code), "%d", result->code);
	log_event(level, event, "mailing", mailing, "seq", seq, "verdict",
	    verdict, "stage", smtp_stage_name(result->stage), "code", code,
	    "reply", result->text, NULL);
}

static void
read_recipient(struct recipient *r, const struct rows *rows, int i)
{
	r->mailing = rows_int(rows, i, "mailing_id");
	r->chunk = (int)rows_int(rows, i, "chunk_no");
	r->attempt = (int)rows_int(rows, i, "attempt");
	r->seq = (int)rows_int(rows, i, "seq");
	r->message = rows_int(rows, i, "message_id");
	r->subscriber = rows_int(rows, i, "subscriber_id");
	r->dated_at = rows_int(rows, i, "dated_at");
	r->deliverable = rows_bool(rows, i, "deliverable");
	r->sealed = rows_bytes(rows, i, "address_sealed", &r->nsealed);
}

static const struct message *
load_message(struct worker *w, int64_t id, struct err *e)
{
	struct cached *c;
	struct rows r;
	const unsigned char *bytes, *slots;
	size_t nbytes, nslots;
	int rc = -1;

	for (size_t i = 0; i < CACHED; i++)
		if (w->cache[i].id == id)
			return &w->cache[i].message;
	if (DATABASE_RUN(w->db, &r, e, "send_message", param_int(id)) == -1)
		return NULL;
	c = &w->cache[w->next_cached];
	w->next_cached = (w->next_cached + 1) % CACHED;
	if (c->id != 0)
		message_done(&c->message);
	c->id = 0;
	message_init(&c->message, MESSAGE_MAX);
	if (r.n == 1) {
		bytes = rows_bytes(&r, 0, "bytes", &nbytes);
		slots = rows_bytes(&r, 0, "slots", &nslots);
		if (buf_add(&c->message.bytes, bytes, nbytes) == 0)
			rc = slot_unpack(slots, nslots, nbytes,
			    &c->message.slots, &c->message.nslots, e);
		else
			rc = err_set(e, ERR_LIMIT, "A message is too large");
	} else {
		rc = err_set(e, ERR_SYS, "A message is missing");
	}
	rows_done(&r);
	if (rc == -1) {
		message_done(&c->message);
		return NULL;
	}
	c->id = id;
	return &c->message;
}

static int
record(struct worker *w, const struct recipient *r, const char *outcome,
    const struct smtp_result *result, struct err *e)
{
	char status[SMTP_STATUS_MAX] = "";

	if (result == NULL)
		return DATABASE_DO(w->db, e, "send_outcome",
		    param_int(r->mailing), param_int(r->seq),
		    param_int(r->attempt), param_text(outcome), param_null(),
		    param_int(0), param_text(""), param_text(""));
	smtp_status_format(&result->status, status, sizeof(status));
	/* The reply to a message that was accepted holds nothing anybody
	 * needs, and it may hold a queue id of the relay. */
	return DATABASE_DO(w->db, e, "send_outcome", param_int(r->mailing),
	    param_int(r->seq), param_int(r->attempt), param_text(outcome),
	    param_text(smtp_stage_name(result->stage)), param_int(result->code),
	    param_text(status),
	    param_text(outcome[0] == 'a' ? "" : result->text));
}

/* mailing 0: all of them. */
static int
brake(struct worker *w, int64_t mailing, const char *reason, struct err *e)
{
	log_event(LOG_LEVEL_ERROR, "paused", "reason", reason, NULL);
	return DATABASE_DO(w->db, e, "send_pause",
	    mailing != 0 ? param_int(mailing) : param_null(),
	    param_text(reason));
}

static int
brake_by_reply(struct worker *w, int64_t mailing,
    const struct smtp_result *result, struct err *e)
{
	char reason[SMTP_TEXT_MAX + 64];

	(void)snprintf(reason, sizeof(reason), "%s: %s",
	    smtp_stage_name(result->stage), result->text);
	return brake(w, mailing, reason, e);
}

static void
relay_away(struct worker *w, const char *why)
{
	if (!atomic_exchange(&w->away, true)) {
		w->away_ms = AWAY_FIRST_MS;
		log_event(LOG_LEVEL_WARNING, "relay-away", "reason", why, NULL);
	} else if (w->away_ms < AWAY_MAX_MS) {
		w->away_ms *= 2;
	}
}

static void
close_client(struct worker *w)
{
	if (w->client != NULL)
		smtp_client_close(w->client);
	w->client = NULL;
}

/* Returns -1 when the database is away. */
static int
open_client(struct worker *w, enum next *ret_next, struct err *e)
{
	struct smtp_result result;
	struct err why;

	if (w->client != NULL && smtp_client_is_open(w->client))
		return 0;
	close_client(w);
	if (smtp_client_open(&w->client, &w->smtp, &why, &result) == 0) {
		if (atomic_exchange(&w->away, false))
			log_event(LOG_LEVEL_INFO, "relay-back", NULL);
		return 0;
	}
	w->client = NULL;
	*ret_next = NEXT_LATER;
	if (stopping(w))
		return 0;
	if (classify(&result) == VERDICT_RELAY_BROKEN)
		return brake_by_reply(w, 0, &result, e);
	relay_away(w, why.text);
	return 0;
}

/* Act on what became of a message.  Returns -1 when the database is away. */
static int
settle(struct worker *w, const struct recipient *r,
    const struct smtp_result *result, enum next *ret_next, struct err *e)
{
	enum verdict v = classify(result);

	log_recipient(v == VERDICT_ACCEPTED ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
	    "attempt", verdict_name(v), r, result);
	w->policy_in_a_row = v == VERDICT_POLICY ? w->policy_in_a_row + 1 : 0;
	switch (v) {
	case VERDICT_ACCEPTED:
		atomic_fetch_add(&w->accepted, 1);
		return record(w, r, "accepted", result, e);
	case VERDICT_DEFERRED:
		return record(w, r, "deferred", result, e);
	case VERDICT_RECIPIENT_DEAD:
		if (record(w, r, "refused", result, e) == -1)
			return -1;
		char status[SMTP_STATUS_MAX];
		smtp_status_format(&result->status, status, sizeof(status));
		return DATABASE_DO(w->db, e, "send_dead",
		    param_int(r->subscriber), param_text(status));
	case VERDICT_RECIPIENT_REFUSED:
		return record(w, r, "refused", result, e);
	case VERDICT_UNCERTAIN:
		return record(w, r, "uncertain", result, e);
	case VERDICT_POLICY:
		if (record(w, r, "deferred", result, e) == -1)
			return -1;
		if (w->policy_in_a_row < POLICY_LIMIT)
			return 0;
		*ret_next = NEXT_CHUNK;
		return brake_by_reply(w, 0, result, e);
	case VERDICT_CONTENT:
		*ret_next = NEXT_CHUNK;
		return brake_by_reply(w, r->mailing, result, e);
	case VERDICT_RELAY_BROKEN:
		*ret_next = NEXT_CHUNK;
		return brake_by_reply(w, 0, result, e);
	case VERDICT_RELAY_AWAY:
		*ret_next = NEXT_LATER;
		relay_away(w, result->text);
		return 0;
	}
	abort();
}

/* The recipient's own copy of the message, in w->iov.  -1 for what no later
 * attempt would mend: a wrong key, a damaged message. */
static int
make_copy(struct worker *w, const struct recipient *r, const struct message *m,
    struct personal *p, size_t *ret_n, struct err *e)
{
	const char *values[SLOT_KINDS];

	if (keys_open(w->setup.keys, p->to, r->sealed, r->nsealed, e) == -1)
		return -1;
	personal_fill(p, w->setup.keys, (uint64_t)r->subscriber,
	    (uint32_t)r->mailing, (uint32_t)r->seq, r->dated_at,
	    w->setup.config->return_domain);
	personal_values(p, values);
	return message_splice(m, values, w->iov, PIECES_MAX, ret_n, e);
}

static int
deliver(struct worker *w, const struct recipient *r, enum next *ret_next,
    struct err *e)
{
	const struct message *m;
	struct personal p;
	struct smtp_result result;
	size_t n;

	if (!r->deliverable)
		return record(w, r, "suppressed", NULL, e);
	m = load_message(w, r->message, e);
	if (m == NULL && e->kind == ERR_TEMP)
		return -1;
	if (m == NULL || make_copy(w, r, m, &p, &n, e) == -1) {
		*ret_next = NEXT_CHUNK;
		return brake(w, r->mailing, e->text, e);
	}
	if (open_client(w, ret_next, e) == -1)
		return -1;
	if (*ret_next != NEXT_MESSAGE)
		return 0;
	smtp_client_send(w->client, p.envelope_sender, p.to, w->iov, (int)n,
	    message_splice_size(w->iov, n), &result);
	return settle(w, r, &result, ret_next, e);
}

static int
finish(struct worker *w, const struct recipient *r, struct err *e)
{
	const struct config *c = w->setup.config;
	size_t i = (size_t)r->attempt - 1;

	if (i >= c->nretry)
		i = c->nretry - 1;
	return DATABASE_DO(w->db, e, "send_finish", param_int(r->mailing),
	    param_int(r->chunk), param_text(w->name),
	    param_int(c->retry_minutes[i]), param_bool(c->hold_uncertain));
}

/* One lease.  1: worked, 0: nothing is due, -1: the database is away. */
static int
work(struct worker *w, struct err *e)
{
	int64_t until = clock_now_ms() + CHUNK_BUDGET_MS;
	enum next next = NEXT_MESSAGE;
	struct recipient r;
	struct rows rows;
	int rc = 0;

	if (DATABASE_RUN(w->db, &rows, e, "send_lease", param_text(w->name),
		param_int(WORKER_LEASE_SECONDS)) == -1)
		return -1;
	if (rows.n == 0) {
		rows_done(&rows);
		return 0;
	}
	for (int i = 0; i < rows.n && rc == 0 && next == NEXT_MESSAGE; i++) {
		if (stopping(w) || clock_now_ms() > until)
			break;
		read_recipient(&r, &rows, i);
		rc = deliver(w, &r, &next, e);
	}
	read_recipient(&r, &rows, 0);
	rows_done(&rows);
	if (rc == -1 || finish(w, &r, e) == -1)
		return -1;
	if (next == NEXT_LATER)
		pause_ms(w, w->away_ms);
	return 1;
}

static int
connect_database(struct worker *w, struct err *e)
{
	static const char *const files[] = { "send", NULL };

	if (w->db == NULL &&
	    database_open(&w->db, w->setup.config->database, "tweeluik_send",
		files, e) == -1)
		return -1;
	/* What was leased when the connection was lost is free again. */
	if (DATABASE_DO(w->db, e, "send_release", param_text(w->name)) == -1)
		return -1;
	return database_listen(w->db, "tweeluik_send", e);
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	struct err e;

	while (!stopping(w)) {
		int rc = w->db == NULL ? connect_database(w, &e) : 0;

		if (rc == 0)
			rc = work(w, &e);
		if (rc == 0 && w->setup.once)
			break;
		if (rc == 0) {
			/* An idle relay would hang up by itself. */
			close_client(w);
			rc = database_wait(w->db, IDLE_WAIT_MS,
			    w->setup.stop_fd, &e);
		}
		if (rc != -1)
			continue;
		log_event(LOG_LEVEL_ERROR, "worker", "error", e.text, NULL);
		close_client(w);
		database_close(w->db);
		w->db = NULL;
		pause_ms(w, IDLE_WAIT_MS);
	}
	close_client(w);
	database_close(w->db);
	atomic_store(&w->running, false);
	return NULL;
}

static void
set_up_smtp(struct worker *w)
{
	const struct config *c = w->setup.config;

	smtp_config_init(&w->smtp);
	(void)snprintf(w->port, sizeof(w->port), "%d", c->relay_port);
	w->smtp.host = c->relay_host;
	w->smtp.port = w->port;
	w->smtp.tls = c->relay_tls == CONFIG_TLS_STARTTLS ? SMTP_TLS_STARTTLS
	    : c->relay_tls == CONFIG_TLS_IMPLICIT	  ? SMTP_TLS_IMPLICIT
							  : SMTP_TLS_NONE;
	w->smtp.ca_file = c->relay_ca_file;
	w->smtp.user = c->relay_user;
	w->smtp.password = w->setup.password;
	w->smtp.helo = c->relay_helo != NULL ? c->relay_helo : c->list_id;
	w->smtp.cancel_fd = w->setup.stop_fd;
}

int
worker_start(struct worker **ret, const struct worker_setup *setup,
    struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));
	int why;

	if (w == NULL)
		abort();
	w->setup = *setup;
	(void)snprintf(w->name, sizeof(w->name), "%s:%d", setup->process,
	    setup->number);
	atomic_store(&w->running, true);
	set_up_smtp(w);
	why = pthread_create(&w->thread, NULL, run, w);
	if (why != 0) {
		free(w);
		return err_sys(e, why, "A worker cannot be started");
	}
	*ret = w;
	return 0;
}

void
worker_join(struct worker *w)
{
	(void)pthread_join(w->thread, NULL);
	for (size_t i = 0; i < CACHED; i++)
		if (w->cache[i].id != 0)
			message_done(&w->cache[i].message);
	free(w);
}

bool
worker_is_running(const struct worker *w)
{
	return atomic_load(&w->running);
}

long
worker_accepted(const struct worker *w)
{
	return atomic_load(&w->accepted);
}

bool
worker_relay_is_away(const struct worker *w)
{
	return atomic_load(&w->away);
}
