/*
 * sqlarray - a list of values as PostgreSQL reads it: {"a","\\x0102"}
 *
 * Ownership: the text belongs to the array and lives until sqlarray_done().
 * Limits: SQLARRAY_MAX bytes; callers send batches that stay far below, and
 *   passing it aborts.
 */
#ifndef COMPOSER_LIST_SQLARRAY_H
#define COMPOSER_LIST_SQLARRAY_H

#include <stddef.h>

#include "base/buf.h"

#define SQLARRAY_MAX ((size_t)64 * 1024 * 1024)

struct sqlarray {
	struct buf text;
};

void sqlarray_init(struct sqlarray *a);
void sqlarray_done(struct sqlarray *a);
void sqlarray_clear(struct sqlarray *a);
void sqlarray_text(struct sqlarray *a, const char *s);
void sqlarray_null(struct sqlarray *a);
void sqlarray_bytes(struct sqlarray *a, const unsigned char *p, size_t n);
const char *sqlarray_end(struct sqlarray *a);

#endif
