/*
 * archive - what anybody may read of an issue, stored at approval
 *
 * A document per language with public items and fields alone
 * (composer/edition/content.h), and the plain words of each item to search in.
 * The web role shows it once the issue has begun to go out.
 *
 * Errors: of content_load() and the database.
 */
#ifndef COMPOSER_EDITION_ARCHIVE_H
#define COMPOSER_EDITION_ARCHIVE_H

#include <stdint.h>

struct config;
struct database;
struct err;

/* In the transaction that approves, after the editions are stored and the
 * items are fixed. */
int archive_store(struct database *d, const struct config *config,
    int64_t issue, struct err *e);

#endif
