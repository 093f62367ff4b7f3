/*
 * faults - what goes wrong on purpose, and when
 *
 * Two sources.  A rule names a step and which time it is that step's turn
 * ("RCPT:17:421": the 17th RCPT on any connection; "EOD:3+:drop": from the
 * third on; "MAIL:*:452 4.3.1 Full": always, with that reply).  A rate gives
 * every step that chance, by a hash of the seed, the step and its number, so
 * that the same seed hits the same steps whatever happens on other connections.
 *
 * Ownership: faults_new() to faults_free(); the reply of a rule lives as long.
 * Errors: ERR_USAGE for a rule or a rate that cannot be understood.
 * Limits: RULES_MAX rules.
 * Threads: any; one lock.
 */
#ifndef TESTS_SINK_FAULTS_H
#define TESTS_SINK_FAULTS_H

#include <stdint.h>
#include <stdio.h>

struct err;
struct faults;

#define RULES_MAX 64

enum step {
	STEP_CONNECT,
	STEP_EHLO,
	STEP_STARTTLS,
	STEP_AUTH,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_BDAT, /* a chunk that is not the last */
	STEP_CONTENT,
	STEP_EOD, /* after the final dot or the last chunk */
	STEP_RSET,
	STEP_NOOP,
	STEP_QUIT,
	STEPS
};

enum fault {
	FAULT_NONE,
	FAULT_DROP,    /* close without a reply; the message was not taken */
	FAULT_4XX,     /* a reply that says later */
	FAULT_5XX,     /* a reply that says never, about us */
	FAULT_421,     /* that reply, and close */
	FAULT_GARBAGE, /* no SMTP reply, then silence */
	FAULT_SILENCE, /* nothing until the peer or patience ends */
	FAULT_HALF,    /* the beginning of the right reply, and close */
	FAULT_CUT,     /* close in the middle of the content */
	FAULT_LOST,    /* take the message and close before the reply */
	FAULT_DEAD,    /* to RCPT: the address does not exist */
	FAULT_REPLY,   /* the words of a rule */
	FAULTS
};

struct faults *faults_new(void);
void faults_free(struct faults *f);

/* SEED:RATE[:KIND,KIND...]; without kinds those that a sender must get
 * through: all but 5xx and dead. */
int faults_set_rate(struct faults *f, const char *text, struct err *e);
/* STEP:TIMES:ACTION, where TIMES is N, N+ or *. */
int faults_add_rule(struct faults *f, const char *text, struct err *e);
/* A rule a line; empty lines and those that begin with # are skipped. */
int faults_read_script(struct faults *f, const char *path, struct err *e);
/* A line for every fault: STEP NUMBER KIND. */
int faults_set_log(struct faults *f, const char *path, struct err *e);

/*
 * It is step's turn: what goes wrong.  f may be NULL.  *ret_reply is set with
 * FAULT_REPLY, *ret_random always, for details such as where to cut.
 */
enum fault faults_draw(struct faults *f, enum step step, const char **ret_reply,
    uint64_t *ret_random);

/* {"total": 3, "drop": 1, ...}; f may be NULL. */
void faults_print(struct faults *f, FILE *out);

#endif
