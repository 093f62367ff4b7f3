/*
 * cli - the command line `tweeluik`: what every command shares
 *
 * A command is a row in a table: noun, verb, options, examples, a function.
 * The table gives parsing, help, suggestions and completion.  Results go to
 * standard output, everything else to standard error; the exit codes are those
 * of err_exit_code().
 *
 * Ownership: struct cli owns configuration, connection, keys and an arena that
 *   lives as long as the command.
 * Errors: a command returns 0, a positive exit code after it has said why, or
 *   -1 with the error that main() shows.
 */
#ifndef COMPOSER_CLI_CLI_H
#define COMPOSER_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/database.h"
#include "base/err.h"

struct keys;

enum cli_output { CLI_TEXT, CLI_JSON, CLI_PLAIN };

struct cli {
	const char *config_path; /* --config, NULL when not given */
	const char *lang;	 /* of messages */
	bool lang_chosen;	 /* by option or environment */
	enum cli_output output;
	bool dry_run, yes, no_input, quiet, color;
	int verbose;
	const char *actor; /* who does it, for the activity log */
	struct arena arena;
	struct config config;
	bool has_config;
	struct database *db;
	struct keys *keys;
};

#define CLI_OPTIONS_MAX 24
#define CLI_VALUES_MAX 64

struct cli_option {
	char letter; /* 0: none */
	const char *name;
	const char *value; /* "FILE": takes a value; NULL: a flag */
	const char *help;  /* msgid */
};

struct cli_example {
	const char *command;
	const char *what; /* msgid or NULL */
};

/* The examples of a command, closed. */
#define CLI_EXAMPLES(...) \
	(const struct cli_example[]) \
	{ \
		__VA_ARGS__, \
		{ \
			0 \
		} \
	}

struct cli_args {
	size_t nwords; /* what is not an option */
	char *const *words;
	size_t nvalues; /* options in order */
	struct {
		const struct cli_option *option;
		const char *value; /* "" for a flag */
	} values[CLI_VALUES_MAX];
};

struct cli_command {
	const char *noun;
	const char *verb;    /* NULL: the noun is the command */
	const char *summary; /* msgid, one line */
	const char *words;   /* "<number>", "" for none */
	size_t min_words, max_words;
	const struct cli_option *options;   /* ends in { 0 } or NULL */
	const struct cli_example *examples; /* ends in { 0 } */
	const char *exit_codes;		    /* msgid or NULL */
	const char *see_also;		    /* "tweeluik issue check, ..." */
	int (*run)(struct cli *c, const struct cli_args *a, struct err *e);
};

/* Tables, each closed by a row without a noun. */
extern const struct cli_command cli_item_commands[];
extern const struct cli_command cli_issue_commands[];
extern const struct cli_command cli_subscriber_commands[];
extern const struct cli_command cli_schedule_commands[];
extern const struct cli_command cli_org_commands[];
extern const struct cli_command cli_bounce_commands[];
extern const struct cli_command cli_system_commands[]; /* status, db, ... */

extern const struct cli_command *const cli_tables[]; /* ends in NULL */
extern const struct cli_option cli_global_options[];

/* args.c: argv after the program name; finds the command and its options.
 * *ret_command is NULL when only help or version was asked for a noun. */
int cli_parse(struct cli *c, int argc, char **argv,
    const struct cli_command **ret_command, struct cli_args *ret_args,
    struct err *e);
/* Value of an option, the last one wins; NULL when it was not given. */
const char *args_value(const struct cli_args *a, const char *name);
bool args_flag(const struct cli_args *a, const char *name);
/* As a whole number from min to max; *ret keeps its value when not given. */
int args_int(const struct cli_args *a, const char *name, int64_t min,
    int64_t max, int64_t *ret, struct err *e);

/* help.c */
void help_program(const struct cli *c);
void help_noun(const struct cli *c, const char *noun);
void help_command(const struct cli *c, const struct cli_command *cmd);
int completion_bash(void);

/* open.c: what a command needs, opened when it first asks for it */
int cli_config(struct cli *c, struct err *e);
int cli_database(struct cli *c, struct err *e); /* role, schema checked */
int cli_keys(struct cli *c, struct err *e);

/* say.c: sentences for people, on standard error; quiet drops them */
const char *tr(const char *msgid) __attribute__((format_arg(1)));
const char *tr_n(const char *one, const char *many, unsigned long n)
    __attribute__((format_arg(1), format_arg(2)));
void say_language(const char *lang);
void say(const struct cli *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* fmt is a msgid */
void say_error(const struct cli *c, const struct err *e);
/*
 * Ask before something moderate (y/n, or --yes) or severe (type the name, or
 * --confirm=NAME, given as `confirm`).  0: go on; -1: ERR_USAGE without a
 * terminal, ERR_INTERRUPT when the person says no.  --dry-run never asks.
 */
int cli_ask(const struct cli *c, const char *question, struct err *e);
int cli_ask_name(const struct cli *c, const char *question, const char *name,
    const char *confirm, struct err *e);

/* output.c: results on standard output */
struct column {
	const char *key;     /* of the JSON object */
	const char *heading; /* msgid */
};
/* One object a row; integers, booleans, json and text by column type. */
json_t *json_of_rows(const struct rows *r);
json_t *json_of_row(const struct rows *r, int row);

/* A member that may be missing or null: "" or 0 then. */
const char *json_str(const json_t *o, const char *key);
int64_t json_num(const json_t *o, const char *key);
/* A list: {"schema": schema, "items": [...]}, tab separated, or a table. */
void out_list(const struct cli *c, const char *schema, json_t *items,
    const struct column *columns);
/* One object for --json and --plain; returns false for text, which the
 * caller prints itself.  Steals the reference. */
bool out_object(const struct cli *c, const char *schema, json_t *fields);
void out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
