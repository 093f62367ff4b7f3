/*
 * evidence - whether a mail is a report of a mail system at all
 *
 * Words alone prove nothing: people quote reports, newsletters write about
 * them and parcels are undeliverable too.  So two things must come together:
 * the mail comes from a mail system, and it says that delivery failed.
 */
#ifndef BASE_BOUNCE_EVIDENCE_H
#define BASE_BOUNCE_EVIDENCE_H

#include "base/bounce/content.h"
#include "base/bounce/words.h"

struct evidence {
	int machine;	/* points for coming from a mail system */
	int says;	/* points for saying that delivery failed */
	bool is_daemon; /* From is a mail system by name */
	bool is_robot;	/* From is a program by name, of whatever kind */
	bool is_marked; /* a field or subject as only reports have */
	bool is_named;	/* a list or a reply names who it is about */
	bool is_told;	/* the sentence that says it failed does */
	bool is_null_sender;
	bool is_delayed, is_delivered; /* what the words say became of it */
};

void evidence_weigh(const struct content *c, const struct words *w,
    struct arena *arena, struct evidence *ret);

/* Enough to call it a report when it has no fields. */
bool evidence_is_report(const struct evidence *e);

#endif
