#include "composer/cli/system.h"

#include <string.h>
#include <sys/stat.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"

static void
add_setting(void *arg, const char *name, const char *value, bool from_file)
{
	json_t *list = arg;

	/* A connection string may carry a password. */
	if (strstr(value, "password=") != NULL)
		value = "********";
	(void)json_array_append_new(list,
	    json_pack("{s:s,s:s,s:s}", "name", name, "value", value, "origin",
		from_file ? "file" : "default"));
}

static int
config_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const struct column with_origin[] = { { "name", N_("Setting") },
		{ "value", N_("Value") }, { "origin", N_("From") }, { 0 } };
	static const struct column without[] = { { "name", N_("Setting") },
		{ "value", N_("Value") }, { 0 } };
	json_t *list;

	if (cli_config(c, e) == -1)
		return -1;
	list = json_array();
	config_each(&c->config, add_setting, list);
	out_list(c, "tweeluik.config/1", list,
	    args_flag(a, "origin") ? with_origin : without);
	return 0;
}

static int
config_check(struct cli *c, const struct cli_args *a, struct err *e)
{
	(void)a;
	if (cli_config(c, e) == -1 || cli_keys(c, e) == -1)
		return -1;
	say(c, "The configuration %s and its key file are in order",
	    c->config.path);
	return 0;
}

static int
config_show_path(struct cli *c, const struct cli_args *a, struct err *e)
{
	(void)a;
	(void)e;
	out("%s\n", config_path(c->config_path));
	return 0;
}

static int
completion(struct cli *c, const struct cli_args *a, struct err *e)
{
	(void)c;
	if (strcmp(a->words[0], "bash") == 0)
		return completion_bash();
	(void)err_set(e, ERR_USAGE, "There is no completion for '%s'",
	    a->words[0]);
	return err_hint(e, N_("There is one for bash"));
}

static int
version(struct cli *c, const struct cli_args *a, struct err *e)
{
	(void)a;
	(void)e;
	if (!out_object(c, "tweeluik.version/1",
		json_pack("{s:s,s:i}", "version", TWEELUIK_VERSION, "database",
		    database_schema_expected())))
		out("tweeluik %s\n", TWEELUIK_VERSION);
	return 0;
}

static const struct cli_option admin_options[] = {
	{ 0, "admin", "CONNINFO",
	    N_("connect as this instead (a role that may create roles)") },
	{ 0 },
};
static const struct cli_option restore_options[] = {
	{ 0, "confirm", "DATABASE",
	    N_("the name of the database, instead of a question") },
	{ 0, "admin", "CONNINFO",
	    N_("connect as this instead (a role that may create schemas)") },
	{ 0 },
};
static const struct cli_option reconcile_options[] = {
	{ 0, "departures", "DIR",
	    N_("the folder of another host, instead of our own") },
	{ 0 },
};
static const struct cli_option config_options[] = {
	{ 0, "origin", NULL, N_("show where each value comes from") },
	{ 0 },
};

const struct cli_command cli_system_commands[] = {
	{ "status", NULL, N_("What happens now, and what comes next"), "", 0, 0,
	    NULL,
	    (const struct cli_example[]){ { "tweeluik status", NULL },
		{ "tweeluik status --json", NULL }, { 0 } },
	    N_("0 fine, 75 the database is away"), "tweeluik issue show",
	    cli_status },
	{ "db", "init", N_("Set up the database and the key file"), "", 0, 0,
	    admin_options,
	    (const struct cli_example[]){
		{ "tweeluik db init", N_("as a person who may create roles") },
		{ "tweeluik db init --admin 'dbname=tweeluik user=postgres'",
		    NULL },
		{ 0 } },
	    N_("0 done, 75 the database is away, 77 no permission"),
	    "tweeluik db status, tweeluik schedule set", cli_db_init },
	{ "db", "migrate", N_("Bring the schema up to this program"), "", 0, 0,
	    admin_options,
	    (const struct cli_example[]){
		{ "tweeluik db migrate --dry-run", NULL }, { 0 } },
	    N_("0 done or nothing to do, 75 the database is away"),
	    "tweeluik db status", cli_db_migrate },
	{ "db", "status", N_("Which schema the database has"), "", 0, 0,
	    admin_options,
	    (const struct cli_example[]){ { "tweeluik db status", NULL },
		{ 0 } },
	    N_("0 as expected, 4 another schema"), "tweeluik db migrate",
	    cli_db_status },
	{ "db", "check", N_("Check schema, queries, keys and the ledger"), "",
	    0, 0, NULL,
	    (const struct cli_example[]){ { "tweeluik db check", NULL },
		{ 0 } },
	    N_("0 in order, 4 something is wrong"), "tweeluik db status",
	    cli_db_check },
	{ "db", "backup", N_("Write the whole database to a file"), "<file>", 1,
	    1, admin_options,
	    (const struct cli_example[]){
		{ "tweeluik db backup tweeluik-$(date +%F).backup", NULL },
		{ "tweeluik db backup - | age -r RECIPIENT > FILE",
		    N_("encrypted on its way") },
		{ 0 } },
	    N_("0 written, 4 the file is there already"), "tweeluik db restore",
	    cli_db_backup },
	{ "db", "restore",
	    N_("Replace the database by a backup, apply who left since, and "
	       "hold all sending"),
	    "<file>", 1, 1, restore_options,
	    (const struct cli_example[]){ { "tweeluik db restore FILE "
					    "--confirm tweeluik",
					      NULL },
		{ 0 } },
	    N_("0 restored, 2 no usable file; then all is as before"),
	    "tweeluik db reconcile, tweeluik schedule resume", cli_db_restore },
	{ "db", "reconcile",
	    N_("Apply who left, as journals on disk know it, to a database "
	       "that was restored"),
	    "", 0, 0, reconcile_options,
	    (const struct cli_example[]){
		{ "tweeluik db reconcile --departures /mnt/host2/departures",
		    N_("of every host where people could leave") },
		{ 0 } },
	    N_("0 done, also when nothing was new"), "tweeluik db restore",
	    cli_db_reconcile },
	{ "config", "show", N_("Show every setting"), "", 0, 0, config_options,
	    (const struct cli_example[]){
		{ "tweeluik config show --origin", NULL }, { 0 } },
	    NULL, "tweeluik.conf(5)", config_show },
	{ "config", "check", N_("Check the configuration and the key file"), "",
	    0, 0, NULL,
	    (const struct cli_example[]){
		{ "tweeluik --config my.conf config check", NULL }, { 0 } },
	    N_("0 in order, 77 not readable, 78 wrong"), "tweeluik.conf(5)",
	    config_check },
	{ "config", "path", N_("Print which configuration is read"), "", 0, 0,
	    NULL,
	    (const struct cli_example[]){ { "tweeluik config path", NULL },
		{ 0 } },
	    NULL, NULL, config_show_path },
	{ "completion", NULL, N_("Print the completion for a shell"), "bash", 1,
	    1, NULL,
	    (const struct cli_example[]){
		{ "source <(tweeluik completion bash)", NULL }, { 0 } },
	    NULL, NULL, completion },
	{ "version", NULL, N_("Version of this program"), "", 0, 0, NULL, NULL,
	    NULL, NULL, version },
	{ 0 },
};
