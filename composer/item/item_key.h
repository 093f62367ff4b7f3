/*
 * item_key - the keys in the head of an item file, and what each may hold
 *
 * Ownership: a value is replaced by its canonical form, in the arena.
 * Errors: ERR_INPUT, without the place in the file.
 * Threads: no state.
 */
#ifndef COMPOSER_ITEM_ITEM_KEY_H
#define COMPOSER_ITEM_ITEM_KEY_H

#include <stdbool.h>

struct arena;
struct err;

enum item_key {
	ITEM_KIND,
	ITEM_TOPIC,
	ITEM_VISIBILITY,
	ITEM_ISSUE, /* "12" or "next" */
	ITEM_LINK,
	ITEM_LINK_LANG,
	ITEM_NOT_AFTER,
	ITEM_START,
	ITEM_END,
	ITEM_PLACE,
	ITEM_ONLINE,
	ITEM_SIGN_UP,
	ITEM_FORWARD,
	ITEM_ORGANISATION,
	ITEM_REGION,
	ITEM_ANSWER_BY,
	ITEM_NOTE,
	ITEM_KEYS
};

/* What the form is checked against. */
struct item_form_context {
	const char *file;	  /* for messages */
	const char *today;	  /* YYYY-MM-DD, where the newsletter lives */
	const char *kind;	  /* of the item as it is; NULL for a new one */
	const char *const *langs; /* NULL-terminated */
	const char *const *topics; /* slugs, NULL-terminated */
};

/* "Not-after" */
const char *item_key_name(enum item_key key);

/* The only kind of item the key is for; NULL: every kind. */
const char *item_key_kind(enum item_key key);
bool item_key_applies(enum item_key key, const char *kind);

/* v is not empty. */
int item_key_check(enum item_key key, struct arena *a,
    const struct item_form_context *form, const char **v, struct err *e);

/* v is one of the NULL-terminated list, or the error names them all. */
bool item_key_in(const char *const *list, const char *v);
int item_key_choose(const char *const *list, const char *v, struct err *e);

#endif
