/*
 * fill - put subscribers into a database, much faster than an import
 *
 *	fill CONNINFO KEYS COUNT
 *
 * Their addresses are r0000001@lezers.example and so on, sealed as any other,
 * over the three editions in turn.
 */
#include <libpq-fe.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/keys.h"

#define BATCH_BYTES ((size_t)256 * 1024)
#define BATCH_MAX (2 * BATCH_BYTES)

static const char copy[] =
    "copy tweeluik.subscriber (address_hash, address_sealed, language,"
    " language_from, state) from stdin";

static void
add_hex(struct buf *b, const unsigned char *p, size_t n)
{
	char hex[2 * KEYS_SEALED_MAX + 1];

	(void)buf_adds(b, "\\\\x");
	(void)buf_adds(b, sodium_bin2hex(hex, sizeof(hex), p, n));
	(void)buf_addc(b, '\t');
}

static int
add_row(struct buf *b, const struct keys *k, long i, struct err *e)
{
	static const char *const languages[] = { "nl", "en", "both" };
	unsigned char hash[KEYS_HASH_BYTES], sealed[KEYS_SEALED_MAX];
	struct address a;
	char text[64];
	int n = snprintf(text, sizeof(text), "r%07ld@lezers.example", i);

	if (address_parse(&a, text, (size_t)n, e) == -1)
		return -1;
	keys_hash_address(k, hash, &a);
	add_hex(b, hash, sizeof(hash));
	add_hex(b, sealed, keys_seal(k, sealed, a.text));
	return buf_addf(b, "%s\tchosen\tactive\n", languages[i % 3]);
}

static int
send_rows(PGconn *db, const struct keys *k, long count, struct err *e)
{
	struct buf b;
	int rc = 0;

	buf_init(&b, BATCH_MAX);
	for (long i = 1; i <= count && rc == 0; i++) {
		rc = add_row(&b, k, i, e);
		if (rc == 0 && (b.len > BATCH_BYTES || i == count)) {
			if (PQputCopyData(db, b.data, (int)b.len) != 1)
				rc = err_set(e, ERR_TEMP, "%s",
				    PQerrorMessage(db));
			buf_clear(&b);
		}
	}
	buf_done(&b);
	return rc;
}

static int
fill(PGconn *db, const struct keys *k, long count, struct err *e)
{
	PGresult *r;
	int rc = 0;

	if (PQstatus(db) != CONNECTION_OK)
		return err_set(e, ERR_TEMP, "%s", PQerrorMessage(db));
	r = PQexec(db, copy);
	if (PQresultStatus(r) != PGRES_COPY_IN)
		rc = err_set(e, ERR_TEMP, "%s", PQerrorMessage(db));
	PQclear(r);
	if (rc == -1 || send_rows(db, k, count, e) == -1)
		return -1;
	if (PQputCopyEnd(db, NULL) != 1)
		return err_set(e, ERR_TEMP, "%s", PQerrorMessage(db));
	r = PQgetResult(db);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = err_set(e, ERR_TEMP, "%s", PQerrorMessage(db));
	PQclear(r);
	return rc;
}

int
main(int argc, char **argv)
{
	struct keys *k = NULL;
	struct err e;
	PGconn *db;
	int rc;

	if (argc != 4) {
		(void)fputs("usage: fill CONNINFO KEYS COUNT\n", stderr);
		return 2;
	}
	if (sodium_init() == -1)
		abort();
	rc = keys_load(&k, argv[2], &e);
	if (rc == 0) {
		db = PQconnectdb(argv[1]);
		rc = fill(db, k, strtol(argv[3], NULL, 10), &e);
		PQfinish(db);
		keys_free(k);
	}
	if (rc == -1)
		(void)fprintf(stderr, "fill: %s\n", e.text);
	return rc == 0 ? 0 : 1;
}
