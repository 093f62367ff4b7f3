/*
 * verdict - a struct bounce as JSON, and back
 *
 * verdict_work() is what a child of reading.h does with mail that came back;
 * verdict_take() believes none of it: every word, number and length is checked.
 *
 * Ownership: what verdict_take() fills in belongs to the arena.
 * Errors: ERR_INPUT, slug "unreadable".
 * Threads: no state.
 */
#ifndef DAEMON_MAILBOX_VERDICT_H
#define DAEMON_MAILBOX_VERDICT_H

#include <jansson.h>
#include <stddef.h>

#include "base/bounce/bounce.h"

struct arena;
struct err;

/* A reading_work. */
int verdict_work(const char *bytes, size_t n, json_t **ret, struct err *e);

int verdict_take(const json_t *said, struct arena *arena, struct bounce *ret,
    struct err *e);

#endif
