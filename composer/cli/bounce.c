#include "composer/cli/bounce.h"

#include "base/catalogue.h"
#include "composer/cli/cli.h"

static const struct cli_option list_options[] = {
	{ 0, "issue", "NUMBER", N_("only what came back of this issue") },
	{ 0, "all", NULL, N_("everything that is kept") },
	{ 0 },
};
static const struct cli_option show_options[] = {
	{ 0, "raw", NULL,
	    N_("the message itself, byte for byte, while it is kept") },
	{ 0 },
};
static const struct cli_option process_options[] = {
	{ 0, "file", "FILE", N_("the message; a dash is standard input") },
	{ 0, "recipient", "ADDRESS",
	    N_("the address it was delivered to, when it is not in it") },
	{ 0, "explain", NULL,
	    N_("say what it means; nothing is stored or changed") },
	{ 0 },
};
static const struct cli_option reason_options[] = {
	{ 0, "reason", "TEXT", N_("why, kept with the reader") },
	{ 0 },
};

const struct cli_command cli_bounce_commands[] = {
	{ "bounce", "list",
	    N_("List what came back: what a person should judge, and what was "
	       "done by itself"),
	    "", 0, 0, list_options,
	    CLI_EXAMPLES({ "tweeluik bounce list", NULL },
		{ "tweeluik bounce list --issue 12",
		    N_("of one issue, whenever it came") }),
	    N_("0 also when there is nothing, 3 no such issue"),
	    "tweeluik bounce show", cli_bounce_list },
	{ "bounce", "show",
	    N_("Tell all about a message that came back, or about what came "
	       "back from a reader"),
	    "<number or address>", 1, 1, show_options,
	    CLI_EXAMPLES({ "tweeluik bounce show 17", NULL },
		{ "tweeluik bounce show info@voorbeeld.example", NULL }),
	    N_("0 shown, 3 no such message or subscriber, 4 the message itself "
	       "is gone"),
	    "tweeluik bounce list, tweeluik subscriber show", cli_bounce_show },
	{ "bounce", "explain", N_("Say what messages that came back mean"),
	    "<file|->...", 1, SIZE_MAX, NULL,
	    CLI_EXAMPLES({ "tweeluik bounce explain message.eml", NULL },
		{ "tweeluik bounce explain --json - <message.eml", NULL }),
	    N_("0 done, 6 not every message could be read"),
	    "tweeluik bounce process", cli_bounce_explain },
	{ "bounce", "process", N_("Handle one message that came back"), "", 0,
	    0, process_options,
	    CLI_EXAMPLES({ "tweeluik bounce process --file melding.eml", NULL },
		{ "tweeluik bounce process --file - --explain",
		    N_("what does it mean?") }),
	    N_("0 handled, now or before; 1 it cannot be read"),
	    "tweeluik bounce explain", cli_bounce_process },
	{ "bounce", "reactivate",
	    N_("Send mail again to an address that was undeliverable, at first "
	       "one that checks it"),
	    "<address>", 1, 1, reason_options,
	    CLI_EXAMPLES({ "tweeluik bounce reactivate info@voorbeeld.example "
			   "--reason 'mailbox works again, says their office'",
		NULL }),
	    N_("0 active, now or before; 3 no subscriber, 4 this person left"),
	    "tweeluik subscriber set", cli_bounce_reactivate },
	{ "bounce", "suppress", N_("Make an address undeliverable by hand"),
	    "<address>", 1, 1, reason_options,
	    CLI_EXAMPLES({ "tweeluik bounce suppress info@voorbeeld.example "
			   "--reason 'organisation has ended'",
		NULL }),
	    N_("0 undeliverable, now or before; 3 no subscriber, 4 this person "
	       "left"),
	    "tweeluik subscriber unsubscribe", cli_bounce_suppress },
	{ "bounce", "keep",
	    N_("Leave a reader as they are: what came back so far is judged"),
	    "<address>", 1, 1, NULL,
	    CLI_EXAMPLES(
		{ "tweeluik bounce keep info@voorbeeld.example", NULL }),
	    N_("0 judged, 3 no subscriber"), "tweeluik bounce list",
	    cli_bounce_keep },
	{ "bounce", "dismiss",
	    N_("Throw away a message that waits for a person"), "<number>", 1,
	    1, NULL, CLI_EXAMPLES({ "tweeluik bounce dismiss 17", NULL }),
	    N_("0 thrown away, 3 no such message, 4 it does not wait"),
	    "tweeluik bounce forward", cli_bounce_dismiss },
	{ "bounce", "forward",
	    N_("Pass a message that waits on to the help desk"), "<number>", 1,
	    1, NULL, CLI_EXAMPLES({ "tweeluik bounce forward 17", NULL }),
	    N_("0 passed on, 3 no such message, 4 it does not wait or is gone"),
	    "tweeluik bounce dismiss", cli_bounce_forward },
	{ 0 },
};
