#include "base/personal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* RFC 5322, 3.3.  In UTC: the zone of a host is nobody's business. */
static void
format_date(char out[PERSONAL_DATE_CHARS + 1], int64_t at)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)at;
	struct tm tm;

	(void)gmtime_r(&t, &tm);
	(void)snprintf(out, PERSONAL_DATE_CHARS + 1,
	    "%.3s, %02d %.3s %04d %02d:%02d:%02d +0000",
	    days + (size_t)3 * (size_t)tm.tm_wday, tm.tm_mday,
	    months + (size_t)3 * (size_t)tm.tm_mon, tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void
personal_fill(struct personal *p, const struct keys *k, uint64_t subscriber,
    uint32_t mailing, uint32_t seq, int64_t dated_at, const char *return_domain,
    const bool wanted[SLOT_KINDS])
{
	static const struct {
		enum slot_kind slot;
		enum token_purpose purpose;
	} links[] = {
		{ SLOT_UNSUBSCRIBE, TOKEN_UNSUBSCRIBE },
		{ SLOT_LANGUAGE, TOKEN_LANGUAGE },
		{ SLOT_WEB_VERSION, TOKEN_WEB_VERSION },
		{ SLOT_PREFERENCES, TOKEN_PREFERENCES },
		{ SLOT_UNDO, TOKEN_UNDO },
		{ SLOT_CONFIRM, TOKEN_CONFIRM },
		{ SLOT_DETAILS, TOKEN_DETAILS },
		{ SLOT_ADDRESS, TOKEN_ADDRESS },
	};
	struct token t = { .subscriber = subscriber, .mailing = mailing };
	char verp[TOKEN_MAIL_CHARS + 1];

	format_date(p->date, dated_at);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		/* Never what is left of the one before. */
		p->link[links[i].slot][0] = '\0';
		if (wanted != NULL && !wanted[links[i].slot])
			continue;
		t.purpose = links[i].purpose;
		token_link(k, p->link[links[i].slot], &t);
	}
	t.purpose = TOKEN_MAIL_UNSUBSCRIBE;
	token_mail(k, p->mail_unsubscribe, &t);
	/* A number that no subscriber reaches keeps Message-IDs of tests
	 * apart; the return path still says that it is nobody. */
	if (subscriber == 0)
		t.subscriber = UINT64_MAX - seq;
	t.purpose = TOKEN_MESSAGE_ID;
	token_mail(k, p->message_id, &t);
	t.subscriber = subscriber;
	t.purpose = TOKEN_RETURN_PATH;
	token_mail(k, verp, &t);
	(void)snprintf(p->envelope_sender, sizeof(p->envelope_sender),
	    "b+%s@%s", verp, return_domain);
}

void
personal_values(const struct personal *p, const char *ret_values[SLOT_KINDS])
{
	for (int i = 0; i < SLOT_KINDS; i++)
		ret_values[i] = p->link[i];
	ret_values[SLOT_TO] = p->to;
	ret_values[SLOT_DATE] = p->date;
	ret_values[SLOT_MESSAGE_ID] = p->message_id;
	ret_values[SLOT_MAIL_UNSUBSCRIBE] = p->mail_unsubscribe;
}
