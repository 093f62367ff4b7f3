#include "composer/cli/org.h"

#include "base/catalogue.h"
#include "composer/cli/cli.h"

/* The names of org_field.h, with '-' for '_'. */
#define FIELD_OPTIONS \
	{ 0, "place", "TEXT", N_("town or city") }, \
	    { 0, "postal-address", "TEXT", N_("postal address") }, \
	    { 0, "region", "TEXT", N_("where it works") }, \
	    { 0, "secret", "yes|no", \
		    N_("a secret address: place, address and region never leave " \
		       "the office") }, \
	    { 0, "contact", "NAME", N_("a person") }, \
	    { 0, "contact-agreed-on", "DATE", \
		    N_("when the contact agreed to be named") }, \
	    { 0, "contact-agreed-by", "TEXT", N_("who agreed, and how") }, \
	    { 0, "contact-language", "nl|en|both", \
		    N_("language of mail to the contact") }, \
	    { 0, "phone", "TEXT", N_("telephone") }, \
	    { 0, "email", "ADDRESS", N_("e-mail") }, \
	    { 0, "website", "URL", N_("website") }, \
	    { 0, "aim-nl", "TEXT", N_("aim, in Dutch") }, \
	    { 0, "aim-en", "TEXT", N_("aim, in English") }, \
	    { 0, "capacity-nl", "TEXT", N_("capacity, in Dutch") }, \
	    { 0, "capacity-en", "TEXT", N_("capacity, in English") }, \
	    { 0, "capacity-date", "DATE", N_("day the capacity is of") }, \
	    { 0, "topics", "SLUGS", N_("topics, with blanks between them") }, \
	    { 0, "languages", "CODES", N_("languages spoken: 'nl en fr'") }, \
	    { 0, "visibility", "FIELD=WHO", \
		    N_("who sees a field: public, mail (only in the mail) or " \
		       "office; may be given more than once") }, \
	    { 0, "announce", "yes|no", N_("announce it in the next issue") }, \
	{ \
		0, "checked-on", "DATE", N_("when somebody looked it over") \
	}

static const struct cli_option list_options[] = {
	{ 0, "topic", "SLUG", N_("of this topic") },
	{ 0, "search", "WORDS",
	    N_("with these words in name, place or contact") },
	{ 0, "region", "TEXT", N_("in this region") },
	{ 0, "announce", NULL, N_("that the next issue announces") },
	{ 0, "unchecked-since", "1y|DATE",
	    N_("that nobody looked over for so long") },
	{ 0 },
};
static const struct cli_option add_options[] = {
	{ 'f', "file", "FILE",
	    N_("read the form from a file, - for standard input") },
	FIELD_OPTIONS,
	{ 0 },
};
static const struct cli_option set_options[] = {
	{ 'f', "file", "FILE",
	    N_("read the form from a file, - for standard input") },
	{ 0, "revision", "N",
	    N_("refuse (exit 5) if the organisation is not revision N") },
	{ 0, "name", "TEXT", N_("another name") },
	FIELD_OPTIONS,
	{ 0 },
};
static const struct cli_option import_options[] = {
	{ 0, "apply", NULL, N_("store it; without this it is only checked") },
	{ 0 },
};
static const struct cli_option check_options[] = {
	{ 0, "unchecked-since", "1y|DATE",
	    N_("all that nobody looked over for so long") },
	{ 0, "confirm", "N", N_("confirm: the number of mails") },
	{ 0 },
};

#define EXITS \
	N_("0 done, 2 something is wrong in what was given, 3 no such " \
	   "organisation, 4 the rules say no, 5 changed meanwhile, or " \
	   "another one has this name")

const struct cli_command cli_org_commands[] = {
	{ "org", "list", N_("List the organisations of the social map"), "", 0,
	    0, list_options,
	    CLI_EXAMPLES({ "tweeluik org list --topic shelter", NULL },
		{ "tweeluik org list --unchecked-since 1y",
		    N_("whom to ask") }),
	    NULL, "tweeluik org show", cli_org_list },
	{ "org", "show", N_("Show an organisation and who may see what"),
	    "<name|number>", 1, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik org show Wereldvrouwen", NULL }),
	    N_("0 shown, 3 no such organisation"), "tweeluik org set",
	    cli_org_show },
	{ "org", "add", N_("Add an organisation"), "[name]", 0, 1, add_options,
	    CLI_EXAMPLES({ "tweeluik org add Voorbeeldhuis",
			     N_("opens your editor") },
		{ "tweeluik org add Voorbeeldhuis --place Utrecht --aim-nl "
		  "'Opvang' --announce yes",
		    NULL }),
	    EXITS, "tweeluik org set, tweeluik org import", cli_org_add },
	{ "org", "set", N_("Change an organisation"), "<name|number>", 1, 1,
	    set_options,
	    CLI_EXAMPLES({ "tweeluik org set Voorbeeldhuis",
			     N_("opens your editor") },
		{ "tweeluik org set Voorbeeldhuis --visibility phone=mail",
		    NULL },
		{ "tweeluik org set Voorbeeldhuis --checked-on +0d", NULL }),
	    EXITS, "tweeluik org show", cli_org_set },
	{ "org", "remove", N_("Remove an organisation; its subscribers stay"),
	    "<name|number>", 1, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik org remove Voorbeeldhuis", NULL }),
	    N_("0 done, 3 no such organisation, 4 an item about it was not "
	       "sent yet"),
	    "tweeluik org show", cli_org_remove },
	{ "org", "import", N_("Read organisations from a CSV file"), "<file>",
	    1, 1, import_options,
	    CLI_EXAMPLES({ "tweeluik org import organisations.csv",
			     N_("check only") },
		{ "tweeluik org import organisations.csv --apply", NULL }),
	    N_("0 done, 2 something is wrong in the file; nothing is stored "
	       "then"),
	    "tweeluik org export", cli_org_import },
	{ "org", "export",
	    N_("Write the social map as a CSV file, without secret addresses"),
	    "[file]", 0, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik org export organisations.csv", NULL }),
	    NULL, "tweeluik org import", cli_org_export },
	{ "org", "check",
	    N_("Ask organisations by mail whether what is stored is right"),
	    "[name|number]", 0, 1, check_options,
	    CLI_EXAMPLES({ "tweeluik org check Voorbeeldhuis", NULL },
		{ "tweeluik org check --unchecked-since 1y --dry-run",
		    N_("whom would it ask?") }),
	    N_("0 asked, or nobody to ask; 3 no such organisation"),
	    "tweeluik org changes, tweeluik org list", cli_org_check },
	{ "org", "changes", N_("Show the changes that organisations ask for"),
	    "[name|number]", 0, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik org changes", NULL }), NULL,
	    "tweeluik org accept, tweeluik org refuse", cli_org_changes },
	{ "org", "accept", N_("Store a change that an organisation asked for"),
	    "<change>", 1, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik org accept 3", NULL }), EXITS,
	    "tweeluik org changes", cli_org_accept },
	{ "org", "refuse", N_("Leave a change that an organisation asked for"),
	    "<change>", 1, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik org refuse 3", NULL }),
	    N_("0 done, 3 no such change"), "tweeluik org changes",
	    cli_org_refuse },
	{ 0 },
};
