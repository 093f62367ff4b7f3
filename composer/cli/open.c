#include <string.h>

#include "base/keys.h"
#include "composer/cli/cli.h"

int
cli_config(struct cli *c, struct err *e)
{
	if (c->has_config)
		return 0;
	if (config_load(&c->config, c->config_path, e) == -1)
		return -1;
	c->has_config = true;
	if (!c->lang_chosen) {
		c->lang = c->config.language;
		say_language(c->lang);
	}
	return 0;
}

int
cli_database(struct cli *c, struct err *e)
{
	static const char *const files[] = { "composer", "item", "issue",
		"content", "edition", "subscriber", "schedule_cli", "org",
		"operator", "departures", "returned", "mailbox", "bounce",
		NULL };

	if (c->db != NULL)
		return 0;
	if (cli_config(c, e) == -1 ||
	    database_open(&c->db, c->config.database, "tweeluik_composer",
		files, e) == -1)
		return -1;
	if (database_check_schema(c->db, e) == -1)
		return -1;
	/* Triggers note in the activity log who it was. */
	return DATABASE_DO(c->db, e, "set_actor", param_text(c->actor));
}

int
cli_keys(struct cli *c, struct err *e)
{
	if (c->keys != NULL)
		return 0;
	if (cli_config(c, e) == -1)
		return -1;
	return keys_load(&c->keys, c->config.keys, e);
}
