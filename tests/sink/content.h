/*
 * content - the content of messages, compared with what it should be
 *
 * A template is a stored message: its bytes, and beside them its packed slots
 * (base/slot.h).  A message belongs to the one template that it is like from
 * the first byte to the last: the bytes between slots the same, the value of
 * SLOT_TO the recipient, the other values of the width of their slot.
 *
 * Ownership: the templates own their bytes; struct content is a plain value
 *   that borrows from them.
 * Errors: ERR_SYS for a file that cannot be read, those of slot_unpack().
 * Limits: TEMPLATES_MAX templates.
 * Threads: templates are read-only once loaded.
 */
#ifndef TESTS_SINK_CONTENT_H
#define TESTS_SINK_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define TEMPLATES_MAX 8
#define WRONG_MAX 256

struct piece {
	const char *bytes; /* NULL for a slot */
	size_t len;	   /* 0 for SLOT_TO */
};

struct template
{
	const char *path;
	char *bytes;
	struct piece *pieces;
	size_t npieces;
};

struct templates {
	struct template t[TEMPLATES_MAX];
	size_t n;
};

/* How far a message is in a template. */
struct match {
	bool dead;
	size_t piece, at;
	uint64_t own; /* hash of the values so far */
};

struct content {
	const struct templates *templates;
	const char *to;
	size_t to_len;
	size_t size_bytes;
	struct match matches[TEMPLATES_MAX];
	size_t wrong_at;       /* how far the best of those that died came */
	char wrong[WRONG_MAX]; /* and what was wrong there */
};

/* The bytes of the message are in path, its packed slots in path.slots. */
int templates_load(struct templates *ts, const char *path, struct err *e);
void templates_done(struct templates *ts);

/* A message for `to` (borrowed) begins. */
void
content_begin(struct content *c, const struct templates *ts, const char *to);
void content_add(struct content *c, const char *p, size_t n);

/* True when it was like one of the templates, or there are none; *ret_own is
 * a hash of the values of its slots.  Otherwise c->wrong says where not. */
bool content_end(struct content *c, uint32_t *ret_own);

#endif
