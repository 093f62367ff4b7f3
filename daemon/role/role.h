/*
 * role - what every role program does
 *
 * A role is configuration, a connection to the database as the database role
 * tweeluik_NAME with the queries of sql/queries/role.sql, departures.sql and NAME.sql, a sign
 * of life every five seconds (table role_state, systemd's watchdog), and an
 * orderly end.  Its main is:
 *
 *	struct role r;
 *	struct err e;
 *	int rc = role_start(&r, argc, argv, "schedule", &e);
 *
 *	if (rc == 1)
 *		rc = role_loop(&r, step, NULL, 10000, &e);
 *	return role_end(&r, rc, &e);
 *
 * SIGTERM and SIGINT end it with exit code 0 after the current step.  SIGHUP
 * does too: who started it (tweeluikd, systemd) starts it anew, and so it
 * reads its configuration again.
 *
 * The channel tweeluik_NAME of NOTIFY is listened to, also after the
 * connection was lost.
 *
 * Ownership: role_end() frees what role_start() made, also after an error.
 * Errors: those of base/config.h and base/database.h; ERR_CONFIG when the
 *   database has another schema.
 * Threads: the thread of role_start(); role_stopping() may be called by all.
 */
#ifndef DAEMON_ROLE_ROLE_H
#define DAEMON_ROLE_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/database.h"
#include "base/err.h"
#include "daemon/role/options.h"

struct role {
	const char *name;
	struct options options;
	struct config config;
	struct database *db;
	int wake_fd; /* readable, and staying so, once the role must stop */

	char program[32]; /* the rest is for role.c */
	char host[64];
	char status[200];
	bool running;
	int64_t beat_at_ms;
};

/* 1: start, 0: there is nothing to do (--help, --version), -1: error. */
int role_begin(struct role *r, int argc, char **argv, const char *name,
    struct err *e); /* all but the database, which role_loop() waits for */
int role_start(struct role *r, int argc, char **argv, const char *name,
    struct err *e);
int role_end(struct role *r, int rc, const struct err *e);

/* A step did some of its work: 1 there may be more, 0 nothing is due. */
typedef int role_step(struct role *r, void *arg, struct err *e);

/*
 * Call step until the role must stop, pausing when nothing is due for
 * pause_ms or until NOTIFY.  With --once it ends when nothing is due; with
 * --check-config it ends before the first step.  When step fails with
 * ERR_TEMP it is called again once the database is back.
 */
int role_loop(struct role *r, role_step *step, void *arg, int pause_ms,
    struct err *e);

bool role_stopping(const struct role *r);

/* Wait for NOTIFY (returns 1), the time or the end (0). */
int role_wait(struct role *r, int timeout_ms, struct err *e);

/* Give a sign of life if it is time for one; for steps that take long. */
int role_beat(struct role *r, struct err *e);

/* What `systemctl status` and `tweeluik status` show of the role. */
void role_status(struct role *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
