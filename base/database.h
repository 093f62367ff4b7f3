/*
 * database - PostgreSQL through named queries
 *
 * SQL text lives in sql/queries/NAME.sql, each query under a line
 * "-- name: query_name"; C knows the names.  A query is prepared on the
 * connection when it is first used (database_prepare_all() prepares at once).
 *
 * Ownership: struct database owns the connection; a struct rows owns its
 *   result until rows_done().  What rows_* return lives as long as the rows.
 * Errors: the SQLSTATE chooses the kind: ERR_TEMP when the server is away or
 *   the transaction may be run again, ERR_DENIED for missing rights,
 *   ERR_CONFLICT for a unique violation, ERR_INPUT for a value that a
 *   constraint refuses, else ERR_SYS.  Values never appear in the text.
 * Threads: one connection a thread.
 */
#ifndef BASE_DATABASE_H
#define BASE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct err;

#define DATABASE_PARAMS_MAX 24

/* A value for a query: $1, $2 ... in order. */
struct param {
	const char *text;  /* NULL: SQL null, unless bytes are given */
	const void *bytes; /* bytea */
	size_t nbytes;
	char number[24];
};
struct param param_text(const char *s); /* NULL gives SQL null */
struct param param_int(int64_t n);
struct param param_bool(bool b);
struct param param_bytes(const void *p, size_t n);
struct param param_null(void);

struct rows {
	void *result; /* PGresult */
	int n;
};

/*
 * Connect as database role `role` (NULL: as the conninfo says) and read the
 * named queries of each file in `files` (NULL-terminated names without .sql).
 */
int database_open(struct database **ret, const char *conninfo, const char *role,
    const char *const *files, struct err *e);
void database_close(struct database *d);

/* After ERR_TEMP: connect anew.  Prepared queries are prepared again. */
int database_reset(struct database *d, struct err *e);

/* The schema of the database is the one this program was built for. */
int database_check_schema(struct database *d, struct err *e);
/* The first part of it: ERR_TEMP while a backup is being put back. */
int database_check_restored(struct database *d, struct err *e);
int database_schema_expected(void);

/* Prepare every query, for tests. */
int database_prepare_all(struct database *d, struct err *e);

/* Run a named query.  DATABASE_RUN wants the parameters as a list. */
int database_run(struct database *d, struct rows *ret, struct err *e,
    const char *name, const struct param *params, size_t n);
#define DATABASE_RUN(d, rows, e, name, ...) \
	database_run((d), (rows), (e), (name), \
	    (const struct param[]){ __VA_ARGS__ }, \
	    sizeof((const struct param[]){ __VA_ARGS__ }) / \
		sizeof(struct param))

/* The same for a query whose rows do not matter. */
#define DATABASE_DO(d, e, name, ...) \
	DATABASE_RUN((d), NULL, (e), (name), __VA_ARGS__)

/* Statements of the language itself; SQL of migrations comes from files. */
int database_begin(struct database *d, struct err *e);
int database_commit(struct database *d, struct err *e);
void database_rollback(struct database *d);
int database_script(struct database *d, const char *sql, struct err *e);

/* Wait for NOTIFY on the channels listened to, at most timeout_ms, or until
 * wake_fd (-1: none) is readable.  1: notified, 0: time is up or woken. */
int database_listen(struct database *d, const char *channel, struct err *e);
int
database_wait(struct database *d, int timeout_ms, int wake_fd, struct err *e);

void rows_done(struct rows *r);
/* NULL for SQL null; a column that does not exist aborts. */
const char *rows_text(const struct rows *r, int row, const char *column);
/* "" for SQL null */
const char *rows_str(const struct rows *r, int row, const char *column);
int64_t rows_int(const struct rows *r, int row, const char *column);
bool rows_bool(const struct rows *r, int row, const char *column);
bool rows_null(const struct rows *r, int row, const char *column);
/* bytea, decoded in place once; *ret_n is its size. */
const unsigned char *
rows_bytes(const struct rows *r, int row, const char *column, size_t *ret_n);

#endif
