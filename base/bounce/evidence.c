#include "base/bounce/evidence.h"

#include <string.h>

#include "base/bounce/addresses.h"
#include "base/bounce/phrases.h"

/* Fields that only reports have. */
static const char *const marks[] = { "X-Failed-Recipients",
	"X-MS-Exchange-Message-Is-Ndr", "X-Mailer-Daemon-Recipients",
	"X-Bounce-Recipient" };

static bool
has(const struct fields *f, const char *name)
{
	return fields_next(f, name, NULL) != NULL;
}

static struct slice
local_part(const char *from)
{
	struct slice all = slice_of(from, strlen(from)), one;
	size_t at = 0;
	const char *open = strchr(from, '<');

	if (open != NULL)
		at = (size_t)(open - from);
	if (addresses_next(all, &at, &one))
		return slice_of(one.p,
		    (size_t)((const char *)memchr(one.p, '@', one.n) - one.p));
	/* "MAILER-DAEMON" without a domain */
	if (open != NULL && open[1] != '>')
		return slice_of(open + 1, strcspn(open + 1, ">@ "));
	return slice_of(from, strcspn(from, "@ ("));
}

static bool
is_daemon(const char *from, struct slice local)
{
	static const char *const names[] = { "mail delivery", "mailer-daemon",
		"mailer daemon", "mail system", "mail administrator",
		"mail router", "postmaster", "system administrator",
		"mail server", "mail agent", "mail service", "email system",
		"e-mail system", "delivery subsystem", "delivery system",
		"delivery notification", "courier mail server" };
	struct slice name = slice_of(from, strlen(from));

	if (phrases_is(PHRASES_MACHINE, local))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_starts(name.n > 0 && name.p[0] == '"'
			    ? slice_from(name, 1)
			    : name,
			names[i]))
			return true;
	return false;
}

static bool
is_robot(struct slice local)
{
	static const char *const names[] = { "no-reply", "noreply", "no_reply",
		"donotreply", "do-not-reply", "sysadmin", "system", "admin",
		"administrator", "daemon" };
	struct slice tail = slice_from(local, local.n > 6 ? local.n - 6 : 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(local, names[i]))
			return true;
	return slice_is(tail, "-admin") || slice_is(tail, "-owner");
}

static void
weigh_sender(const struct content *c, struct arena *arena, struct evidence *e)
{
	const char *from = fields_words(c->top, "From", arena);
	const char *path = fields_get(c->top, "Return-Path", arena);
	const char *automatic = fields_get(c->top, "Auto-Submitted", arena);
	struct slice local = local_part(from);

	e->is_null_sender = strncmp(path, "<>", 2) == 0 ||
	    slice_has(slice_of(path, strlen(path)), "mailer-daemon") ||
	    slice_is(slice_of(path, strlen(path)), "<null>");
	/* Nobody writes without a name but a machine. */
	e->is_daemon =
	    is_daemon(from, local) || *from == '\0' || strcmp(from, "<>") == 0;
	e->machine += e->is_null_sender ? 2 : 0;
	e->is_robot = is_robot(local);
	e->machine += e->is_daemon ? 2 : e->is_robot ? 1 : 0;
	e->machine += *automatic != '\0' && strncmp(automatic, "no", 2) != 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (has(c->top, marks[i])) {
			e->is_marked = true;
			e->says = 2;
		}
	e->is_marked |=
	    strcmp(c->mail.parts[0].report_type, "delivery-status") == 0;
	e->machine += e->is_marked ? 3 : 0;
	/* Newsletters have these; a report has them when a list passed it on. */
	if (!phrases_is(PHRASES_MACHINE, local) &&
	    (has(c->top, "List-Unsubscribe") || has(c->top, "List-Post") ||
		has(c->top, "X-Cron-Env")))
		e->machine -= 4;
}

void
evidence_weigh(const struct content *c, const struct words *w,
    struct arena *arena, struct evidence *ret)
{
	struct slice subject = slice_of(c->subject, strlen(c->subject));
	struct evidence e = { 0 };
	unsigned int found = phrases_in(PHRASES_FAILED | PHRASES_DELAYED |
		PHRASES_GIVEN_UP | PHRASES_DELIVERED,
	    c->text);
	unsigned int head =
	    phrases_in(PHRASES_DELAYED | PHRASES_DELIVERED, subject);

	weigh_sender(c, arena, &e);
	if (slice_starts(subject, "Re:") || slice_starts(subject, "Fwd:") ||
	    slice_starts(subject, "FW:"))
		e.says -= e.is_daemon ? 0 : 2;
	while (subject.n > 0 && strchr("*[<!\"' ", subject.p[0]) != NULL)
		subject = slice_from(subject, 1);
	if (phrases_start(PHRASES_SUBJECT, subject)) {
		e.is_marked = true;
		e.says += 2;
	}
	if ((found & (PHRASES_FAILED | PHRASES_DELAYED)) != 0)
		e.says += 2;
	e.is_named = w->n > 0 && w->is_listed;
	e.is_told = w->n > 0 && w->is_told;
	e.says += e.is_named + e.is_told;
	e.is_delayed = ((head | found) & PHRASES_DELAYED) != 0 &&
	    (found & PHRASES_GIVEN_UP) == 0;
	e.is_delivered = ((head | found) & PHRASES_DELIVERED) != 0 &&
	    (found & PHRASES_FAILED) == 0 && !e.is_delayed;
	*ret = e;
}

bool
evidence_is_report(const struct evidence *e)
{
	if (e->is_daemon)
		return e->machine >= 2 && e->says >= 2;
	if (!e->is_marked && !(e->is_robot && e->is_told))
		return false;
	return e->machine >= 2 ? e->says >= 3
			       : e->machine == 1 && e->says >= 4 && e->is_named;
}
