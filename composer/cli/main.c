/* tweeluik - composes the newsletter and looks after its sending */
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/keys.h"
#include "base/paths.h"
#include "composer/cli/cli.h"

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)

const struct cli_command *const cli_tables[] = { cli_item_commands,
	cli_issue_commands, cli_subscriber_commands, cli_org_commands,
	cli_schedule_commands, cli_bounce_commands, cli_system_commands, NULL };

/* The environment as gettext reads it; NULL when it names no language of
 * ours, so that the configuration decides. */
static const char *
language_of_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = getenv(names[i]);

		if (v != NULL && v[0] != '\0')
			return strncmp(v, "nl", 2) == 0 ? "nl"
			    : strncmp(v, "en", 2) == 0	? "en"
							: NULL;
	}
	return NULL;
}

static const char *
actor(struct arena *a)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *pw = getpwuid(getuid());

	if (sudo != NULL && sudo[0] != '\0')
		return arena_strdup(a, sudo);
	return pw != NULL ? arena_strdup(a, pw->pw_name) : "?";
}

static int
run(struct cli *c, int argc, char **argv, struct err *e)
{
	const struct cli_command *cmd;
	struct cli_args args;
	char dir[4200];

	(void)snprintf(dir, sizeof(dir), "%s/locale", paths_share());
	if (catalogue_init(dir, e) == -1)
		return -1;
	if (sodium_init() == -1)
		return err_set(e, ERR_SYS, "libsodium cannot start");
	err_translate_with(tr);
	if (cli_parse(c, argc, argv, &cmd, &args, e) == -1)
		return -1;
	/* The language of whatever is said next; a command that needs the
	 * configuration says what is wrong with it. */
	if (cmd != NULL && !c->lang_chosen)
		(void)cli_config(c, e);
	return cmd == NULL ? 0 : cmd->run(c, &args, e);
}

int
main(int argc, char **argv)
{
	struct cli c = { .lang = language_of_environment() };
	const char *term = getenv("TERM");
	struct err e;
	int rc;

	/* The keys must not end up in a core file. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	arena_init(&c.arena, ARENA_BYTES);
	c.actor = actor(&c.arena);
	c.color = isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL &&
	    (term == NULL || strcmp(term, "dumb") != 0);
	c.lang_chosen = c.lang != NULL;
	if (c.lang == NULL)
		c.lang = "en";
	say_language(c.lang);
	rc = run(&c, argc, argv, &e);
	if (rc == -1) {
		say_error(&c, &e);
		rc = err_exit_code(&e);
	}
	if (fflush(stdout) != 0 && rc == 0) {
		(void)err_set(&e, ERR_SYS, "The result cannot be written");
		say_error(&c, &e);
		rc = 1;
	}
	database_close(c.db);
	if (c.keys != NULL)
		keys_free(c.keys);
	if (c.has_config)
		config_done(&c.config);
	arena_done(&c.arena);
	return rc;
}
