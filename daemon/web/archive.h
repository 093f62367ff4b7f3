/*
 * archive - where issues stand on the web, and what is in them
 *
 * Ownership, threads: as daemon/web/page.h.
 */
#ifndef DAEMON_WEB_ARCHIVE_H
#define DAEMON_WEB_ARCHIVE_H

#include <libxml/tree.h>

#define ARCHIVE_PATH_MAX 128

struct database;
struct err;
struct request;
struct rows;

/* The database, if there is an archive: else ERR_NOT_FOUND. */
int archive_open(struct request *q, struct database **ret, struct err *e);

/* Where all issues are, in a language. */
const char *archive_root(const char *lang);

/* "/archief/2026/12" of a row with series, year and number. */
void archive_path(char ret[ARCHIVE_PATH_MAX], const char *lang,
    const struct rows *r, int row);

/* A stored document under dst, NULL when it cannot be read. */
xmlNodePtr archive_copy(xmlNodePtr dst, const char *document);

/* The next item after `after` (NULL: the first) of such a document. */
xmlNodePtr archive_next(xmlNodePtr edition, xmlNodePtr after);

#endif
