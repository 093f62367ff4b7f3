/*
 * item - the rules an item obeys from the first draft to the issue
 *
 * An item has a side a language.  The side that is ready first is the source,
 * the others are its translations.  Each side counts its revisions; the
 * meaning of a side is its last revision that was more than a small
 * correction.  A translation remembers which meaning it translates, so it is
 * outdated when the source has a newer one, until it is marked ready again.
 * What was sent is read-only.
 *
 * Every call works inside the caller's transaction, which the caller rolls
 * back when it fails (or only wanted to see what would happen).
 *
 * Ownership: what comes out is in the arena.
 * Errors: ERR_NOT_FOUND no such item; ERR_CONFLICT somebody changed it;
 *   ERR_REFUSED a rule says no, with a slug (sent, no-title, no-topic,
 *   long-title ...); ERR_INPUT a value of the form, with its place.
 */
#ifndef COMPOSER_ITEM_ITEM_H
#define COMPOSER_ITEM_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "composer/item/item_form.h"

struct database;

struct item_change {
	const char *actor;
	int64_t revision; /* as the change was made on; 0: on any */
	bool small;	  /* the translations stay valid */
	bool translation; /* for the activity log */
};

/* Languages, topics and today, for item_form_parse(). */
int item_form_context(struct database *d, struct arena *a, const char *file,
    struct item_form_context *ret, struct err *e);

/* The item as a form: the keys that apply to its kind, and its written
 * sides.  *ret_revision is for struct item_change. */
int item_form_of(struct database *d, struct arena *a, int64_t id,
    struct item_form *ret, int64_t *ret_revision, struct err *e);

int item_add(struct database *d, struct arena *a, const struct item_form *f,
    const struct item_change *c, int64_t *ret_id, struct err *e);
int item_edit(struct database *d, struct arena *a, int64_t id,
    const struct item_form *f, const struct item_change *c, bool *ret_changed,
    struct err *e);

/*
 * Mark a side ready, also when it was ready and its source changed: somebody
 * looked.  lang NULL: every draft that is complete.  A parked or dropped item
 * is queued again.  With small, a source says that its changes so far were
 * small.
 */
int
item_ready(struct database *d, struct arena *a, int64_t id, const char *lang,
    const struct item_change *c, bool *ret_changed, struct err *e);

/* "parked" or "dropped" */
int item_put_away(struct database *d, int64_t id, const char *state,
    const struct item_change *c, bool *ret_changed, struct err *e);

#endif
