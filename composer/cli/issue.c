#include "composer/cli/issue.h"

#include "base/catalogue.h"

static const struct cli_option list_options[] = {
	{ 0, "state", "STATE",
	    N_("only open, approved, sending, sent, skipped or stopped") },
	{ 0, "year", "YEAR", N_("only this year") },
	{ 0 },
};
static const struct cli_option show_options[] = {
	{ 0, "watch", NULL, N_("follow the sending until it is over") },
	{ 0 },
};
static const struct cli_option plan_options[] = {
	{ 0, "at", "TIME", N_("send it at this local time") },
	{ 0, "extra", NULL, N_("make a special edition, beside the series") },
	{ 0, "kind", "KIND", N_("invitation, report, urgent or correction") },
	{ 0, "tag", "TAG",
	    N_("only to those with this tag; may be given more than once") },
	{ 0, "organisations", NULL,
	    N_("only to those who belong to an organisation") },
	{ 0, "of", "NUMBER", N_("the issue that a correction corrects") },
	{ 0, "headline-nl", "TEXT", N_("headline in Dutch") },
	{ 0, "headline-en", "TEXT", N_("headline in English") },
	{ 0, "preheader-nl", "TEXT", N_("preheader in Dutch") },
	{ 0, "preheader-en", "TEXT", N_("preheader in English") },
	{ 0, "opening-nl", "TEXT", N_("opening words in Dutch") },
	{ 0, "opening-en", "TEXT", N_("opening words in English") },
	{ 0 },
};
static const struct cli_option check_options[] = {
	{ 0, "links", NULL, N_("try every link over the network") },
	{ 0, "strict", NULL, N_("exit 4 on warnings too") },
	{ 0 },
};
static const struct cli_option render_options[] = {
	{ 0, "edition", "nl|en|both", N_("which edition") },
	{ 0, "format", "html|text|eml", N_("how; html if not given") },
	{ 0, "output", "FILE", N_("write it to a file") },
	{ 0, "as", "ADDRESS",
	    N_("addressed to this subscriber, in the edition they get; links "
	       "lead nowhere") },
	{ 0 },
};
static const struct cli_option test_options[] = {
	{ 0, "to", "ADDRESS", N_("to whom, at most 10 times") },
	{ 0, "edition", "nl|en|both", N_("only this edition") },
	{ 0 },
};
static const struct cli_option approve_options[] = {
	{ 0, "revision", "N",
	    N_("refuse (exit 5) if the contents are not revision N") },
	{ 0, "confirm", "NUMBER-YEAR", N_("do not ask; must match the issue") },
	{ 0, "confirm-second", "NUMBER-YEAR",
	    N_("second urgent edition in 7 days: must match the one before") },
	{ 0 },
};
static const struct cli_option reason_options[] = {
	{ 0, "reason", "TEXT", N_("why, for your colleagues") },
	{ 0 },
};
static const struct cli_option send_options[] = {
	{ 0, "now", NULL, N_("begin at once, not at the planned time") },
	{ 0, "grace", "TIME",
	    N_("time in which it can be called off; 10m if not given") },
	{ 0, "missing", NULL, N_("send it to those who did not get it") },
	{ 0, "uncertain", NULL,
	    N_("with --missing: also to those who may have it already") },
	{ 0, "also-new", NULL,
	    N_("with --missing: also to those who came later") },
	{ 0, "confirm", "NUMBER-YEAR", N_("do not ask; must match the issue") },
	{ 0 },
};
static const struct cli_option stop_options[] = {
	{ 0, "confirm", "NUMBER-YEAR", N_("do not ask; must match the issue") },
	{ 0 },
};

#define EXAMPLES (const struct cli_example[])

const struct cli_command cli_issue_commands[] = {
	{ "issue", "list", N_("List the issues, the newest first"), "", 0, 0,
	    list_options,
	    EXAMPLES{ { "tweeluik issue list --state sent --year 2026", NULL },
		{ 0 } },
	    NULL, "tweeluik issue show", cli_issue_list },
	{ "issue", "show", N_("Show an issue, what is in it and how far it is"),
	    "[number|next]", 0, 1, show_options,
	    EXAMPLES{ { "tweeluik issue show next", NULL },
		{ "tweeluik issue show 12 --watch", N_("follow the sending") },
		{ 0 } },
	    N_("0 shown, 3 no such issue"), "tweeluik issue check",
	    cli_issue_show },
	{ "issue", "plan", N_("Make the next issue; set its time and texts"),
	    "[number|next]", 0, 1, plan_options,
	    EXAMPLES{ { "tweeluik issue plan next --headline-nl "
			"'tandarts vergoed' --headline-en 'dental care "
			"covered'",
			  NULL },
		{ "tweeluik issue plan 12 --at '2026-12-10 10:00'", NULL },
		{ "tweeluik issue plan --extra --kind report --tag "
		  "netwerkdag-2027 --at '2027-01-21 10:00'",
		    NULL },
		{ "tweeluik issue plan --extra --kind correction --of 12",
		    N_("to those who got number 12") },
		{ 0 } },
	    N_("0 done, 3 no such issue, 4 no date to come or already sent"),
	    "tweeluik issue check, tweeluik schedule show", cli_issue_plan },
	{ "issue", "skip", N_("Drop a special edition that is not sent yet"),
	    "<number>", 1, 1, reason_options,
	    EXAMPLES{
		{ "tweeluik issue skip extra-3 --reason 'not needed'", NULL },
		{ 0 } },
	    N_("0 dropped, 3 no such issue, 4 sending has begun"),
	    "tweeluik schedule skip", cli_issue_skip },
	{ "issue", "check", N_("Is an issue complete and fit to be sent"),
	    "[number|next]", 0, 1, check_options,
	    EXAMPLES{ { "tweeluik issue check 12", NULL },
		{ "tweeluik issue check 12 --links --strict", NULL }, { 0 } },
	    N_("0 nothing stops it, 3 no such issue, 4 something is missing"),
	    "tweeluik issue approve", cli_issue_check },
	{ "issue", "render", N_("Write one edition as it would be sent"),
	    "<number|next>", 1, 1, render_options,
	    EXAMPLES{ { "tweeluik issue render 12 --edition both --output "
			"12.html",
			  NULL },
		{ "tweeluik issue render 12 --edition nl --format eml", NULL },
		{ 0 } },
	    N_("0 written, 3 no such issue"), "tweeluik issue test",
	    cli_issue_render },
	{ "issue", "test", N_("Send a test to people who read it before"),
	    "<number|next> [address...]", 1, 11, test_options,
	    EXAMPLES{
		{ "tweeluik issue test 12 --to a@voorbeeld.example", NULL },
		{ 0 } },
	    N_("0 queued, 2 a wrong address: nothing is sent, 3 no such issue"),
	    "tweeluik issue check", cli_issue_test },
	{ "issue", "rehearse", N_("Make every mail of an issue and send none"),
	    "[number|next]", 0, 1, NULL,
	    EXAMPLES{ { "tweeluik issue rehearse next", NULL },
		{ "tweeluik issue rehearse 12 --json", NULL }, { 0 } },
	    N_("0 all are fit to be sent, 3 no such issue, 4 something would "
	       "go wrong"),
	    "tweeluik issue check, tweeluik issue test", cli_issue_rehearse },
	{ "issue", "approve", N_("Approve an issue for its planned time"),
	    "<number|next>", 1, 1, approve_options,
	    EXAMPLES{ { "tweeluik issue approve 12", NULL },
		{ "tweeluik issue approve 12 --revision 31 --confirm 12-2026",
		    N_("in a script") },
		{ 0 } },
	    N_("0 approved, 3 no such issue, 4 check failed, 5 contents "
	       "changed"),
	    "tweeluik issue check, tweeluik issue hold", cli_issue_approve },
	{ "issue", "hold", N_("Keep an issue from being sent"), "<number|next>",
	    1, 1, reason_options,
	    EXAMPLES{ { "tweeluik issue hold 12 --reason 'telephone number is "
			"wrong'",
			  NULL },
		{ 0 } },
	    N_("0 held, 2 no reason, 3 no such issue, 4 sending has begun"),
	    "tweeluik issue release", cli_issue_hold },
	{ "issue", "release", N_("Let a held issue go"), "<number|next>", 1, 1,
	    NULL, EXAMPLES{ { "tweeluik issue release 12", NULL }, { 0 } },
	    N_("0 released, 3 no such issue, 4 sending has begun"),
	    "tweeluik issue hold", cli_issue_release },
	{ "issue", "send",
	    N_("Send an approved issue before its time, or once more to those who "
	       "did not get it"),
	    "<number|next>", 1, 1, send_options,
	    EXAMPLES{ { "tweeluik issue send 12 --now", NULL },
		{ "tweeluik issue send 12 --now --grace 0m --confirm 12-2026",
		    N_("in a script") },
		{ "tweeluik issue send 12 --missing --dry-run",
		    N_("who did not get it?") },
		{ 0 } },
	    N_("0 it begins, or nobody is missing, 3 no such issue, 4 not "
	       "approved, held or still being sent"),
	    "tweeluik issue approve, tweeluik issue report", cli_issue_send },
	{ "issue", "pause", N_("Interrupt the sending"), "<number>", 1, 1,
	    reason_options,
	    EXAMPLES{ { "tweeluik issue pause 12 --reason 'wrong link'", NULL },
		{ 0 } },
	    N_("0 paused, 3 no such issue, 4 it is not being sent"),
	    "tweeluik issue resume, tweeluik issue stop", cli_issue_pause },
	{ "issue", "resume", N_("Go on with a sending that was paused"),
	    "<number>", 1, 1, NULL,
	    EXAMPLES{ { "tweeluik issue resume 12", NULL }, { 0 } },
	    N_("0 goes on, 3 no such issue, 4 it is not being sent"),
	    "tweeluik issue pause", cli_issue_resume },
	{ "issue", "stop", N_("End the sending for good"), "<number>", 1, 1,
	    stop_options,
	    EXAMPLES{ { "tweeluik issue stop 12", NULL },
		{ "tweeluik issue stop 12 --confirm 12-2026",
		    N_("in a script") },
		{ 0 } },
	    N_("0 stopped, 3 no such issue, 4 it is not being sent"),
	    "tweeluik issue pause, tweeluik issue report", cli_issue_stop },
	{ "issue", "report", N_("What became of every mail of an issue"),
	    "<number>", 1, 1, NULL,
	    EXAMPLES{ { "tweeluik issue report 12", NULL },
		{ "tweeluik issue report 12 --json", NULL }, { 0 } },
	    N_("0 shown, 3 no such issue, 4 not sent yet"),
	    "tweeluik issue show", cli_issue_report },
	{ 0 },
};
