/*
 * departures - who left and who came back, outside the database
 *
 * A backup of yesterday knows nothing of who left today.  So each departure is
 * a line in a folder of this machine before the database commits it, and what
 * stands there is applied to a database that was set back before any mail
 * leaves (base/departures_apply.h).  Where the database is away, the line alone
 * says that somebody left.
 *
 *	tweeluik-departures 1 IDENTITY CRC
 *	a line for each (base/departure.h)
 *
 * Time is the database's; without it our clock, but never earlier than the
 * line before.
 *
 * A file belongs to a role of a user on a host and has an identity of its own,
 * so that how far it was read does not depend on its name or place.  Lines are
 * appended under a lock, each by one write.  What a crash left of a line gets
 * its end from whoever writes next; the reader passes over it.
 *
 * Ownership: departures_list() gives what departures_list_done() takes.
 * Errors: ERR_CONFIG when the folder or a file may not be used or is of another
 *   version, ERR_SYS with what the system says (a full disk).
 * Limits: DEPARTURES_FILES_MAX files.
 * Threads: all functions may be called from any, and by several processes.
 */
#ifndef BASE_DEPARTURES_H
#define BASE_DEPARTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/departure.h"

struct err;

#define DEPARTURES_IDENTITY_MAX 33
#define DEPARTURES_FILES_MAX 1000

/* role: letters, part of the name of the file.  With sync the line is on the
 * disk when this returns.  Makes the folder if only its last part is missing. */
int departures_write(const char *dir, const char *role,
    const struct departure *d, bool sync, struct err *e);

/* Whether departures_write() could. */
int departures_check(const char *dir, struct err *e);

struct departures_file {
	char name[256];
	char identity[DEPARTURES_IDENTITY_MAX];
	uint64_t size;
};
struct departures_list {
	struct departures_file *files;
	size_t n;
};
/* A folder that is not there has no files.  Files that have no line yet are
 * left out. */
int
departures_list(const char *dir, struct departures_list *ret, struct err *e);
void departures_list_done(struct departures_list *l);

/* Calls take for each line from *position on, as it stands but without its
 * checksum, at most max of them, and moves *position behind the last.  1: there
 * may be more, 0: the end, -1. */
int departures_read(const char *dir, const struct departures_file *f,
    uint64_t *position, size_t max, void (*take)(void *arg, const char *line),
    void *arg, struct err *e);

/* What stands in front of a position: the checksum of a line, or "" when the
 * file does not reach there. */
#define DEPARTURES_TAIL_MAX 9
int departures_tail(const char *dir, const struct departures_file *f,
    uint64_t position, char ret[static DEPARTURES_TAIL_MAX], struct err *e);

#endif
