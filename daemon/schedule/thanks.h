/*
 * thanks - what the answer to a contribution tells its sender
 *
 * Puts into the document of the letter: outcome (item, empty, too-long),
 * verified, guess (a language), title with its title-lang, deadline, and for each
 * attachment that was left out a <left-out> with its name.
 *
 * Ownership: everything is borrowed for the call.
 * Errors: those of the database.
 * Threads: those of a struct database.
 */
#ifndef DAEMON_SCHEDULE_THANKS_H
#define DAEMON_SCHEDULE_THANKS_H

#include <libxml/tree.h>
#include <stdint.h>

struct database;
struct err;

int
thanks_add(struct database *d, int64_t letter, xmlNodePtr root, struct err *e);

#endif
