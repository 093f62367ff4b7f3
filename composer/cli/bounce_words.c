#include <string.h>

#include "base/address.h"
#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/reply.h"
#include "composer/list/typo.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct word {
	const char *word, *meaning;
};

static const char *
look_up(const struct word *words, size_t n, const char *word,
    const char *otherwise)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].meaning;
	return otherwise;
}

const char *
bounce_meaning(const char *reason, const char *status)
{
	static const struct word words[] = {
		{ "dead", N_("the mailbox does not exist") },
		{ "full", N_("the mailbox is full") },
		{ "inactive", N_("the mailbox is closed for now") },
		{ "blocked", N_("the mail system refuses it as unwanted") },
		{ "authentication",
		    N_("the mail system doubts that the mail comes from us") },
		{ "temporary", N_("the mail system could not take it") },
		{ "too-large", N_("the mail is too large") },
		{ "content", N_("the mail system refuses what is in it") },
	};

	/* What is wrong with an address, the status says more exactly. */
	if (strcmp(reason, "dead") == 0 && strncmp(status, "5.1.", 4) == 0)
		return reply_meaning(0, status, "");
	return look_up(words, LENGTH(words), reason,
	    N_("the mail system gives no clear reason"));
}

const char *
bounce_kind_meaning(const char *kind)
{
	static const struct word words[] = {
		{ "report", N_("delivery report") },
		{ "complaint", N_("complaint of spam") },
		{ "unsubscribe", N_("wish to leave") },
		{ "authreport", N_("report about our authentication") },
		{ "receipt", N_("read receipt") },
		{ "autoreply", N_("automatic answer, of absence or the like") },
		{ "challenge", N_("question whether we are human") },
		{ "moved", N_("message that an address has changed") },
		{ "person", N_("mail of a person") },
		{ "unread", N_("a message that could not be read") },
	};

	return look_up(words, LENGTH(words), kind, N_("other mail"));
}

const char *
bounce_done(const char *what)
{
	static const struct word words[] = {
		{ "dead", N_("undeliverable, gets no mail any more") },
		{ "counted", N_("tried again with the next issue") },
		{ "blocked", N_("our task: no reader is marked") },
		{ "complaint", N_("unsubscribed") },
		{ "unsubscribe", N_("unsubscribed") },
		{ "forwarded", N_("passed on to the help desk") },
		{ "dismissed", N_("thrown away by a person") },
	};

	return look_up(words, LENGTH(words), what, N_("nothing was done"));
}

const char *
bounce_state_word(const char *state)
{
	static const struct word words[] = {
		{ "handled", N_("done by itself") },
		{ "review", N_("waits for a person") },
		{ "aside", N_("could not be read; waits for a person") },
		{ "forwarded", N_("passed on to the help desk") },
		{ "dismissed", N_("thrown away by a person") },
	};

	return look_up(words, LENGTH(words), state, state);
}

const char *
bounce_why(const char *reason)
{
	static const struct word words[] = {
		{ "nobody", N_("it names no reader of ours") },
		{ "nothing-said", N_("it does not say what became of a mail") },
		{ "unknown-sender",
		    N_("it is for the newsletter, from somebody who is not "
		       "listed") },
		/* What it is says why. */
		{ "person", "" },
		{ "moved", "" },
		{ "challenge", "" },
	};

	return look_up(words, LENGTH(words), reason, reason);
}

const char *
bounce_state_reason(struct cli *c, const char *reason)
{
	if (reason[0] >= '2' && reason[0] <= '5' && reason[1] == '.')
		return arena_printf(&c->arena, "%s (%s)",
		    tr(reply_meaning(0, reason, "")), reason);
	return strcmp(reason, "by-hand") == 0 ? tr("so the office decided")
	    : strcmp(reason, "import") == 0   ? tr("so an import says")
					      : tr(bounce_meaning(reason, ""));
}

const char *
bounce_suggestion(struct cli *c, const char *address)
{
	const char *at = strrchr(address, '@');
	const char *domain = at != NULL ? typo_domain(at + 1) : NULL;

	return domain == NULL ? NULL
			      : arena_printf(&c->arena, "%.*s%s",
				    (int)(at + 1 - address), address, domain);
}
