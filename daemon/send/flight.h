/*
 * flight - one message on its way: the recipient's own copy and its place
 *
 * A copy is pieces of the stored message and the recipient's values in turn
 * (base/splice.h); making one allocates nothing once its flight has been used
 * for a message of that many pieces.
 *
 * Ownership: flights_free() frees all of them; a flight borrows its work.
 * Errors: flight_prepare() fails with what no later attempt would mend: a
 *   wrong key, a damaged message.
 * Limits: as many at a time as flights_new() was told.
 * Threads: one.
 */
#ifndef DAEMON_SEND_FLIGHT_H
#define DAEMON_SEND_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/personal.h"
#include "daemon/send/journal.h"
#include "daemon/send/smtp_machine.h"

struct connection;
struct err;
struct keys;
struct work;
struct work_row;

struct flight {
	struct work *work;
	const struct work_row *row;
	struct connection *connection;
	int domain;    /* of pace */
	bool paced;    /* counts as in flight there */
	bool prepared; /* the copy is made */
	bool intended; /* stands in the journal */
	uint32_t file; /* of the journal */
	struct smtp_message message;
	struct personal personal;
	struct iovec *iov;
	size_t iov_max;
	struct flight *next;
};

struct flights {
	struct flight *all, *unused;
	int n, used;
};

void flights_init(struct flights *f, int max);
void flights_done(struct flights *f);

/* NULL when all are in use. */
struct flight *
flight_take(struct flights *f, struct work *w, const struct work_row *row);
void flight_give(struct flights *f, struct flight *flight);

/* Open the address, into personal.to. */
int
flight_address(struct flight *flight, const struct keys *keys, struct err *e);

/* Make the copy, after flight_address(). */
int flight_prepare(struct flight *flight, const struct keys *keys,
    const char *return_domain, struct err *e);

void flight_key(const struct flight *flight, struct journal_key *ret);

#endif
