/*
 * content - what a mail from outside consists of, as far as it matters here
 *
 * Picks from the parts: the words for people, the reports, what we sent.
 *
 * Ownership: borrows from the bytes of the mail; the rest is the arena's.
 */
#ifndef BASE_BOUNCE_CONTENT_H
#define BASE_BOUNCE_CONTENT_H

#include "base/bounce/mail.h"

#define CONTENT_REPORTS_MAX 8
#define CONTENT_REPORT_MAX ((size_t)256 * 1024)

struct content {
	struct mail mail;
	const struct fields *top;
	const char *subject; /* UTF-8 */
	struct slice text;   /* for people, without what we sent */
	struct slice reports[CONTENT_REPORTS_MAX]; /* of delivery */
	size_t nreports;
	bool is_typed; /* the reports stood in parts of such a type */
	struct fields feedback, receipt; /* n == 0: there is none */
	/* What we sent, as a part or quoted in the text. */
	struct fields original;
	struct slice original_bytes;
};

void content_read(struct slice bytes, struct arena *arena, struct content *ret);

/* The words of who wrote, without what is quoted behind or between them. */
struct slice content_own_words(struct slice text, struct arena *arena);

#endif
