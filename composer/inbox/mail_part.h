/*
 * mail_part - the texts of a mail, found in its parts
 *
 * Ownership: what comes out is in the arena.
 * Limits: those of composer/inbox/mail_item.h; MAIL_PART_DEPTH levels, deeper
 *   parts are left out.
 * Threads: no state.
 * Source: RFC 2046, RFC 2387, RFC 3676.
 */
#ifndef COMPOSER_INBOX_MAIL_PART_H
#define COMPOSER_INBOX_MAIL_PART_H

#include <gmime/gmime.h>
#include <stdbool.h>

#include "composer/inbox/mail_item.h"

#define MAIL_PART_DEPTH 20

struct arena;
struct buf;

struct mail_part_reader {
	struct arena *arena;
	struct buf *body;	/* Markdown, as far as it was read */
	struct mail_item *item; /* gets what was left out */
	bool forwarded;		/* the subject says so */
	bool too_long;
	GMimeMessage *attached; /* the first mail among the parts */
};

void mail_part_read(struct mail_part_reader *r, GMimeObject *part);

/* One line of what may stand on a screen, at most max bytes, "..." at its end
 * when it was longer; s may be NULL. */
const char *mail_part_line(struct arena *a, const char *s, size_t max);

#endif
