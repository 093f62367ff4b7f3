#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/departed.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"

/* What README asks of backups, and what retention does to deliveries. */
#define BACKUP_DAYS 35
#define DELIVERY_DAYS 90

/* A test may have gone to this address, and a letter that asks whether it is
 * theirs: those are sealed as well, so each is looked at. */
static int
erase_copies(struct cli *c, const struct address *want, json_t *removed,
    struct err *e)
{
	struct address found;
	char text[ADDRESS_MAX + 1];
	struct rows r;
	int rc = 0, n = 0;

	if (database_run(c->db, &r, e, "sealed_copies", NULL, 0) == -1)
		return -1;
	for (int i = 0; i < r.n && rc == 0; i++) {
		struct err ignored;
		size_t size;
		const unsigned char *sealed =
		    rows_bytes(&r, i, "address_sealed", &size);

		if (keys_open(c->keys, text, sealed, size, &ignored) == -1 ||
		    address_parse(&found, text, strlen(text), &ignored) == -1 ||
		    strcmp(found.compare, want->compare) != 0)
			continue;
		rc = DATABASE_DO(c->db, e, "sealed_copy_erase",
		    param_int(rows_int(&r, i, "letter")),
		    param_int(rows_int(&r, i, "mailing")),
		    param_int(rows_int(&r, i, "seq")));
		n++;
	}
	rows_done(&r);
	(void)json_object_set_new(removed, "copies",
	    json_integer(json_num(removed, "copies") + n));
	return rc;
}

/* Somebody to forget: nothing of a person but the hash may be left of them, and
 * the number is 0 then. */
struct known {
	struct address *address;
	unsigned char hash[KEYS_HASH_BYTES];
	int64_t id;
};

static int
find_known(struct cli *c, const char *word, struct known *ret, struct err *e)
{
	struct rows r, events;
	int rc;

	if (subscriber_find(c, word, &r, &ret->address, e) == -1)
		return -1;
	keys_hash_address(c->keys, ret->hash, ret->address);
	ret->id = rows_int(&r, 0, "id");
	rc = DATABASE_RUN(c->db, &events, e, "subscriber_events",
	    param_bytes(ret->hash, sizeof(ret->hash)));
	if (rc == 0) {
		if (events.n == 0 && rows_null(&r, 0, "id") &&
		    rows_null(&r, 0, "suppressed"))
			rc = subscriber_unknown(c, &r, e);
		rows_done(&events);
	}
	rows_done(&r);
	return rc;
}

static int
erase(struct cli *c, const struct known *who, json_t **ret, struct err *e)
{
	json_t *removed = NULL;
	struct rows r;

	if (database_begin(c->db, e) == -1)
		return -1;
	if (DATABASE_RUN(c->db, &r, e, "address_erase",
		param_bytes(who->hash, sizeof(who->hash))) == -1)
		goto bad;
	removed = json_loads(rows_str(&r, 0, "removed"), 0, NULL);
	rows_done(&r);
	if (erase_copies(c, who->address, removed, e) == -1 ||
	    cli_departed(c, who->address, who->id, DEPARTURE_ERASED, e) == -1)
		goto bad;
	if (c->dry_run)
		database_rollback(c->db);
	else if (database_commit(c->db, e) == -1)
		goto bad;
	*ret = removed;
	return 0;
bad:
	database_rollback(c->db);
	json_decref(removed);
	return -1;
}

/* A line of the receipt, for what there was of a kind; the first has a label. */
static void
print_part(const char **label, int64_t n, const char *text)
{
	if (n == 0)
		return;
	cli_line(*label, text);
	*label = "";
}

static void
print_removed(struct cli *c, const json_t *removed)
{
	int64_t events = json_num(removed, "events");
	int64_t letters = json_num(removed, "letters");
	int64_t copies = json_num(removed, "copies");
	int64_t lines = json_num(removed, "activity");
	int64_t returned = json_num(removed, "returned");
	const char *label = tr("Removed");

	print_part(&label, json_num(removed, "subscriber"),
	    tr("the address, the language, the tags and the organisation"));
	print_part(&label, events,
	    arena_printf(&c->arena,
		tr_n("%s line about consent", "%s lines about consent",
		    (unsigned long)events),
		cli_number(c, events)));
	print_part(&label, letters,
	    arena_printf(&c->arena,
		tr_n("%s letter", "%s letters", (unsigned long)letters),
		cli_number(c, letters)));
	print_part(&label, copies,
	    arena_printf(&c->arena,
		tr_n("%s sealed copy of the address in single mails",
		    "%s sealed copies of the address in single mails",
		    (unsigned long)copies),
		cli_number(c, copies)));
	print_part(&label, returned,
	    arena_printf(&c->arena,
		tr_n("%s mail from them or about them that came back",
		    "%s mails from them or about them that came back",
		    (unsigned long)returned),
		cli_number(c, returned)));
	print_part(&label, lines,
	    arena_printf(&c->arena,
		tr_n("its number in %s line of the activity log",
		    "its number in %s lines of the activity log",
		    (unsigned long)lines),
		cli_number(c, lines)));
}

static void
print_receipt(struct cli *c, const json_t *removed)
{
	print_removed(c, removed);
	cli_line(tr("Kept"),
	    tr("a keyed hash, so that no import brings this address back"));
	cli_line("",
	    arena_printf(&c->arena,
		tr("deliveries under a number that belongs to nobody now, for "
		   "%d days at most"),
		DELIVERY_DAYS));
	cli_line(tr("Backups"),
	    arena_printf(&c->arena,
		tr("those of before keep the sealed address until they are "
		   "thrown away, after %d days at the latest; restoring one "
		   "erases it again"),
		BACKUP_DAYS));
}

int
cli_subscriber_erase(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct known who;
	json_t *removed;

	if (find_known(c, a->words[0], &who, e) == -1 ||
	    cli_ask_name(c, tr("This person is forgotten: nobody can undo it."),
		a->words[0], args_value(a, "confirm"), e) == -1 ||
	    erase(c, &who, &removed, e) == -1)
		return -1;
	say(c,
	    c->dry_run ? N_("This would be erased; nothing was changed")
		       : N_("Erased"));
	if (out_object(c, "tweeluik.erasure/1",
		json_pack("{s:O,s:[s,s],s:i,s:i}", "removed", removed, "kept",
		    "hash", "deliveries", "delivery_days", DELIVERY_DAYS,
		    "backup_days", BACKUP_DAYS))) {
		json_decref(removed);
		return 0;
	}
	print_receipt(c, removed);
	json_decref(removed);
	return 0;
}
