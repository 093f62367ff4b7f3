/*
 * trace - where our own tokens may be in a mail that came back
 *
 * Only what has the length and letters of a token counts; whether it is one is
 * for who has the keys.
 *
 * Ownership: texts belong to the arena.
 */
#ifndef BASE_BOUNCE_TRACE_H
#define BASE_BOUNCE_TRACE_H

#include "base/bounce/bounce.h"
#include "base/bounce/fields.h"

/* top: of the mail itself; original: of what we sent, or NULL. */
void trace_read(const struct fields *top, const struct fields *original,
    struct arena *arena, struct bounce *ret);
/* Of a feedback or disposition report. */
void trace_report(const struct fields *report, struct arena *arena,
    struct bounce *ret);

#endif
