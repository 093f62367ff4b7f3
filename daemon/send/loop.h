/*
 * loop - the turn of a worker: what the files loop*.c share
 *
 * One turn:
 *	receive		replies come in; each says how a message ended
 *	fill		rows of leased chunks become messages in flight
 *	commit		intents of those whose last byte may now leave
 *	journal		one write: results and intents
 *	transmit	gathered writes to every connection
 *	hand over	outcomes and finished chunks to the clerk
 *
 * Nothing leaves while the journal cannot be written or the lease is in doubt.
 *
 * Threads: a loop belongs to one thread; `accepted` and `away` may be read by
 *   others.
 */
#ifndef DAEMON_SEND_LOOP_H
#define DAEMON_SEND_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/send/batch.h"
#include "daemon/send/clerk.h"
#include "daemon/send/flight.h"
#include "daemon/send/smtp_client.h"
#include "daemon/send/worker.h"

struct connection;
struct connections;
struct journal;
struct pace;

/* A row that waits for its destination; the flight is not kept. */
struct parked {
	struct work *work;
	int row;
	int64_t until_ms;
};

struct loop {
	const struct worker_setup *setup;
	const char *name;
	struct smtp_config smtp;
	char port[8];
	int epoll_fd;
	struct clerk *clerk;
	struct clerk_state clerk_state; /* as seen in this turn */
	bool probe_wanted;
	struct connections *connections;
	struct journal *journal; /* NULL until its folder could be opened */
	struct pace *pace;
	struct flights flights;

	struct work *works; /* all that are held, oldest first */
	int nworks;
	unsigned int epoch;
	struct flight *again; /* were not sent after all */
	struct parked *parked;
	int nparked, parked_max;
	int64_t parked_next_ms; /* none of them before */
	int64_t wait_until_ms;	/* the relay's rate: nobody may go before */

	struct batch batches[2];
	struct batch *batch; /* the one being filled */
	int64_t batch_since_ms;
	bool braking;	       /* a brake is not on record yet */
	int64_t brake_mailing; /* which, 0: all */

	int policy_in_a_row;
	int64_t away_until_ms; /* the relay is: nothing before */
	int away_ms;
	int64_t journal_retry_ms;
	bool journal_bad;
	char trouble[200];   /* what is wrong with the relay or the journal */
	uint64_t relay_size; /* of messages it takes, 0: any */

	int64_t now_ms; /* at the start of the turn */
	int64_t told_ms, paced_ms;
	int64_t stop_by_ms; /* 0: not stopping */

	atomic_long accepted;
	atomic_bool away;
};

/* loop.c */
void
loop_init(struct loop *l, const struct worker_setup *setup, const char *name);
void loop_done(struct loop *l);
/* Until it is time to stop, or with `once` until nothing is due.  The clerk has
 * ended then. */
void loop_run(struct loop *l);

bool loop_lease_holds(const struct loop *l);

/* loop_fill.c: from leased chunks to the connections */
void loop_take_works(struct loop *l);
void loop_fill(struct loop *l);
/* Rows that could be sent if there were room. */
int loop_pending(const struct loop *l);
/* No further row of a mailing (0: of any) is to be taken. */
void loop_give_up(struct loop *l, int64_t mailing);
/* Chunks of which nothing is under way any more go back. */
void loop_close_works(struct loop *l);

/* loop_settle.c: from an end to the ledger */
void
loop_settle(struct loop *l, struct flight *f, const struct smtp_result *result);
void loop_brake(struct loop *l, int64_t mailing, const char *reason,
    const char *probe, bool singles);
void loop_brake_by_reply(struct loop *l, int64_t mailing,
    const struct smtp_result *result, const char *probe, bool singles);
void loop_relay_away(struct loop *l, const char *why);
void loop_relay_back(struct loop *l);
bool loop_has_room(const struct loop *l); /* in the batch */

#endif
