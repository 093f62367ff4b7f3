#include "composer/cli/departed.h"

#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"

int
cli_departed(struct cli *c, const char *address, enum departure_word word,
    struct err *e)
{
	struct departure d = { .word = word,
		.has_hash = true,
		.way = "command" };
	struct address a;
	struct rows r;

	if (c->dry_run)
		return 0;
	if (address_parse(&a, address, strlen(address), e) == -1 ||
	    cli_keys(c, e) == -1 ||
	    database_run(c->db, &r, e, "departure_moment", NULL, 0) == -1)
		return -1;
	d.at = rows_int(&r, 0, "at");
	rows_done(&r);
	keys_hash_address(c->keys, d.hash, &a);
	if (departures_write(c->config.departures, "command", &d, true, e) ==
	    -1) {
		say(c, "Warning: %s", e->text);
		say(c,
		    "This is done nonetheless, but a backup that is restored "
		    "would not know of it");
	}
	return 0;
}
