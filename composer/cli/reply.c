#include "composer/cli/reply.h"

#include <stdio.h>
#include <string.h>

#include "base/catalogue.h"

#define ANY (-1)
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* The first that fits; class 4 passes, class 5 does not. */
static const struct {
	int class, subject, detail;
	const char *meaning;
} statuses[] = {
	{ ANY, 1, 1, N_("the mailbox does not exist") },
	{ ANY, 1, 2, N_("the domain does not exist") },
	{ ANY, 1, 3, N_("the server does not understand the address") },
	{ ANY, 1, 6, N_("the mailbox has moved") },
	{ ANY, 1, 7, N_("the server does not accept our address as sender") },
	{ ANY, 1, 8, N_("the server does not accept our address as sender") },
	{ ANY, 1, 10, N_("the domain takes no mail at all") },
	{ ANY, 1, ANY, N_("something is wrong with the address") },
	{ ANY, 2, 1, N_("the mailbox is closed") },
	{ ANY, 2, 2, N_("the mailbox is full") },
	{ ANY, 2, 3, N_("the mailbox does not take mails of this size") },
	{ ANY, 2, ANY, N_("something is wrong with the mailbox") },
	{ ANY, 3, 4, N_("the mail is too large for the server") },
	{ ANY, 3, ANY, N_("the server cannot take mail now") },
	{ ANY, 4, 7, N_("the server could not pass it on in time") },
	{ ANY, 4, ANY, N_("the server cannot reach the next one") },
	{ ANY, 5, ANY, N_("the servers do not understand each other") },
	{ ANY, 6, ANY, N_("the server cannot handle the form of the mail") },
	{ ANY, 7, 25, N_("the server does not know the name of our server") },
	{ ANY, 7, 26, N_("the server doubts that the mail comes from us") },
	{ ANY, 7, 28, N_("the server finds that we send too fast") },
	{ 4, 7, ANY, N_("the server keeps unknown senders waiting") },
	{ 5, 7, ANY, N_("the server's rules do not let this mail through") },
};
static const struct {
	int code;
	const char *meaning;
} codes[] = {
	{ 421, N_("the server had no time and closed the connection") },
	{ 450, N_("the mailbox could not be reached just then") },
	{ 451, N_("the server had trouble of its own") },
	{ 452, N_("the server had no room") },
	{ 550, N_("the server refuses mail for this address") },
	{ 551, N_("the mailbox is not on this server") },
	{ 552, N_("the mailbox is full") },
	{ 553, N_("the server does not understand the address") },
	{ 554, N_("the server refuses the mail without a clear reason") },
	{ 556, N_("the domain takes no mail at all") },
};

const char *
reply_meaning(int code, const char *status, const char *stage)
{
	int class, subject, detail;

	if (sscanf(status, "%1d.%3d.%3d", &class, &subject, &detail) == 3)
		for (size_t i = 0; i < LENGTH(statuses); i++)
			if ((statuses[i].class == ANY ||
				statuses[i].class == class) &&
			    statuses[i].subject == subject &&
			    (statuses[i].detail == ANY ||
				statuses[i].detail == detail))
				return statuses[i].meaning;
	for (size_t i = 0; i < LENGTH(codes); i++)
		if (codes[i].code == code)
			return codes[i].meaning;
	if (code >= 500)
		return N_("the server refuses it");
	if (code >= 400)
		return N_("the server asks to come back later");
	if (strcmp(stage, "end-of-data") == 0)
		return N_("the connection was lost after the whole mail had "
			  "been handed over");
	return N_("there was no answer");
}
