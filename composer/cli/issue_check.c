#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/words.h"
#include "composer/issue/check.h"
#include "composer/issue/issue.h"

static json_t *
json_of_findings(const struct check *ck)
{
	json_t *list = json_array();

	for (const struct check_finding *f = ck->first; f != NULL; f = f->next)
		(void)json_array_append_new(list,
		    json_pack("{s:s,s:s,s:o,s:s,s:s}", "severity",
			check_severity_word(f->severity), "slug", f->slug,
			"item",
			f->item == 0 ? json_null() : json_integer(f->item),
			"text", f->text, "fix", f->fix));
	return list;
}

static void
print_group(const struct check *ck, enum check_severity severity,
    const char *heading, const char *sign)
{
	bool any = false;

	for (const struct check_finding *f = ck->first; f != NULL;
	     f = f->next) {
		if (f->severity != severity)
			continue;
		if (!any)
			out("%s\n", tr(heading));
		any = true;
		out("  %s ", sign);
		if (f->item != 0)
			out(tr("item %lld: "), (long long)f->item);
		out("%s\n", f->text);
		if (f->fix[0] != '\0')
			out("      %s\n", f->fix);
	}
}

static void
print_check(struct cli *c, const struct issue *i, const struct check *ck)
{
	out(tr("Number %s, sending %s, revision %d\n"), i->name,
	    cli_day(c, DATEFMT_MOMENT, i->goes_at), i->revision);
	print_group(ck, CHECK_BLOCKING, N_("Still needed (stops the sending)"),
	    "x");
	print_group(ck, CHECK_WARNING, N_("Take a look (allowed)"), "!");
	print_group(ck, CHECK_OK, N_("In order"), "\u2713");
	if (ck->blocking == 0 && i->state == ISSUE_OPEN)
		say(c, N_("Next: tweeluik issue approve %s"), i->name);
}

static void
progress(void *arg, size_t done, size_t total)
{
	const struct cli *c = arg;

	if (c->quiet)
		return;
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K");
	else if (done != total && done % 10 != 0)
		return;
	(void)fprintf(stderr, tr("%zu of %zu links tried"), done, total);
	if (!isatty(STDERR_FILENO) || done == total)
		(void)fputc('\n', stderr);
}

int
cli_issue_check(struct cli *c, const struct cli_args *a, struct err *e)
{
	static const struct column columns[] = { { "severity", N_("Weight") },
		{ "slug", N_("Finding") }, { "item", N_("Item") },
		{ "text", N_("What") }, { "fix", N_("Remedy") }, { 0 } };
	struct issue i;
	struct check ck;

	if (issue_word(c, a, &i, e) == -1 ||
	    check_issue(&ck, &c->arena, c->lang, c->db, &c->config, &i, e) ==
		-1)
		return -1;
	if (args_flag(a, "links") && check_links(&ck, progress, c, e) == -1)
		return -1;
	if (c->output == CLI_TEXT)
		print_check(c, &i, &ck);
	else if (c->output == CLI_PLAIN)
		out_list(c, "", json_of_findings(&ck), columns);
	else
		(void)out_object(c, "tweeluik.issue-check/1",
		    json_pack("{s:s,s:i,s:i,s:i,s:i,s:i,s:o}", "name", i.name,
			"number", i.number, "year", i.year, "revision",
			i.revision, "blocking", (int)ck.blocking, "warnings",
			(int)ck.warnings, "findings", json_of_findings(&ck)));
	if (ck.blocking > 0 || (args_flag(a, "strict") && ck.warnings > 0))
		return 4;
	return 0;
}
