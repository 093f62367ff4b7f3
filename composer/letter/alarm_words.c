#include "composer/letter/alarm_words.h"

#include <string.h>

#include "base/buf.h"
#include "base/catalogue.h"

static const char unapproved[] = N_("not approved in time");
static const char missed[] = N_("missed");

void
alarm_write_label(const char *lang, const char *series, int64_t number,
    struct buf *out)
{
	(void)buf_addf(out,
	    series[0] == 'e' ? catalogue_text(lang, "Extra %lld")
			     : catalogue_text(lang, "Issue %lld"),
	    (long long)number);
}

void
alarm_write_name(const char *series, int64_t number, int64_t year,
    struct buf *out)
{
	(void)buf_addf(out, "%s%lld-%lld", series[0] == 'e' ? "extra-" : "",
	    (long long)number, (long long)year);
}

const char *
alarm_reason(const char *lang, const char *reason)
{
	if (strcmp(reason, unapproved) == 0 || strcmp(reason, missed) == 0)
		return catalogue_text(lang, reason);
	return reason;
}

void
alarm_write(const char *lang, const char *key, const char *label,
    const char *text, struct buf *out)
{
	if (strcmp(key, "late") == 0)
		(void)buf_addf(out,
		    catalogue_text(lang,
			"%s should have been sent and was not"),
		    label);
	else if (strcmp(key, "paused") == 0)
		(void)buf_addf(out,
		    catalogue_text(lang, "%s was paused by the system"), label);
	else if (strcmp(key, "stalled") == 0)
		(void)buf_addf(out,
		    catalogue_text(lang, "%s: the sending stands still"),
		    label);
	else if (strcmp(key, "worker") == 0)
		(void)buf_adds(out,
		    catalogue_text(lang,
			"Mail is waiting and no program sends it"));
	else if (strcmp(key, "relay") == 0)
		(void)buf_adds(out,
		    catalogue_text(lang, "Mail cannot be handed over"));
	else if (strcmp(key, "blocked") == 0)
		(void)buf_addf(out,
		    catalogue_text(lang, "%s: mail systems refuse our mail"),
		    label);
	else if (strcmp(key, "mailbox") == 0)
		(void)buf_addf(out,
		    catalogue_text(lang, "Returned mail is not read: %s"),
		    text);
	else
		(void)buf_addf(out, catalogue_text(lang, "%s held: %s"), label,
		    alarm_reason(lang, text));
}

void
alarm_write_command(const char *key, const char *name, const char *text,
    struct buf *out)
{
	if (strcmp(key, "paused") == 0)
		(void)buf_addf(out, "tweeluik issue resume %s", name);
	else if (strcmp(key, "stalled") == 0)
		(void)buf_addf(out, "tweeluik issue show %s", name);
	else if (strcmp(key, "worker") == 0)
		(void)buf_adds(out, "systemctl start tweeluik-send");
	else if (strcmp(key, "blocked") == 0)
		(void)buf_addf(out, "tweeluik bounce list --issue %s", name);
	else if (strcmp(key, "report") == 0)
		(void)buf_addf(out, "tweeluik issue report %s", name);
	else if (strcmp(key, "held") == 0)
		(void)buf_addf(out, "tweeluik issue %s %s",
		    strcmp(text, unapproved) == 0 ? "check" : "release", name);
	else
		(void)buf_adds(out, "tweeluik status");
}
