#include "daemon/send/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/send/classify.h"
#include "daemon/send/connections.h"
#include "daemon/send/ledger.h"
#include "daemon/send/pace.h"
#include "daemon/send/smtp_status.h"

#define POLICY_LIMIT 3
#define AWAY_FIRST_MS 1000
#define AWAY_MAX_MS 300000

/* Room for what is in flight and for what else a turn adds. */
bool
loop_has_room(const struct loop *l)
{
	return l->batch->n + l->flights.used < BATCH_MAX - 256;
}

static void
log_attempt(const struct flight *f, const char *verdict,
    const struct smtp_result *result)
{
	char mailing[24], seq[16], code[16];

	(void)snprintf(mailing, sizeof(mailing), "%lld",
	    (long long)f->work->mailing);
	(void)snprintf(seq, sizeof(seq), "%d", (int)f->row->seq);
	(void)snprintf(code, sizeof(code), "%d", result->code);
	log_event(LOG_LEVEL_INFO, "attempt", "mailing", mailing, "seq", seq,
	    "verdict", verdict, "stage", smtp_stage_name(result->stage), "code",
	    code, "reply", result->text, NULL);
}

void
loop_relay_away(struct loop *l, const char *why)
{
	(void)snprintf(l->trouble, sizeof(l->trouble), "%s", why);
	/* Many messages at once say it; it counts as one. */
	if (l->away_until_ms > l->now_ms)
		return;
	if (!atomic_exchange(&l->away, true)) {
		l->away_ms = AWAY_FIRST_MS;
		log_event(LOG_LEVEL_WARNING, "relay-away", "reason", why, NULL);
	} else if (l->away_ms < AWAY_MAX_MS) {
		l->away_ms *= 2;
	}
	l->away_until_ms = l->now_ms + l->away_ms;
}

void
loop_relay_back(struct loop *l)
{
	if (atomic_exchange(&l->away, false))
		log_event(LOG_LEVEL_INFO, "relay-back", NULL);
	l->away_until_ms = 0;
	if (!l->journal_bad)
		l->trouble[0] = '\0';
}

void
loop_brake(struct loop *l, int64_t mailing, const char *reason,
    const char *probe, bool singles)
{
	const struct brake brake = { .mailing = mailing,
		.reason = reason,
		.probe = probe,
		.singles = singles };

	log_event(LOG_LEVEL_ERROR, "paused", "reason", reason, NULL);
	batch_brake(l->batch, &brake);
	l->brake_mailing =
	    l->braking && l->brake_mailing != mailing ? 0 : mailing;
	l->braking = true;
	loop_give_up(l, mailing);
}

void
loop_brake_by_reply(struct loop *l, int64_t mailing,
    const struct smtp_result *result, const char *probe, bool singles)
{
	char reason[SMTP_TEXT_MAX + 64];

	/* While a probe is all that may leave, it is paused already. */
	if (l->braking &&
	    (l->brake_mailing == 0 || l->brake_mailing == mailing))
		return;
	(void)snprintf(reason, sizeof(reason), "%s: %s",
	    smtp_stage_name(result->stage), result->text);
	loop_brake(l, mailing, reason, probe, singles);
}

/* The attempt has an end that goes on record. */
static void
record(struct loop *l, struct flight *f, const char *outcome,
    const struct smtp_result *result, bool dead)
{
	struct journal_key key;
	struct journal_result r;
	struct outcome *o;
	char status[SMTP_STATUS_MAX] = "";

	smtp_status_format(&result->status, status, sizeof(status));
	r = (struct journal_result){ .result = outcome,
		.stage = smtp_stage_name(result->stage),
		.code = result->code,
		.status = status,
		.text = result->text };
	flight_key(f, &key);
	o = batch_add(l->batch, &key, &r);
	o->dead = dead;
	o->journaled = f->intended;
	o->file = f->file;
	if (dead)
		r.result = LEDGER_DEAD;
	/* Without room the intent alone stays: should this process die before
	 * the clerk has the result, the message counts as uncertain. */
	if (f->intended && journal_room(l->journal) > 0)
		journal_result(l->journal, &key, &r);
	f->intended = false;
}

/* It certainly did not arrive, and nothing is to be said of its recipient. */
static void
unsent(struct loop *l, struct flight *f)
{
	struct journal_key key;

	if (!f->intended)
		return;
	flight_key(f, &key);
	if (journal_room(l->journal) > 0)
		journal_unsent(l->journal, &key);
	journal_settled(l->journal, f->file);
	f->intended = false;
}

static enum pace_feedback
feedback_of(enum verdict v, const struct smtp_result *r)
{
	if (v == VERDICT_ACCEPTED)
		return PACE_SUCCESS;
	/* A relay that hangs up says nothing about a destination. */
	if (v == VERDICT_RELAY_AWAY)
		return PACE_NEUTRAL;
	if (r->outcome != SMTP_REPLIED || r->code / 100 != 4)
		return PACE_NEUTRAL;
	if (r->status.subject == 7 && r->status.detail == 28)
		return PACE_COOL;
	return r->code == 421 || r->status.subject == 7 ? PACE_SLOWER
							: PACE_NEUTRAL;
}

static void
release(struct loop *l, struct flight *f)
{
	f->work->open--;
	flight_give(&l->flights, f);
}

/* Not sent: once more, unless its chunk is given back. */
static void
requeue(struct loop *l, struct flight *f)
{
	unsent(l, f);
	f->connection = NULL;
	if (f->work->given_up) {
		release(l, f);
		return;
	}
	f->next = l->again;
	l->again = f;
}

static void
accepted(struct loop *l, struct flight *f, const struct smtp_result *result)
{
	atomic_fetch_add_explicit(&l->accepted, 1, memory_order_relaxed);
	connections_success(l->connections, f->connection);
	pace_relay_feedback(l->pace, PACE_SUCCESS, l->now_ms);
	if (atomic_load_explicit(&l->away, memory_order_relaxed))
		loop_relay_back(l);
	if (f->work->probe)
		l->batch->resume = "message";
	record(l, f, "accepted", result, false);
}

/* A relay that hangs up after a number of messages is not away: the next
 * connection will do. */
static bool
is_tired(const struct flight *f, const struct smtp_result *result)
{
	return f->connection != NULL && f->connection->accepted > 0 &&
	    (result->code == 421 || result->outcome == SMTP_LOST);
}

void
loop_settle(struct loop *l, struct flight *f, const struct smtp_result *result)
{
	enum verdict v = classify(result);
	int64_t mailing = f->work->mailing;

	if (v != VERDICT_ACCEPTED &&
	    !(v == VERDICT_RELAY_AWAY && is_tired(f, result)))
		log_attempt(f, verdict_name(v), result);
	if (f->paced)
		pace_feedback(l->pace, f->domain, feedback_of(v, result),
		    l->now_ms);
	f->paced = false;
	l->policy_in_a_row = v == VERDICT_POLICY ? l->policy_in_a_row + 1 : 0;
	switch (v) {
	case VERDICT_ACCEPTED:
		accepted(l, f, result);
		break;
	case VERDICT_DEFERRED:
		record(l, f, "deferred", result, false);
		break;
	case VERDICT_RECIPIENT_DEAD:
		record(l, f, "refused", result, true);
		break;
	case VERDICT_RECIPIENT_REFUSED:
		record(l, f, "refused", result, false);
		break;
	case VERDICT_UNCERTAIN:
		record(l, f, "uncertain", result, false);
		break;
	case VERDICT_POLICY:
		record(l, f, "deferred", result, false);
		if (l->policy_in_a_row >= POLICY_LIMIT && !f->work->probe)
			loop_brake_by_reply(l, 0, result, "message", false);
		break;
	case VERDICT_CONTENT:
		unsent(l, f);
		loop_brake_by_reply(l, mailing, result, NULL, false);
		break;
	case VERDICT_RELAY_BROKEN:
		unsent(l, f);
		if (!f->work->probe)
			loop_brake_by_reply(l, 0, result, "message", true);
		break;
	case VERDICT_RELAY_AWAY:
		if (!is_tired(f, result)) {
			loop_relay_away(l, result->text);
			if (result->outcome == SMTP_REPLIED)
				pace_relay_feedback(l->pace, PACE_SLOWER,
				    l->now_ms);
		}
		requeue(l, f);
		return;
	}
	release(l, f);
}
