#include "composer/cli/db.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/keys.h"
#include "base/paths.h"
#include "composer/cli/cli.h"
#include "composer/cli/system.h"

#define SCRIPT_MAX ((size_t)1024 * 1024)

static const char *const query_files[] = { "migrate", "departures", NULL };

int
db_run_file(struct cli *c, struct database *d, const char *name, struct err *e)
{
	char path[4200], *text = arena_alloc(&c->arena, SCRIPT_MAX);
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/sql/%s", paths_share(), name);
	f = fopen(path, "re");
	if (f == NULL)
		return err_sys(e, errno, "%s cannot be read", path);
	n = fread(text, 1, SCRIPT_MAX - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	if (database_script(d, text, e) == -1)
		return err_prefix(e, "sql/%s", name);
	return 0;
}

/* One migration, one transaction; two that run at once wait for each other
 * and the second finds the work done. */
static int
migrate_one(struct cli *c, struct database *d, int version, const char *file,
    bool grants, bool *ret_done, struct err *e)
{
	struct rows r;
	int found;

	if (database_begin(d, e) == -1 ||
	    database_run(d, NULL, e, "migrate_lock", NULL, 0) == -1 ||
	    database_run(d, NULL, e, "migrate_as_owner", NULL, 0) == -1 ||
	    database_run(d, NULL, e, "migrate_version_table", NULL, 0) == -1 ||
	    database_run(d, NULL, e, "migrate_search_path", NULL, 0) == -1 ||
	    database_run(d, &r, e, "schema_version", NULL, 0) == -1)
		goto fail;
	found = (int)rows_int(&r, 0, "version");
	rows_done(&r);
	*ret_done = found < version;
	if (*ret_done &&
	    (db_run_file(c, d, file, e) == -1 ||
		DATABASE_DO(d, e, "migrate_done", param_int(version),
		    param_text(strrchr(file, '/') + 1)) == -1))
		goto fail;
	if (grants && version == database_schema_expected() &&
	    db_run_file(c, d, "grants.sql", e) == -1)
		goto fail;
	if (database_commit(d, e) == 0)
		return 0;
fail:
	database_rollback(d);
	return -1;
}

int
db_migrate(struct cli *c, struct database *d, bool grants, struct err *e)
{
	char pattern[4200];
	glob_t g;
	int rc = 0, done = 0;

	(void)snprintf(pattern, sizeof(pattern), "%s/sql/migrations/*.sql",
	    paths_share());
	if (glob(pattern, 0, NULL, &g) != 0)
		return err_set(e, ERR_SYS, "There are no migrations in %s",
		    pattern);
	for (size_t i = 0; i < g.gl_pathc && rc == 0; i++) {
		const char *base = strrchr(g.gl_pathv[i], '/') + 1;
		char *file = arena_printf(&c->arena, "migrations/%s", base);
		bool did = false;

		rc = migrate_one(c, d, (int)strtol(base, NULL, 10), file,
		    grants, &did, e);
		if (rc == 0 && did) {
			say(c, "Migrated: %s", base);
			done++;
		}
	}
	globfree(&g);
	if (rc == 0 && done == 0 && grants)
		say(c, "The database is up to date (schema %d)",
		    database_schema_expected());
	return rc;
}

int
db_open(struct cli *c, const struct cli_args *a, struct database **ret,
    bool owner, struct err *e)
{
	const char *admin = args_value(a, "admin");

	if (cli_config(c, e) == -1)
		return -1;
	return database_open(ret, admin != NULL ? admin : c->config.database,
	    admin == NULL && owner ? "tweeluik_owner" : NULL, query_files, e);
}

int
cli_db_init(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct database *d;
	int rc = -1;

	if (cli_config(c, e) == -1)
		return -1;
	if (c->dry_run) {
		say(c,
		    "Would make roles, schema and keys; nothing was changed");
		return 0;
	}
	if (access(c->config.keys, F_OK) == -1) {
		if (keys_create(c->config.keys, e) == -1)
			return -1;
		say(c,
		    "Made the key file %s. Keep a copy of it, apart from the "
		    "backups of the database: without it no address can be "
		    "read",
		    c->config.keys);
	}
	if (db_open(c, a, &d, false, e) == -1)
		return -1;
	if (database_check_restored(d, e) == 0 &&
	    db_run_file(c, d, "roles.sql", e) == 0 &&
	    database_run(d, NULL, e, "migrate_owner_for_me", NULL, 0) == 0 &&
	    database_run(d, NULL, e, "migrate_schema", NULL, 0) == 0)
		rc = db_migrate(c, d, true, e);
	database_close(d);
	if (rc == 0)
		say(c,
		    "The database is ready. Next: tweeluik schedule set "
		    "--first-date DATE");
	return rc;
}

int
cli_db_migrate(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct database *d;
	struct rows r;
	int rc;

	if (db_open(c, a, &d, true, e) == -1)
		return -1;
	if (c->dry_run) {
		rc = database_run(d, &r, e, "schema_version", NULL, 0);
		if (rc == 0) {
			say(c, "Would go from schema %d to %d",
			    (int)rows_int(&r, 0, "version"),
			    database_schema_expected());
			rows_done(&r);
		}
	} else {
		rc = db_migrate(c, d, true, e);
	}
	database_close(d);
	return rc;
}

int
cli_db_status(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct database *d;
	struct rows r;
	json_t *o;
	int found = 0;

	if (db_open(c, a, &d, false, e) == -1 &&
	    db_open(c, a, &d, true, e) == -1)
		return -1;
	if (database_run(d, &r, e, "database_facts", NULL, 0) == -1) {
		database_close(d);
		return -1;
	}
	o = json_of_row(&r, 0);
	rows_done(&r);
	if (database_run(d, &r, e, "schema_version", NULL, 0) == 0) {
		found = (int)rows_int(&r, 0, "version");
		rows_done(&r);
	}
	database_close(d);
	(void)json_object_set_new(o, "found", json_integer(found));
	(void)json_object_set_new(o, "expected",
	    json_integer(database_schema_expected()));
	if (c->output == CLI_TEXT) {
		out(tr("Database    %s, PostgreSQL %s, %s\n"),
		    json_string_value(json_object_get(o, "database")),
		    json_string_value(json_object_get(o, "server")),
		    json_string_value(json_object_get(o, "size")));
		out(tr("Schema      %d, this program expects %d\n"), found,
		    database_schema_expected());
		if (found < database_schema_expected())
			out("%s\n",
			    found == 0 ? tr("Next: tweeluik db init")
				       : tr("Next: tweeluik db migrate"));
	}
	(void)out_object(c, "tweeluik.db/1", o);
	return found == database_schema_expected() ? 0 : 4;
}

/* One line a check; wrong is what a person has to act on. */
static void
check_line(json_t *list, const char *name, bool ok, const char *text)
{
	(void)json_array_append_new(list,
	    json_pack("{s:s,s:b,s:s}", "check", name, "ok", ok, "text", text));
}

static int
check_addresses(struct cli *c, json_t *list, struct err *e)
{
	struct rows r;
	char address[ADDRESS_MAX + 1];
	int bad = 0, n;

	if (cli_keys(c, e) == -1)
		return -1;
	if (database_run(c->db, &r, e, "address_sample", NULL, 0) == -1)
		return -1;
	n = r.n;
	for (int i = 0; i < r.n; i++) {
		size_t size;
		const unsigned char *p =
		    rows_bytes(&r, i, "address_sealed", &size);

		if (keys_open(c->keys, address, p, size, e) == -1)
			bad++;
	}
	rows_done(&r);
	check_line(list, "keys", bad == 0,
	    arena_printf(&c->arena, tr("%d of %d sampled addresses open"),
		n - bad, n));
	return 0;
}

int
cli_db_check(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const struct column columns[] = { { "check", N_("Check") },
		{ "ok", N_("In order") }, { "text", N_("What") }, { 0 } };
	json_t *list = json_array(), *row;
	struct rows r;
	size_t i;
	int wrong = 0;

	(void)a;
	if (cli_database(c, e) == -1)
		goto fail;
	check_line(list, "schema", true,
	    arena_printf(&c->arena, "%d", database_schema_expected()));
	if (database_prepare_all(c->db, e) == -1)
		goto fail;
	check_line(list, "queries", true, tr("every query can be prepared"));
	if (check_addresses(c, list, e) == -1 ||
	    database_run(c->db, &r, e, "ledger_unbalanced", NULL, 0) == -1)
		goto fail;
	check_line(list, "ledger", r.n == 0,
	    r.n == 0
		? tr("every mailing balances")
		: arena_printf(&c->arena,
		      tr_n("%d mailing does not balance",
			  "%d mailings do not balance", (unsigned long)r.n),
		      r.n));
	rows_done(&r);
	json_array_foreach(list, i, row) wrong +=
	    !json_is_true(json_object_get(row, "ok"));
	out_list(c, "tweeluik.db-check/1", list, columns);
	return wrong == 0 ? 0 : 4;
fail:
	json_decref(list);
	return -1;
}
