/*
 * arena - memory for one unit of work, freed at once
 *
 * Ownership: what comes out belongs to the arena; arena_done() frees it all.
 * Errors: running out of memory aborts the process (every program here keeps
 *   its state in PostgreSQL, so dying is safe and restarting is the cure).
 * Limits: the maximum given to arena_init() is a bound on a unit of work that
 *   strangers control; passing it aborts too, so check sizes before.
 * Threads: an arena belongs to one thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used;
	size_t max;
};

void arena_init(struct arena *a, size_t max_bytes);
void arena_done(struct arena *a);

/* Free everything, keep the arena. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((returns_nonnull, alloc_size(2)));

char *
arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));
char *arena_memdup(struct arena *a, const void *p, size_t n)
    __attribute__((returns_nonnull)); /* adds a NUL behind the copy */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0), returns_nonnull));

#endif
