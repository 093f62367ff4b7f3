/*
 * pace_table - destinations by name; the one idle for longest makes room
 *
 * Ownership: the table is part of its owner, and holds no pointers.
 * Errors: none.
 * Limits: PACE_DOMAINS_MAX destinations; of a longer name its last
 *   PACE_NAME_MAX - 1 bytes count.
 * Threads: one.
 */
#ifndef DAEMON_SEND_PACE_TABLE_H
#define DAEMON_SEND_PACE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/send/pace.h"

#define PACE_NAME_MAX 64

struct pace_entry {
	char name[PACE_NAME_MAX]; /* in lower case */
	int64_t bucket_ns;	  /* pace.c */
	int64_t cool_until_ms;	  /* 0: none */
	double concurrency;
	int failures;
	int in_flight;
	bool full;	  /* all it may have was in use since it grew */
	int same_hash;	  /* next of a list, -1: none */
	int older, newer; /* while idle */
};

struct pace_table {
	int n;
	int oldest, newest; /* idle ones, -1: none */
	int by_hash[PACE_DOMAINS_MAX];
	struct pace_entry entries[PACE_DOMAINS_MAX];
};

void pace_table_init(struct pace_table *t);

/* The entry of a name; a new one has nothing but its name.  NULL when all of
 * them have messages in flight. */
struct pace_entry *pace_table_find(struct pace_table *t, const char *name);

/* One more or one less in flight. */
void pace_table_take(struct pace_table *t, struct pace_entry *d);
void pace_table_give(struct pace_table *t, struct pace_entry *d);

#endif
