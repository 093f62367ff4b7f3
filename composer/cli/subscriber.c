#include "composer/cli/subscriber.h"

#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/operator.h"
#include "composer/cli/words.h"
#include "composer/list/subscriber_rows.h"

const char *
subscriber_state_word(const char *state)
{
	static const char *const words[][2] = {
		{ "pending", N_("waiting for confirmation") },
		{ "active", N_("active") },
		{ "paused", N_("paused") },
		{ "unsubscribed", N_("unsubscribed") },
		{ "undeliverable", N_("undeliverable") },
		{ "blocked", N_("blocked") },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], state) == 0)
			return words[i][1];
	return state;
}

const char *
subscriber_language_word(const char *language)
{
	return strcmp(language, "nl") == 0 ? N_("Dutch")
	    : strcmp(language, "en") == 0  ? N_("English")
					   : N_("both languages");
}

const char *
subscriber_left_word(const char *reason)
{
	return reason[0] == 'u' ? N_("unsubscribed")
	    : reason[0] == 'c'	? N_("complained")
	    : reason[0] == 'e'	? N_("erased on request (GDPR)")
				: N_("blocked");
}

int
subscriber_read_language(const char *word, const char **ret, struct err *e)
{
	const char *language = word != NULL ? subscriber_language(word) : NULL;

	if (word != NULL && (language == NULL || language[0] == '\0'))
		return err_set(e, ERR_USAGE,
		    "'%s' is no language: choose nl, en or both", word);
	*ret = language;
	return 0;
}

int
subscriber_find(struct cli *c, const char *word, struct rows *ret,
    struct address **ret_address, struct err *e)
{
	unsigned char hash[KEYS_HASH_BYTES];
	struct address *a = arena_alloc(&c->arena, sizeof(*a));

	if (address_parse(a, word, strlen(word), e) == -1 ||
	    cli_keys(c, e) == -1 || cli_database(c, e) == -1)
		return -1;
	keys_hash_address(c->keys, hash, a);
	if (DATABASE_RUN(c->db, ret, e, "subscriber_find",
		param_bytes(hash, sizeof(hash))) == -1)
		return -1;
	*ret_address = a;
	return 0;
}

int
subscriber_unknown(struct cli *c, const struct rows *found, struct err *e)
{
	if (rows_null(found, 0, "suppressed"))
		(void)err_set(e, ERR_NOT_FOUND,
		    "This address is no subscriber");
	else
		(void)err_set(e, ERR_NOT_FOUND,
		    "This address is no subscriber: it was taken off the list "
		    "on %s and gets no mail",
		    cli_day(c, DATEFMT_DAY,
			rows_str(found, 0, "suppressed_on")));
	return err_hint(e,
	    N_("Search by a part: tweeluik subscriber list --search TEXT"));
}

int
subscriber_get(struct cli *c, const char *word, struct rows *ret,
    struct address **ret_address, struct err *e)
{
	if (subscriber_find(c, word, ret, ret_address, e) == -1)
		return -1;
	if (!rows_null(ret, 0, "id"))
		return 0;
	(void)subscriber_unknown(c, ret, e);
	rows_done(ret);
	return -1;
}

bool
subscriber_has_left(const struct rows *r)
{
	const char *state = rows_str(r, 0, "state");

	return !rows_null(r, 0, "suppressed") ||
	    strcmp(state, "unsubscribed") == 0 || strcmp(state, "blocked") == 0;
}

int
subscriber_refuse_left(struct cli *c, const struct rows *r, struct err *e)
{
	const char *reason = rows_str(r, 0, "suppressed");
	const char *day = cli_day(c, DATEFMT_DAY,
	    rows_null(r, 0, "suppressed_on") ? rows_str(r, 0, "state_at")
					     : rows_str(r, 0, "suppressed_on"));

	if (strcmp(reason, "blocked") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "This address was blocked on %s and stays so", day);
	else if (strcmp(reason, "complaint") == 0)
		(void)err_set(e, ERR_REFUSED,
		    "This person complained on %s and gets no mail any more",
		    day);
	else if (strcmp(reason, "erased") == 0) {
		(void)err_set(e, ERR_REFUSED,
		    "This person was erased (GDPR) on %s", day);
		(void)err_hint(e,
		    N_("Only they themselves can come back, on the page to "
		       "subscribe"));
	} else {
		(void)err_set(e, ERR_REFUSED,
		    "This person left on %s: only an invitation is possible",
		    day);
		(void)err_hint(e,
		    N_("An invitation: tweeluik subscriber add, without "
		       "--basis"));
	}
	return err_slug(e, "left");
}

int
subscriber_check_organisation(struct cli *c, const char *name, struct err *e)
{
	struct rows r;
	bool known;

	if (name == NULL || name[0] == '\0')
		return 0;
	if (DATABASE_RUN(c->db, &r, e, "organisation_known",
		param_text(name)) == -1)
		return -1;
	known = rows_bool(&r, 0, "known");
	rows_done(&r);
	if (known)
		return 0;
	(void)err_set(e, ERR_NOT_FOUND, "The social map has no '%s'", name);
	return err_hint(e, N_("Look: tweeluik org list"));
}

int
subscriber_as_it_is(struct cli *c, const struct cli_args *a, struct err *e)
{
	return c->output == CLI_TEXT ? 0 : cli_subscriber_show(c, a, e);
}

static const struct cli_option list_options[] = {
	{ 0, "language", "nl|en|both", N_("only this language") },
	{ 0, "state", "STATE",
	    N_("pending, active, paused, unsubscribed, undeliverable or "
	       "blocked") },
	{ 0, "tag", "TAG", N_("only with this tag") },
	{ 0, "search", "TEXT", N_("part of an address or organisation") },
	{ 0 },
};
static const struct cli_option add_options[] = {
	{ 0, "language", "nl|en|both",
	    N_("what they asked for; without it both, until they choose") },
	{ 0, "basis", "TEXT",
	    N_("how they agreed already, kept as proof; without it a mail "
	       "asks them") },
	{ 0, "organisation", "NAME", N_("an organisation of the social map") },
	{ 0, "tag", "TAG", N_("a tag; may be given more than once") },
	{ 0 },
};
static const struct cli_option set_options[] = {
	{ 0, "language", "nl|en|both", N_("the language this person chose") },
	{ 0, "state", "STATE", N_("active, paused or blocked") },
	{ 0, "until", "DATE", N_("end of the pause") },
	{ 0, "tag", "TAG", N_("add a tag; may be given more than once") },
	{ 0, "no-tag", "TAG", N_("take a tag away") },
	{ 0, "organisation", "NAME",
	    N_("an organisation of the social map, '' for none") },
	{ 0 },
};
static const struct cli_option pause_options[] = {
	{ 0, "until", "DATE", N_("the day on which mail comes again") },
	{ 0, "months", "N", N_("so many months from today") },
	{ 0 },
};
static const struct cli_option export_options[] = {
	{ 0, "language", "nl|en|both", N_("only this language") },
	{ 0, "state", "STATE",
	    N_("pending, active, paused, unsubscribed, undeliverable or "
	       "blocked") },
	{ 0, "tag", "TAG", N_("only with this tag") },
	{ 0 },
};
static const struct cli_option erase_options[] = {
	{ 0, "confirm", "ADDRESS",
	    N_("the address once more, instead of a question") },
	{ 0 },
};
static const struct cli_option import_options[] = {
	{ 0, "apply", NULL, N_("save it; without this it is only checked") },
	{ 0, "basis", "TEXT",
	    N_("why we may mail these people, kept as proof with each of them "
	       "(required to save)") },
	{ 0, "tag", "TAG", N_("a tag for everybody in the file") },
	{ 0, "language", "nl|en|both",
	    N_("for rows that name no language; without it both, until they "
	       "choose") },
	{ 0, "map", "LIST", N_("which column is what: email=3,lang=5") },
	{ 0, "ask", NULL,
	    N_("send the new ones a mail that asks them to confirm") },
	{ 0, "rejects", "FILE", N_("write the rows that were rejected") },
	{ 0 },
};

const struct cli_command cli_subscriber_commands[] = {
	{ "subscriber", "list", N_("List subscribers and count them"), "", 0, 0,
	    list_options,
	    CLI_EXAMPLES({ "tweeluik subscriber list --search voorbeeldhuis",
			     N_("somebody phones: who is it?") },
		{ "tweeluik subscriber list --state undeliverable", NULL }),
	    N_("0 also when there are none"), "tweeluik subscriber show",
	    cli_subscriber_list },
	{ "subscriber", "show",
	    N_("Show one subscriber, and why they get mail or not"),
	    "<address>", 1, 1, NULL,
	    CLI_EXAMPLES(
		{ "tweeluik subscriber show info@voorbeeld.example", NULL }),
	    N_("0 shown, 3 no subscriber"), "tweeluik subscriber set",
	    cli_subscriber_show },
	{ "subscriber", "add",
	    N_("Ask one person by mail to confirm, or add one who agreed"),
	    "<address>", 1, 1, add_options,
	    CLI_EXAMPLES({ "tweeluik subscriber add info@voorbeeld.example",
			     N_("they get a mail to confirm") },
		{ "tweeluik subscriber add info@voorbeeld.example "
		  "--language nl --basis 'asked by phone on 1 December'",
		    N_("active at once") }),
	    N_("0 asked or added, 4 this person left, 5 already a subscriber"),
	    "tweeluik subscriber import, tweeluik subscriber set",
	    cli_subscriber_add },
	{ "subscriber", "set",
	    N_("Change language, state, tags or organisation"), "<address>", 1,
	    1, set_options,
	    CLI_EXAMPLES({ "tweeluik subscriber set info@voorbeeld.example "
			   "--language en",
			     NULL },
		{ "tweeluik subscriber set info@voorbeeld.example --state "
		  "paused --until 2027-02-01",
		    NULL }),
	    N_("0 changed, 3 no subscriber, 4 this person left"),
	    "tweeluik subscriber unsubscribe", cli_subscriber_set },
	{ "subscriber", "pause", N_("Send one person nothing for a while"),
	    "<address>", 1, 1, pause_options,
	    CLI_EXAMPLES({ "tweeluik subscriber pause info@voorbeeld.example "
			   "--months 2",
			     NULL },
		{ "tweeluik subscriber set info@voorbeeld.example --state "
		  "active",
		    N_("end the pause now") }),
	    N_("0 paused, 3 no subscriber, 4 this person gets no mail anyway"),
	    "tweeluik subscriber set", cli_subscriber_pause },
	{ "subscriber", "unsubscribe", N_("Take one person off the list"),
	    "<address>", 1, 1, NULL,
	    CLI_EXAMPLES({ "tweeluik subscriber unsubscribe "
			   "info@voorbeeld.example",
		NULL }),
	    N_("0 done or already gone, 3 no subscriber"),
	    "tweeluik subscriber set --state paused",
	    cli_subscriber_unsubscribe },
	{ "subscriber", "erase",
	    N_("Forget one person everywhere; only a hash stays, so that nobody "
	       "mails them again"),
	    "<address>", 1, 1, erase_options,
	    CLI_EXAMPLES({ "tweeluik subscriber erase info@voorbeeld.example "
			   "--confirm info@voorbeeld.example",
		NULL }),
	    N_("0 erased, 3 nothing is known of this address"),
	    "tweeluik subscriber unsubscribe", cli_subscriber_erase },
	{ "subscriber", "import",
	    N_("Check a table of people (CSV); with --apply, take them in as "
	       "active on the basis you declare, or ask them"),
	    "<file>", 1, 1, import_options,
	    CLI_EXAMPLES({ "tweeluik subscriber import netwerkdag.csv",
			     N_("check only") },
		{ "tweeluik subscriber import netwerkdag.csv --apply --basis "
		  "'signed up at the network day'",
		    NULL }),
	    N_("0 all of it, 2 not a usable file, 6 some rows were rejected"),
	    "tweeluik subscriber add", cli_subscriber_import },
	{ "subscriber", "export",
	    N_("Write the list to a file for a spreadsheet (CSV), or with "
	       "--json"),
	    "<file>", 1, 1, export_options,
	    CLI_EXAMPLES({ "tweeluik subscriber export list.csv", NULL },
		{ "tweeluik subscriber export - --state active --json", NULL }),
	    N_("0 written"), "tweeluik subscriber import",
	    cli_subscriber_export },
	{ "why", NULL,
	    N_("What became of an issue for one reader, step by step"),
	    "<address> [number]", 1, 2, NULL,
	    CLI_EXAMPLES({ "tweeluik why info@voorbeeld.example",
			     N_("the last issue that was sent") },
		{ "tweeluik why info@voorbeeld.example 12", NULL }),
	    N_("0 told, 3 not known, or no such issue"),
	    "tweeluik subscriber show, tweeluik issue report", cli_why },
	{ 0 },
};
