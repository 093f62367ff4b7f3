/*
 * scrub - what a mail system said, without whom it said it of
 *
 * Whatever has an @ in it becomes "<...>", and so do the two sides of one
 * address that is known to be meant, where they stand alone: "user jansen
 * unknown", "no mail for organisation.example".
 *
 * Ownership: what comes out belongs to the arena.
 * Limits: none but those of the text, which is one line of a report.
 * Threads: no state.
 */
#ifndef BASE_BOUNCE_SCRUB_H
#define BASE_BOUNCE_SCRUB_H

struct arena;

/* address may be NULL. */
const char *scrub(struct arena *arena, const char *text, const char *address);

#endif
