/*
 * mail - the parts of one mail, as slices of its bytes
 *
 * A scanner, not a tree of objects: reports from mail systems are small, come
 * by the thousand and are often mangled, and what strangers send must cost
 * next to nothing however it is built.  What is attached as a mail is one part
 * here; mail_read() reads it in turn when its content is wanted.
 *
 * Mends what real systems break: a mailbox line in front, header and body
 * without an empty line between, a boundary that is missing, wrong or never
 * closed.
 *
 * Ownership: borrows from the bytes; lists and words belong to the arena.
 * Limits: MAIL_PARTS_MAX parts, MAIL_DEPTH_MAX levels; what is beyond them is
 *   text of the part around it.  Text is decoded up to MAIL_TEXT_MAX bytes.
 * Source: RFC 2045, RFC 2046.
 */
#ifndef BASE_BOUNCE_MAIL_H
#define BASE_BOUNCE_MAIL_H

#include "base/bounce/fields.h"

#define MAIL_PARTS_MAX 200
#define MAIL_DEPTH_MAX 8
#define MAIL_TEXT_MAX ((size_t)64 * 1024)

struct part {
	struct fields fields;
	struct slice body;	 /* encoded */
	const char *type;	 /* "text/plain", in lower case */
	const char *report_type; /* parameter, in lower case, "" for none */
	const char *charset;
	const char *boundary;
	size_t depth;
	bool is_attachment;
};

struct mail {
	struct part *parts; /* in their order; the first is the whole mail */
	size_t nparts;
};

void mail_read(struct slice bytes, struct arena *arena, struct mail *ret);

bool part_is(const struct part *p, const char *type); /* "text/" too */

/* Decoded; the text in UTF-8, HTML as its words.  At most max bytes. */
struct slice part_bytes(const struct part *p, size_t max, struct arena *arena);
struct slice part_text(const struct part *p, struct arena *arena);

/* Of a Content-Type and its like, in lower case when lower; "" for none. */
const char *mail_parameter(const char *value, const char *name, bool lower,
    struct arena *arena);

#endif
