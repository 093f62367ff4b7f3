/*
 * journal_dir - the folder of the journals and the names in it
 *
 * A file is called WORKER.RUN.NUMBER.journal: RUN is the moment (microseconds
 * since 1970) at which the worker opened its journal, NUMBER counts its files
 * from 1.  What a host name or a worker's number may hold and a file name
 * should not is written as %XX.
 *
 * Ownership: plain values.
 * Errors: ERR_CONFIG when the folder is not there or not ours.
 * Threads: no state.
 */
#ifndef DAEMON_SEND_JOURNAL_DIR_H
#define DAEMON_SEND_JOURNAL_DIR_H

#include <stdbool.h>
#include <stdint.h>

struct err;

#define JOURNAL_WORKER_MAX 128
/* The longest name of a file with its NUL; a file system may take less. */
#define JOURNAL_NAME_MAX (3 * JOURNAL_WORKER_MAX + 48)
#define JOURNAL_BOOT_MAX 40

struct journal_name {
	char worker[JOURNAL_WORKER_MAX];
	int64_t run;
	uint32_t number;
};

void journal_name_write(char out[static JOURNAL_NAME_MAX],
    const struct journal_name *name);

/* False when a file of that name is no journal. */
bool journal_name_read(const char *file, struct journal_name *ret);

/* A descriptor, or -1. */
int journal_dir_open(const char *dir, struct err *e);

/* As err_sys(), but ERR_CONFIG when errno says that a person must give us the
 * folder. */
int journal_dir_fail(const char *dir, struct err *e);

/* The identity of this run of the kernel; "" when it cannot be read. */
void journal_boot(char out[static JOURNAL_BOOT_MAX]);

#endif
