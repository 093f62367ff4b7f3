/*
 * limit - how often something may be done from one network in an hour
 *
 * Kept in memory only, under a keyed hash whose key lives as long as the
 * process: what is counted cannot be turned back into an address.  The hour of
 * a network begins with its first turn.
 *
 * Limits: LIMIT_NETWORKS networks; when more ask at once, those with the fewest
 *   turns are forgotten first.
 * Threads: all functions may be called from any.
 */
#ifndef DAEMON_WEB_LIMIT_H
#define DAEMON_WEB_LIMIT_H

#include <stdint.h>

#define LIMIT_NETWORKS 16384

struct limit;
struct network;

/* turns 0: any number. */
struct limit *limit_new(unsigned turns);
void limit_free(struct limit *l);

/* Take a turn: 0, or the seconds until there is one again. */
unsigned
limit_take(struct limit *l, const struct network *network, int64_t now_ms);

#endif
