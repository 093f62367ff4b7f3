/*
 * form - the fields somebody sent
 *
 * Fed with the pieces an HTTP library finds in a body, urlencoded or
 * multipart; a value may arrive in many.
 *
 * Ownership: names and values live in the arena.
 * Errors: ERR_LIMIT for too many fields or too much text, ERR_INPUT for what
 *   is no text: UTF-8 without control characters but tab and line ends.
 * Limits: FORM_FIELDS_MAX fields, FORM_NAME_MAX octets of a name,
 *   FORM_BYTES_MAX octets in all.
 */
#ifndef DAEMON_WEB_FORM_H
#define DAEMON_WEB_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

#define FORM_FIELDS_MAX 64
#define FORM_NAME_MAX 64
#define FORM_BYTES_MAX ((size_t)64 * 1024)

struct form_field {
	const char *name;
	char *value;
	size_t len;
	size_t size;
};

struct form {
	struct arena *arena;
	struct form_field fields[FORM_FIELDS_MAX];
	size_t n;
	size_t bytes;
};

void form_init(struct form *f, struct arena *a);

/* A piece of the value of name, off octets from its start. */
int form_feed(struct form *f, const char *name, const void *piece, uint64_t off,
    size_t n, struct err *e);

/* After the last piece. */
int form_check(const struct form *f, struct err *e);

/* The first value of that name; NULL when there is none. */
const char *form_get(const struct form *f, const char *name);

/* This field, this value, and nothing else. */
bool form_is_only(const struct form *f, const char *name, const char *value);

#endif
