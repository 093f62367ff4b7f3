#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"

const struct cli_option cli_global_options[] = {
	{ 'c', "config", "FILE", N_("configuration file") },
	{ 0, "json", NULL, N_("one JSON document on standard output") },
	{ 0, "plain", NULL, N_("tab separated, one record a line") },
	{ 'n', "dry-run", NULL, N_("show what would happen, change nothing") },
	{ 'y', "yes", NULL, N_("answer yes to questions") },
	{ 0, "no-input", NULL, N_("never ask") },
	{ 'q', "quiet", NULL, N_("errors only") },
	{ 'v', "verbose", NULL, N_("more detail") },
	{ 0, "lang", "nl|en", N_("language of messages") },
	{ 0, "no-color", NULL, N_("no colour") },
	{ 'h', "help", NULL, N_("help of this command") },
	{ 0, "version", NULL, N_("version of this program") },
	{ 0 },
};

static int
usage(struct err *e, const char *help_of)
{
	return err_hint(e, N_("Help: tweeluik %s--help"), help_of);
}

/* Edit distance, for "did you mean". */
static size_t
distance(const char *a, const char *b)
{
	size_t row[40], la = strlen(a), lb = strlen(b);

	if (la >= 40 || lb >= 40)
		return 40;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

static void
consider(const char *word, const char *candidate, const char **best,
    size_t *best_distance)
{
	size_t d = distance(word, candidate);

	if (d < *best_distance && d <= 2 + strlen(word) / 5) {
		*best = candidate;
		*best_distance = d;
	}
}

/* noun NULL: suggest a noun for word, else a verb of that noun. */
static const char *
suggestion(const char *noun, const char *word)
{
	const char *best = NULL;
	size_t d = 40;

	for (const struct cli_command *const *t = cli_tables; *t != NULL; t++)
		for (const struct cli_command *m = *t; m->noun != NULL; m++) {
			if (noun == NULL)
				consider(word, m->noun, &best, &d);
			else if (strcmp(m->noun, noun) == 0 && m->verb != NULL)
				consider(word, m->verb, &best, &d);
		}
	return best;
}

static int
unknown(const char *noun, const char *word, struct err *e)
{
	const char *s = suggestion(noun, word);

	if (noun == NULL)
		(void)err_set(e, ERR_USAGE, "There is no command '%s'", word);
	else
		(void)err_set(e, ERR_USAGE, "There is no command '%s %s'", noun,
		    word);
	(void)err_slug(e, "unknown-command");
	if (s != NULL)
		return err_hint(e, N_("Did you mean '%s'?"), s);
	return usage(e, "");
}

static bool
noun_exists(const char *noun)
{
	for (const struct cli_command *const *t = cli_tables; *t != NULL; t++)
		for (const struct cli_command *m = *t; m->noun != NULL; m++)
			if (strcmp(m->noun, noun) == 0)
				return true;
	return false;
}

static const struct cli_command *
find_command(const char *noun, const char *verb)
{
	for (const struct cli_command *const *t = cli_tables; *t != NULL; t++)
		for (const struct cli_command *m = *t; m->noun != NULL; m++)
			if (strcmp(m->noun, noun) == 0 &&
			    (m->verb == NULL ||
				(verb != NULL && strcmp(m->verb, verb) == 0)))
				return m;
	return NULL;
}

/* The first words that are not options or values of global options. */
static void
find_words(int argc, char **argv, const char *ret[3])
{
	int n = 0;

	ret[0] = ret[1] = ret[2] = NULL;
	for (int i = 1; i < argc && n < 3; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			ret[n++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0)
			return;
		if (strcmp(argv[i], "-c") == 0 ||
		    strcmp(argv[i], "--config") == 0 ||
		    strcmp(argv[i], "--lang") == 0)
			i++;
	}
}

static int
global_option(struct cli *c, const char *name, const char *value, struct err *e)
{
	if (strcmp(name, "config") == 0)
		c->config_path = value;
	else if (strcmp(name, "json") == 0)
		c->output = CLI_JSON;
	else if (strcmp(name, "plain") == 0)
		c->output = CLI_PLAIN;
	else if (strcmp(name, "dry-run") == 0)
		c->dry_run = true;
	else if (strcmp(name, "yes") == 0)
		c->yes = true;
	else if (strcmp(name, "no-input") == 0)
		c->no_input = true;
	else if (strcmp(name, "quiet") == 0)
		c->quiet = true;
	else if (strcmp(name, "verbose") == 0)
		c->verbose++;
	else if (strcmp(name, "no-color") == 0)
		c->color = false;
	else if (strcmp(name, "lang") == 0) {
		if (strcmp(value, "nl") != 0 && strcmp(value, "en") != 0)
			return err_set(e, ERR_USAGE,
			    "'%s' is no language: choose nl or en", value);
		c->lang = value;
		c->lang_chosen = true;
		say_language(value);
	}
	return 0;
}

struct table {
	char letters[3 * CLI_OPTIONS_MAX + 2];
	struct option longs[2 * CLI_OPTIONS_MAX];
	const struct cli_option *options[2 * CLI_OPTIONS_MAX];
	size_t nglobal, n;
};

static void
table_add(struct table *t, const struct cli_option *o)
{
	char *l = t->letters + strlen(t->letters);

	for (; o != NULL && o->name != NULL; o++) {
		t->longs[t->n].name = o->name;
		t->longs[t->n].has_arg = o->value != NULL;
		t->longs[t->n].val = 1000 + (int)t->n;
		t->options[t->n++] = o;
		if (o->letter != 0) {
			*l++ = o->letter;
			if (o->value != NULL)
				*l++ = ':';
		}
	}
	*l = '\0';
}

static size_t
table_index(const struct table *t, int got)
{
	size_t i = 0;

	if (got >= 1000)
		return (size_t)got - 1000;
	while (i + 1 < t->n && t->options[i]->letter != got)
		i++;
	return i;
}

static int
parse_options(struct cli *c, const struct cli_command *cmd, int argc,
    char **argv, struct cli_args *a, bool *ret_help, bool *ret_version,
    struct err *e)
{
	struct table t = { .letters = ":" };
	const char *help_of = cmd == NULL
	    ? ""
	    : arena_printf(&c->arena, "%s%s%s ", cmd->noun,
		  cmd->verb != NULL ? " " : "",
		  cmd->verb != NULL ? cmd->verb : "");
	int got;

	table_add(&t, cli_global_options);
	t.nglobal = t.n;
	if (cmd != NULL)
		table_add(&t, cmd->options);
	optind = 0;
	opterr = 0;
	while (
	    (got = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		if (got == '?' || got == ':') {
			(void)err_set(e, ERR_USAGE,
			    got == ':' ? N_("%s needs a value")
				       : N_("%s is no option here"),
			    argv[optind - 1]);
			return usage(e, help_of);
		}
		size_t i = table_index(&t, got);
		const struct cli_option *o = t.options[i];
		if (strcmp(o->name, "help") == 0)
			*ret_help = true;
		else if (strcmp(o->name, "version") == 0)
			*ret_version = true;
		else if (i < t.nglobal) {
			if (global_option(c, o->name, optarg, e) == -1)
				return -1;
		} else if (a->nvalues < CLI_VALUES_MAX) {
			a->values[a->nvalues].option = o;
			a->values[a->nvalues++].value =
			    o->value != NULL ? optarg : "";
		}
	}
	/* getopt_long() has moved them behind the options. */
	a->words = argv + optind;
	a->nwords = (size_t)(argc - optind);
	return 0;
}

int
cli_parse(struct cli *c, int argc, char **argv,
    const struct cli_command **ret_command, struct cli_args *ret_args,
    struct err *e)
{
	struct cli_args *a = ret_args;
	const struct cli_command *cmd = NULL;
	const char *first[3];
	bool help = false, version = false;
	size_t skip;

	memset(a, 0, sizeof(*a));
	*ret_command = NULL;
	/* Known before the rest, so that any error has the right form. */
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			c->output = CLI_JSON;
	find_words(argc, argv, first);
	if (first[0] != NULL && strcmp(first[0], "help") == 0) {
		help = true;
		first[0] = first[1];
		first[1] = first[2];
		argc = 1;
	}
	if (first[0] != NULL) {
		if (!noun_exists(first[0]))
			return unknown(NULL, first[0], e);
		cmd = find_command(first[0], first[1]);
		if (cmd == NULL && first[1] != NULL)
			return unknown(first[0], first[1], e);
	}
	if (parse_options(c, cmd, argc, argv, a, &help, &version, e) == -1)
		return -1;
	if (version) {
		out("tweeluik %s\n", TWEELUIK_VERSION);
		return 0;
	}
	if (cmd == NULL || help) {
		if (cmd != NULL)
			help_command(c, cmd);
		else if (first[0] != NULL)
			help_noun(c, first[0]);
		else
			help_program(c);
		return 0;
	}
	skip = cmd->verb != NULL ? 2 : 1;
	a->nwords -= skip;
	a->words += skip;
	if (a->nwords < cmd->min_words || a->nwords > cmd->max_words) {
		(void)err_set(e, ERR_USAGE,
		    a->nwords < cmd->min_words
			? N_("Something is missing: %s %s")
			: N_("That is too much: %s %s"),
		    cmd->verb != NULL ? cmd->verb : cmd->noun, cmd->words);
		return usage(e,
		    arena_printf(&c->arena, "%s %s ", cmd->noun,
			cmd->verb != NULL ? cmd->verb : ""));
	}
	*ret_command = cmd;
	return 0;
}

const char *
args_value(const struct cli_args *a, const char *name)
{
	for (size_t i = a->nvalues; i > 0; i--)
		if (strcmp(a->values[i - 1].option->name, name) == 0)
			return a->values[i - 1].value;
	return NULL;
}

bool
args_flag(const struct cli_args *a, const char *name)
{
	return args_value(a, name) != NULL;
}

int
args_int(const struct cli_args *a, const char *name, int64_t min, int64_t max,
    int64_t *ret, struct err *e)
{
	const char *v = args_value(a, name);
	char *end;
	long long n;

	if (v == NULL)
		return 0;
	n = strtoll(v, &end, 10);
	if (end == v || *end != '\0' || n < min || n > max)
		return err_set(e, ERR_USAGE,
		    "--%s takes a whole number from %lld to %lld, not '%s'",
		    name, (long long)min, (long long)max, v);
	*ret = n;
	return 0;
}
