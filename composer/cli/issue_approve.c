#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/words.h"
#include "composer/issue/approval.h"
#include "composer/issue/check.h"
#include "composer/issue/issue.h"

/* "in 2 days and 3 hours", "in 19 hours and 20 minutes" */
static const char *
time_left(struct cli *c, int64_t seconds)
{
	unsigned long days = (unsigned long)seconds / 86400,
		      hours = (unsigned long)seconds / 3600 % 24,
		      minutes = (unsigned long)seconds / 60 % 60;
	const char *h = arena_printf(&c->arena,
	    tr_n("%lu hour", "%lu hours", hours), hours);

	if (seconds < 0)
		return tr("its time has passed");
	if (days > 0)
		return arena_printf(&c->arena, tr("in %s and %s"),
		    arena_printf(&c->arena, tr_n("%lu day", "%lu days", days),
			days),
		    h);
	return arena_printf(&c->arena, tr("in %s and %s"), h,
	    arena_printf(&c->arena, tr_n("%lu minute", "%lu minutes", minutes),
		minutes));
}

static void
separate(bool *first)
{
	if (!*first)
		out(", ");
	*first = false;
}

static void
print_contents(const struct approval_facts *f, int revision)
{
	bool first = true;

	out("%s", tr("Contents       "));
	if (f->news > 0) {
		separate(&first);
		out(tr_n("%d news item", "%d news items",
			(unsigned long)f->news),
		    f->news);
	}
	if (f->announcements > 0) {
		separate(&first);
		out(tr_n("%d announcement", "%d announcements",
			(unsigned long)f->announcements),
		    f->announcements);
	}
	if (f->events > 0) {
		separate(&first);
		out(tr_n("%d event", "%d events", (unsigned long)f->events),
		    f->events);
	}
	if (f->organisations > 0) {
		separate(&first);
		out(tr_n("%d organisation", "%d organisations",
			(unsigned long)f->organisations),
		    f->organisations);
	}
	if (f->questions > 0) {
		separate(&first);
		out(tr_n("%d question for help", "%d questions for help",
			(unsigned long)f->questions),
		    f->questions);
	}
	if (first)
		out("%s", tr("no items"));
	out(tr(". Revision %d\n"), revision);
}

static void
print_summary(struct cli *c, const struct issue *i, const struct check *ck,
    const struct approval_facts *f)
{
	out(tr("APPROVE NUMBER %s\n"), i->name);
	out(tr("Sending        %s (%s)\n"),
	    cli_day(c, DATEFMT_MOMENT, f->goes_at), time_left(c, f->seconds));
	if (i->kind != SPECIAL_NONE)
		out(tr("Kind           %s, for %s\n"),
		    issue_kind_word(special_words[i->kind]),
		    issue_meant(c, i->audience, i->tags, i->corrects));
	out(tr("To             Dutch %s, English %s, both %s, together %s "
	       "subscribers\n"),
	    cli_number(c, f->readers_nl), cli_number(c, f->readers_en),
	    cli_number(c, f->readers_both),
	    cli_number(c, f->readers_nl + f->readers_en + f->readers_both));
	for (size_t k = 0; k < ck->neditions; k++)
		out(tr("Subject %-6s %s\n"),
		    strcmp(ck->editions[k].name, "both") == 0
			? tr("both")
			: ck->editions[k].name,
		    ck->editions[k].subject);
	print_contents(f, i->revision);
	if (f->writers[0] != '\0')
		out(tr("Written by     %s\n"), f->writers);
	if (f->translators[0] != '\0')
		out(tr("Translated by  %s\n"), f->translators);
	out(tr("Last test      %s\n"),
	    f->tested_at == NULL ? tr("none yet")
				 : cli_day(c, DATEFMT_MOMENT, f->tested_at));
	if (f->alone)
		out("  ! %s\n",
		    tr("You wrote and translated everything yourself; let "
		       "somebody else read it too"));
	for (const struct check_finding *w = ck->first; w != NULL;
	     w = w->next) {
		if (w->severity == CHECK_OK)
			continue;
		out("  %s ", w->severity == CHECK_BLOCKING ? "x" : "!");
		if (w->item != 0)
			out(tr("item %lld: "), (long long)w->item);
		out("%s\n", w->text);
	}
}

static int
say_approved(struct cli *c, const struct issue *before, struct err *e)
{
	struct issue i;

	if (issue_again(c->db, &c->arena, before->id, &i, e) == -1)
		return -1;
	if (i.held_at != NULL)
		say(c,
		    N_("Number %s is approved but held by %s: %s. It goes "
		       "after: tweeluik issue release %s"),
		    i.name, i.held_by, i.held_reason, i.name);
	else
		say(c,
		    N_("Number %s is approved and is sent %s. To keep it back: "
		       "tweeluik issue hold %s --reason TEXT"),
		    i.name, cli_day(c, DATEFMT_MOMENT, i.goes_at), i.name);
	return 0;
}

/* Readers get used to alarms. */
static int
ask_again(struct cli *c, const struct cli_args *a,
    const struct approval_facts *f, struct err *e)
{
	if (f->urgent_before == NULL)
		return 0;
	return cli_ask_name(c,
	    arena_printf(&c->arena,
		tr("Number %s was urgent too, less than 7 days before. To send "
		   "another one, type the number of that one."),
		f->urgent_before),
	    f->urgent_before, args_value(a, "confirm-second"), e);
}

static int
look_first(struct cli *c, const struct issue *i, int revision,
    struct approval_facts *facts, struct err *e)
{
	struct check ck;

	if (approval_possible(c->db, i, revision, e) == -1 ||
	    check_issue(&ck, &c->arena, c->lang, c->db, &c->config, i, e) ==
		-1 ||
	    approval_facts(c->db, &c->arena, i, c->actor, facts, e) == -1)
		return -1;
	if (c->output == CLI_TEXT)
		print_summary(c, i, &ck, facts);
	return approval_complete(&ck, i, e);
}

int
cli_issue_approve(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct approval_facts f;
	struct issue i;
	int64_t revision;
	int rc;

	if (issue_word(c, a, &i, e) == -1)
		return -1;
	revision = i.revision;
	if (args_int(a, "revision", 1, 1000000000, &revision, e) == -1)
		return -1;
	if (i.state == ISSUE_APPROVED && revision == i.revision) {
		say(c, N_("Number %s was approved already, by %s"), i.name,
		    i.approved_by);
		return 0;
	}
	if (look_first(c, &i, (int)revision, &f, e) == -1 ||
	    cli_ask_name(c,
		arena_printf(&c->arena,
		    tr("%s: number %s goes to %s subscribers."),
		    cli_day(c, DATEFMT_MOMENT, f.goes_at), i.name,
		    cli_number(c,
			f.readers_nl + f.readers_en + f.readers_both)),
		i.name, args_value(a, "confirm"), e) == -1 ||
	    ask_again(c, a, &f, e) == -1 || issue_begin(c, a, &i, e) == -1)
		return -1;
	rc = approval_give(c->db, &c->arena, &c->config, &i, (int)revision,
	    c->actor, e);
	if (rc == 0)
		rc = say_approved(c, &i, e);
	return issue_end(c, &i, rc, e);
}
