#include "composer/cli/departed.h"

#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"

/* Rows of an import at a time. */
#define PART 5000

/* False when it cannot be written, which a person is told. */
static bool
write_line(struct cli *c, const struct departure *d, bool sync)
{
	struct err e;

	if (departures_write(c->config.departures, "command", d, sync, &e) == 0)
		return true;
	say(c, "Warning: %s", e.text);
	say(c,
	    "This is done nonetheless, but a backup that is restored would not "
	    "know of it");
	return false;
}

int
cli_departed(struct cli *c, const struct address *a, int64_t subscriber,
    enum departure_word word, struct err *e)
{
	/* Who moved to another address since a backup is known by number. */
	struct departure d = { .word = word,
		.has_hash = true,
		.subscriber = subscriber,
		.way = "command" };
	struct rows r;

	if (c->dry_run)
		return 0;
	if (cli_keys(c, e) == -1 ||
	    database_run(c->db, &r, e, "departure_moment", NULL, 0) == -1)
		return -1;
	d.at = rows_int(&r, 0, "at");
	rows_done(&r);
	keys_hash_address(c->keys, d.hash, a);
	(void)write_line(c, &d, true);
	return 0;
}

/* How many lines were written; fewer than there are rows: no more can be. */
static int
write_rows(struct cli *c, const struct rows *r)
{
	struct departure d = { .has_hash = true, .way = "import" };
	int i = 0;

	for (; i < r->n; i++) {
		size_t n;
		const unsigned char *hash = rows_bytes(r, i, "hash", &n);

		d.word = rows_str(r, i, "state")[0] == 'b'
		    ? DEPARTURE_BLOCKED
		    : DEPARTURE_UNSUBSCRIBED;
		d.at = rows_int(r, i, "at");
		memcpy(d.hash, hash, sizeof(d.hash));
		if (!write_line(c, &d, i == r->n - 1))
			break;
	}
	return i;
}

int
cli_departed_import(struct cli *c, struct err *e)
{
	int64_t after = 0;
	struct rows r;
	int n;

	do {
		if (DATABASE_RUN(c->db, &r, e, "import_departed",
			param_int(after), param_int(PART)) == -1)
			return -1;
		n = r.n;
		if (n > 0)
			after = rows_int(&r, n - 1, "no");
		if (write_rows(c, &r) < n)
			n = 0;
		rows_done(&r);
	} while (n == PART);
	return 0;
}
