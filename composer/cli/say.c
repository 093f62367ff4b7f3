#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"

static const char *language = "en";

void
say_language(const char *lang)
{
	language = lang;
}

const char *
tr(const char *msgid)
{
	return catalogue_text(language, msgid);
}

const char *
tr_n(const char *one, const char *many, unsigned long n)
{
	return catalogue_plural(language, one, many, n);
}

void
say(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	(void)vfprintf(stderr, tr(fmt), ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

static void
error_as_json(const struct err *e)
{
	json_t *o = json_pack("{s:{s:s,s:i,s:s}}", "error", "code", err_word(e),
	    "exit", err_exit_code(e), "message", e->text);

	if (o != NULL && e->hint[0] != '\0')
		(void)json_object_set_new(json_object_get(o, "error"), "hint",
		    json_string(e->hint));
	(void)json_dumpf(o, stderr, JSON_COMPACT);
	(void)fputc('\n', stderr);
	json_decref(o);
}

void
say_error(const struct cli *c, const struct err *e)
{
	if (c->output == CLI_JSON) {
		error_as_json(e);
		return;
	}
	const char *red = c->color ? "\033[31m" : "";
	const char *plain = c->color ? "\033[0m" : "";
	(void)fprintf(stderr, "%s%s%s: %s\n", red, tr("error"), plain, e->text);
	if (e->hint[0] != '\0')
		(void)fprintf(stderr, "      %s\n", e->hint);
}

static int
read_answer(char *buf, size_t size, const char *question, struct err *e)
{
	(void)fprintf(stderr, "%s ", question);
	(void)fflush(stderr);
	if (fgets(buf, (int)size, stdin) == NULL)
		return err_set(e, ERR_INTERRUPT,
		    "There was no answer, so nothing was done");
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int
cli_ask(const struct cli *c, const char *question, struct err *e)
{
	char answer[16];

	if (c->yes || c->dry_run)
		return 0;
	if (c->no_input || !isatty(STDIN_FILENO)) {
		(void)err_set(e, ERR_USAGE, "This needs a yes: %s", question);
		return err_hint(e, N_("Add --yes"));
	}
	if (read_answer(answer, sizeof(answer), question, e) == -1)
		return -1;
	/* y(es) or j(a): both languages are understood always. */
	if (strchr("yYjJ", answer[0]) != NULL && answer[0] != '\0')
		return 0;
	return err_set(e, ERR_INTERRUPT, "You said no, so nothing was done");
}

int
cli_ask_name(const struct cli *c, const char *question, const char *name,
    const char *confirm, struct err *e)
{
	char answer[300];

	if (c->dry_run)
		return 0;
	if (confirm != NULL) {
		if (strcmp(confirm, name) == 0)
			return 0;
		(void)err_set(e, ERR_USAGE,
		    "--confirm does not match: it is %s", name);
		return err_slug(e, "not-confirmed");
	}
	if (c->no_input || !isatty(STDIN_FILENO)) {
		(void)err_set(e, ERR_USAGE, "This needs to be confirmed");
		return err_hint(e, N_("Add --confirm=%s"), name);
	}
	(void)fprintf(stderr, tr("%s\nType %s to confirm:"), question, name);
	if (read_answer(answer, sizeof(answer), "", e) == -1)
		return -1;
	if (strcmp(answer, name) == 0)
		return 0;
	return err_set(e, ERR_INTERRUPT, "That is not %s, so nothing was done",
	    name);
}
