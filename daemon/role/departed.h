/*
 * departed - what a role does with the journals of departures
 *
 * departures_apply() with a line in the log for what it changed, which is
 * nothing unless the database was away or was set back.
 *
 * Errors: those of departures_apply().
 * Threads: those of a struct database.
 */
#ifndef DAEMON_ROLE_DEPARTED_H
#define DAEMON_ROLE_DEPARTED_H

#include "base/departures_apply.h"

struct database;
struct err;

int departed_apply(struct database *db, const char *dir, struct err *e);

#endif
