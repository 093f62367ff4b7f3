#include "base/database.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/catalogue.h"
#include "base/err.h"
#include "base/paths.h"

#define QUERY_FILE_MAX ((size_t)1024 * 1024)
#define QUERIES_MAX 256

struct query {
	const char *name;
	const char *sql;
	bool prepared;
};

struct database {
	PGconn *conn;
	struct arena arena;
	struct query queries[QUERIES_MAX];
	size_t nqueries;
};

struct param
param_text(const char *s)
{
	return (struct param){ .text = s };
}

struct param
param_int(int64_t n)
{
	struct param p = { .text = NULL };

	(void)snprintf(p.number, sizeof(p.number), "%" PRId64, n);
	return p;
}

struct param
param_bool(bool b)
{
	return (struct param){ .text = b ? "t" : "f" };
}

struct param
param_bytes(const void *p, size_t n)
{
	return (struct param){ .bytes = p, .nbytes = n };
}

struct param
param_null(void)
{
	return (struct param){ .text = NULL };
}

/* Messages of the server may quote values, so only what names the trouble is
 * shown: the primary message of a failed connection or of an internal error,
 * the name of a constraint. */
static int
result_err(struct database *d, const PGresult *r, const char *name,
    struct err *e)
{
	const char *state =
	    r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *constraint =
	    r != NULL ? PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME) : NULL;
	const char *primary =
	    r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (PQstatus(d->conn) == CONNECTION_BAD || state == NULL ||
	    strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0 ||
	    strcmp(state, "25006") == 0 /* a standby, not promoted yet */) {
		(void)err_set(e, ERR_TEMP,
		    "The connection to the database was lost");
		return err_hint(e, N_("It is safe to run this again"));
	}
	if (strncmp(state, "40", 2) == 0 || strncmp(state, "53", 2) == 0 ||
	    strncmp(state, "55P03", 5) == 0)
		return err_set(e, ERR_TEMP,
		    "The database is busy with something else (%s)", state);
	if (strcmp(state, "42501") == 0)
		return err_set(e, ERR_DENIED,
		    "The database role may not run %s: %s", name, primary);
	if (strcmp(state, "23505") == 0) {
		(void)err_set(e, ERR_CONFLICT, "This exists already (%s)",
		    constraint);
		return err_slug(e, "exists");
	}
	if (strncmp(state, "23", 2) == 0 || strncmp(state, "22", 2) == 0)
		return err_set(e, ERR_INPUT,
		    "The database refuses a value in %s (%s)", name,
		    constraint != NULL ? constraint : state);
	(void)err_set(e, ERR_SYS, "Database error in %s: %s (%s)", name,
	    primary != NULL ? primary : "", state);
	/* undefined_table, invalid_schema_name: not set up yet */
	if (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0)
		return err_slug(e, "no-table");
	return -1;
}

static int
add_file(struct database *d, const char *name, struct err *e)
{
	char path[4096], *text, *line;
	FILE *f;
	long size;

	(void)snprintf(path, sizeof(path), "%s/sql/queries/%s.sql",
	    paths_share(), name);
	f = fopen(path, "re");
	if (f == NULL || fseek(f, 0, SEEK_END) == -1 || (size = ftell(f)) < 0 ||
	    (size_t)size > QUERY_FILE_MAX) {
		if (f != NULL)
			(void)fclose(f);
		return err_set(e, ERR_SYS,
		    "The queries %s cannot be read; is the installation "
		    "complete?",
		    path);
	}
	rewind(f);
	text = arena_alloc(&d->arena, (size_t)size + 1);
	size = (long)fread(text, 1, (size_t)size, f);
	(void)fclose(f);
	text[size] = '\0';
	line = strncmp(text, "-- name: ", 9) == 0 ? text
						  : strstr(text, "\n-- name: ");
	while (line != NULL) {
		struct query *q = &d->queries[d->nqueries];
		char *start = line[0] == '\n' ? line + 1 : line, *end, *next;

		if (d->nqueries == QUERIES_MAX)
			return err_set(e, ERR_SYS, "%s has too many queries",
			    path);
		end = strchr(start, '\n');
		if (end == NULL)
			return err_set(e, ERR_SYS, "%s ends in a name", path);
		next = strstr(end, "\n-- name: ");
		q->name = arena_memdup(&d->arena, start + 9,
		    (size_t)(end - start) - 9);
		q->sql = next != NULL
		    ? arena_memdup(&d->arena, end + 1, (size_t)(next - end))
		    : arena_strdup(&d->arena, end + 1);
		d->nqueries++;
		line = next;
	}
	return 0;
}

/* jit: compiling a query takes a second, none of ours runs so long.  The rest
 * is for a server that no longer hears of us: what we had locked must not stay
 * so for longer than half a lease. */
static const char session[] = "-csearch_path=tweeluik,pg_temp "
			      "-cclient_min_messages=warning "
			      "-cTimeZone=UTC -cjit=off "
			      "-ctcp_user_timeout=20000 "
			      "-ctcp_keepalives_idle=10 "
			      "-ctcp_keepalives_interval=5 "
			      "-ctcp_keepalives_count=2 "
			      "-cidle_in_transaction_session_timeout=30000";

int
database_open(struct database **ret, const char *conninfo, const char *role,
    const char *const *files, struct err *e)
{
	/* What the conninfo says wins from what stands before it, and what
	 * stands behind it from the conninfo.  A server that vanished without
	 * a word must not be waited for longer than half a lease, whether we
	 * are telling it something or waiting for an answer. */
	const char *keys[] = { "connect_timeout", "tcp_user_timeout",
		"keepalives_idle", "keepalives_interval", "keepalives_count",
		"dbname", "options", "client_encoding",
		role != NULL ? "application_name" : "fallback_application_name",
		role != NULL ? "user" : NULL, NULL };
	const char *values[] = { "10", "20000", "10", "5", "2", conninfo,
		session, "UTF8", role != NULL ? role : "tweeluik", role, NULL };
	struct database *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	arena_init(&d->arena, 8 * QUERY_FILE_MAX);
	if (add_file(d, "common", e) == -1) {
		database_close(d);
		return -1;
	}
	for (; files != NULL && *files != NULL; files++)
		if (add_file(d, *files, e) == -1) {
			database_close(d);
			return -1;
		}
	d->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(d->conn) != CONNECTION_OK) {
		char why[300];

		(void)snprintf(why, sizeof(why), "%s", PQerrorMessage(d->conn));
		why[strcspn(why, "\n")] = '\0';
		(void)err_set(e, ERR_TEMP, "The database cannot be reached: %s",
		    why);
		(void)err_hint(e,
		    N_("Does PostgreSQL run, and is 'database' in the "
		       "configuration right?"));
		if (strstr(why, "does not exist") != NULL ||
		    strstr(why, "authentication failed") != NULL) {
			e->kind = ERR_DENIED;
			(void)err_hint(e, N_("Run: tweeluik db init"));
		}
		database_close(d);
		return -1;
	}
	*ret = d;
	return 0;
}

void
database_close(struct database *d)
{
	if (d == NULL)
		return;
	PQfinish(d->conn);
	arena_done(&d->arena);
	free(d);
}

int
database_reset(struct database *d, struct err *e)
{
	for (size_t i = 0; i < d->nqueries; i++)
		d->queries[i].prepared = false;
	PQreset(d->conn);
	if (PQstatus(d->conn) != CONNECTION_OK)
		return err_set(e, ERR_TEMP, "The database cannot be reached");
	return 0;
}

static struct query *
find(struct database *d, const char *name)
{
	for (size_t i = 0; i < d->nqueries; i++)
		if (strcmp(d->queries[i].name, name) == 0)
			return &d->queries[i];
	(void)fprintf(stderr, "no query is named %s\n", name);
	abort();
}

static int
prepare(struct database *d, struct query *q, struct err *e)
{
	PGresult *r;

	if (q->prepared)
		return 0;
	r = PQprepare(d->conn, q->name, q->sql, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		(void)result_err(d, r, q->name, e);
		PQclear(r);
		return -1;
	}
	PQclear(r);
	q->prepared = true;
	return 0;
}

int
database_prepare_all(struct database *d, struct err *e)
{
	for (size_t i = 0; i < d->nqueries; i++)
		if (prepare(d, &d->queries[i], e) == -1)
			return -1;
	return 0;
}

int
database_run(struct database *d, struct rows *ret, struct err *e,
    const char *name, const struct param *params, size_t n)
{
	const char *values[DATABASE_PARAMS_MAX];
	int lengths[DATABASE_PARAMS_MAX], formats[DATABASE_PARAMS_MAX];
	struct query *q = find(d, name);
	ExecStatusType status;
	PGresult *r;

	if (n > DATABASE_PARAMS_MAX)
		abort();
	if (prepare(d, q, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct param *p = &params[i];

		values[i] = p->bytes != NULL ? p->bytes
		    : p->number[0] != '\0'   ? p->number
					     : p->text;
		lengths[i] = (int)p->nbytes;
		formats[i] = p->bytes != NULL;
	}
	r = PQexecPrepared(d->conn, q->name, (int)n, values, lengths, formats,
	    0);
	status = PQresultStatus(r);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		(void)result_err(d, r, name, e);
		PQclear(r);
		return -1;
	}
	if (ret == NULL) {
		PQclear(r);
		return 0;
	}
	ret->result = r;
	ret->n = PQntuples(r);
	return 0;
}

int
database_script(struct database *d, const char *sql, struct err *e)
{
	PGresult *r = PQexec(d->conn, sql);
	ExecStatusType status = PQresultStatus(r);
	int rc = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		rc = result_err(d, r, "a statement", e);
	PQclear(r);
	return rc;
}

int
database_begin(struct database *d, struct err *e)
{
	return database_run(d, NULL, e, "begin", NULL, 0);
}

int
database_commit(struct database *d, struct err *e)
{
	return database_run(d, NULL, e, "commit", NULL, 0);
}

void
database_rollback(struct database *d)
{
	struct err ignored;

	(void)database_run(d, NULL, &ignored, "rollback", NULL, 0);
}

int
database_schema_expected(void)
{
	return TWEELUIK_SCHEMA;
}

/* Until its last step a restore leaves what was there beside it. */
int
database_check_restored(struct database *d, struct err *e)
{
	struct rows r;
	bool aside;

	if (database_run(d, &r, e, "schema_aside", NULL, 0) == -1)
		return -1;
	aside = rows_bool(&r, 0, "aside");
	rows_done(&r);
	if (!aside)
		return 0;
	(void)err_plain(e, ERR_TEMP, "restoring",
	    "A backup is being put back, or that was cut off");
	return err_hint(e,
	    N_("If nobody is at it: tweeluik db restore, once more"));
}

int
database_check_schema(struct database *d, struct err *e)
{
	struct rows r;
	int found = 0;

	if (database_check_restored(d, e) == -1)
		return -1;
	if (database_run(d, &r, e, "schema_version", NULL, 0) == 0) {
		found = (int)rows_int(&r, 0, "version");
		rows_done(&r);
	} else if (strcmp(err_word(e), "no-table") != 0) {
		return -1;
	}
	if (found == TWEELUIK_SCHEMA)
		return 0;
	(void)err_set(e, ERR_CONFIG,
	    "The database has schema %d, this program expects %d", found,
	    TWEELUIK_SCHEMA);
	(void)err_slug(e, "schema-mismatch");
	if (found == 0)
		return err_hint(e, N_("Run: tweeluik db init"));
	if (found > TWEELUIK_SCHEMA)
		return err_hint(e, N_("Install the newer version of Tweeluik"));
	return err_hint(e, N_("Run: tweeluik db migrate"));
}

int
database_listen(struct database *d, const char *channel, struct err *e)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "listen %s", channel);
	return database_script(d, sql, e);
}

int
database_wait(struct database *d, int timeout_ms, int wake_fd, struct err *e)
{
	struct pollfd p[2] = {
		{ .fd = PQsocket(d->conn), .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
	};
	PGnotify *n;
	int got = 0;

	if (PQconsumeInput(d->conn) == 0)
		return result_err(d, NULL, "listen", e);
	while ((n = PQnotifies(d->conn)) != NULL) {
		PQfreemem(n);
		got = 1;
	}
	if (got)
		return 1;
	(void)poll(p, wake_fd >= 0 ? 2 : 1, timeout_ms);
	if (PQconsumeInput(d->conn) == 0)
		return result_err(d, NULL, "listen", e);
	while ((n = PQnotifies(d->conn)) != NULL) {
		PQfreemem(n);
		got = 1;
	}
	return got;
}

void
rows_done(struct rows *r)
{
	PQclear(r->result);
	r->result = NULL;
	r->n = 0;
}

static int
column_of(const struct rows *r, const char *column)
{
	/* PQfnumber() copies and folds the name each time. */
	int c = PQnfields(r->result) - 1;

	while (c >= 0 && strcmp(PQfname(r->result, c), column) != 0)
		c--;
	if (c < 0) {
		(void)fprintf(stderr, "no column is named %s\n", column);
		abort();
	}
	return c;
}

bool
rows_null(const struct rows *r, int row, const char *column)
{
	return PQgetisnull(r->result, row, column_of(r, column)) != 0;
}

const char *
rows_text(const struct rows *r, int row, const char *column)
{
	int c = column_of(r, column);

	return PQgetisnull(r->result, row, c) ? NULL
					      : PQgetvalue(r->result, row, c);
}

const char *
rows_str(const struct rows *r, int row, const char *column)
{
	return PQgetvalue(r->result, row, column_of(r, column));
}

int64_t
rows_int(const struct rows *r, int row, const char *column)
{
	return strtoll(rows_str(r, row, column), NULL, 10);
}

bool
rows_bool(const struct rows *r, int row, const char *column)
{
	return rows_str(r, row, column)[0] == 't';
}

static int
hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* PostgreSQL's hex form "\x6162"; the value shrinks onto itself behind its
 * first byte, which stays '\\' as the mark of a text that was not decoded. */
const unsigned char *
rows_bytes(const struct rows *r, int row, const char *column, size_t *ret_n)
{
	int c = column_of(r, column);
	char *v = PQgetvalue(r->result, row, c);
	size_t n = (size_t)PQgetlength(r->result, row, c);

	if (PQgetisnull(r->result, row, c) || n < 2) {
		*ret_n = 0;
		return NULL;
	}
	*ret_n = (n - 2) / 2;
	if (v[0] == '\\') {
		for (size_t i = 0; i < *ret_n; i++)
			v[1 + i] = (char)(hex_digit(v[2 + 2 * i]) << 4 |
			    hex_digit(v[3 + 2 * i]));
		v[0] = '=';
	}
	return (const unsigned char *)v + 1;
}
