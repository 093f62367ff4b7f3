/*
 * clock - the two times a program needs
 *
 * Wall-clock rules (every second Thursday at ten in Amsterdam) are computed
 * by PostgreSQL, never here.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of a clock that only goes forward, also while the machine sleeps
 * (leases do not wait for it); for deadlines. */
int64_t clock_now_ms(void);

#endif
