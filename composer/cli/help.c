#include <stdio.h>
#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"

/* The first page: what people use most, in the order they meet it. */
static const struct cli_example first_page[] = {
	{ "tweeluik status", N_("What happens now?") },
	{ "tweeluik issue check next", N_("Is the next issue complete?") },
	{ "tweeluik issue test next --to a@x.example", N_("Send a test") },
	{ "tweeluik issue approve next", N_("Approve for the planned moment") },
	{ 0 },
};
static const struct {
	const char *noun;
	const char *what;
} nouns[] = {
	{ "status", N_("what happens now, and the next step") },
	{ "item", N_("news items, events, questions") },
	{ "issue", N_("issues: check, approve, send, pause") },
	{ "subscriber", N_("the list") },
	{ "bounce", N_("what came back: undeliverable, complaints, replies") },
	{ "why", N_("what became of an issue for one reader") },
	{ "org", N_("the social map") },
	{ "schedule", N_("the calendar") },
	{ "db", N_("the database: init, migrate, status, check") },
	{ "config", N_("the configuration") },
};

static void
print_options(const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[64], letter[8] = "    ";

		if (o->letter != 0)
			(void)snprintf(letter, sizeof(letter), "-%c, ",
			    o->letter);
		(void)snprintf(left, sizeof(left), "%s--%s%s%s", letter,
		    o->name, o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		out("  %-26s  %s\n", left, tr(o->help));
	}
}

static void
print_examples(const struct cli_example *x)
{
	for (; x != NULL && x->command != NULL; x++)
		if (x->what != NULL)
			out("  %-42s  %s\n", x->command, tr(x->what));
		else
			out("  %s\n", x->command);
}

void
help_program(const struct cli *c)
{
	(void)c;
	out("tweeluik: %s\n\n",
	    tr("composes the bilingual newsletter and looks after its "
	       "sending"));
	out("%s\n", tr("Examples"));
	print_examples(first_page);
	out("\n%s\n", tr("Commands"));
	for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++)
		out("  %-11s %s\n", nouns[i].noun, tr(nouns[i].what));
	out("\n%s\n", tr("Options of every command"));
	print_options(cli_global_options);
	out("\n%s\n",
	    tr("All of a command: tweeluik <command> --help     "
	       "Manual: man tweeluik"));
}

void
help_noun(const struct cli *c, const char *noun)
{
	(void)c;
	out("%s\n", tr("Commands"));
	for (const struct cli_command *const *t = cli_tables; *t != NULL; t++)
		for (const struct cli_command *m = *t; m->noun != NULL; m++)
			if (strcmp(m->noun, noun) == 0)
				out("  tweeluik %s %-12s %s\n", m->noun,
				    m->verb != NULL ? m->verb : "",
				    tr(m->summary));
	out("\n%s tweeluik %s <...> --help\n", tr("Help:"), noun);
}

void
help_command(const struct cli *c, const struct cli_command *cmd)
{
	(void)c;
	out("%s\n\n%s\n  tweeluik %s%s%s %s\n", tr(cmd->summary), tr("Usage"),
	    cmd->noun, cmd->verb != NULL ? " " : "",
	    cmd->verb != NULL ? cmd->verb : "", cmd->words);
	if (cmd->examples != NULL) {
		out("\n%s\n", tr("Examples"));
		print_examples(cmd->examples);
	}
	if (cmd->options != NULL && cmd->options->name != NULL) {
		out("\n%s\n", tr("Options"));
		print_options(cmd->options);
	}
	out("\n%s\n", tr("Options of every command"));
	print_options(cli_global_options);
	if (cmd->exit_codes != NULL)
		out("\n%s: %s\n", tr("Exit codes"), tr(cmd->exit_codes));
	if (cmd->see_also != NULL)
		out("%s: %s\n", tr("See also"), cmd->see_also);
}

/* Words of the table as shell cases; loaded by bash-completion. */
int
completion_bash(void)
{
	out("# bash completion of tweeluik\n"
	    "_tweeluik() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev="
	    "${COMP_WORDS[COMP_CWORD-1]} w=() i\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\t[[ ${COMP_WORDS[i]} == -* ]] || w+=(\"${COMP_WORDS[i]}\")\n"
	    "\tdone\n"
	    "\tif [[ $prev == --config || $prev == -c || $prev == --file || "
	    "$prev == --output || $prev == --rejects ]]; then\n"
	    "\t\tCOMPREPLY=($(compgen -f -- \"$cur\")); return\n"
	    "\tfi\n"
	    "\tlocal words='");
	const char *last = "";
	for (const struct cli_command *const *t = cli_tables; *t != NULL; t++)
		for (const struct cli_command *m = *t; m->noun != NULL; m++) {
			if (strcmp(m->noun, last) != 0)
				out("%s ", m->noun);
			last = m->noun;
		}
	out("help'\n\tlocal options='");
	for (const struct cli_option *o = cli_global_options; o->name != NULL;
	     o++)
		out("--%s ", o->name);
	out("'\n\tcase \"${w[0]} ${w[1]}\" in\n");
	for (const struct cli_command *const *t = cli_tables; *t != NULL; t++)
		for (const struct cli_command *m = *t; m->noun != NULL; m++) {
			out("\t'%s %s') words=; options+=' ", m->noun,
			    m->verb != NULL ? m->verb : "");
			for (const struct cli_option *o = m->options;
			     o != NULL && o->name != NULL; o++)
				out("--%s ", o->name);
			out("';;\n");
		}
	for (const struct cli_command *const *t = cli_tables; *t != NULL; t++)
		for (const struct cli_command *m = *t; m->noun != NULL;) {
			const char *noun = m->noun;

			out("\t'%s ') words='", noun);
			for (; m->noun != NULL && strcmp(m->noun, noun) == 0;
			     m++)
				out("%s ", m->verb != NULL ? m->verb : "");
			out("';;\n");
		}
	out("\tesac\n"
	    "\t[[ $cur == -* ]] && words=$options\n"
	    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	    "}\n"
	    "complete -F _tweeluik tweeluik\n");
	return 0;
}
