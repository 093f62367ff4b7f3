#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "composer/cli/issue.h"
#include "composer/cli/operator.h"
#include "composer/issue/issue.h"
#include "composer/issue/rehearsal.h"

#define SECONDS_MAX (100.0 * 365 * 86400)

static void
progress(const struct rehearsal *r, bool last)
{
	int64_t all = r->recipients > r->seen ? r->recipients : r->seen;

	if (last)
		(void)fprintf(stderr, "\r\033[K");
	else if (all > 0)
		cli_bar((int)(r->seen * 100 / all));
	(void)fflush(stderr);
}

static int
rehearse(struct cli *c, struct rehearsal *r, struct err *e)
{
	bool terminal = !c->quiet && isatty(STDERR_FILENO) == 1;
	int rc;

	do {
		rc = rehearsal_step(r, c->db, &c->config, c->keys, e);
		if (terminal && rc != -1)
			progress(r, rc == 0);
	} while (rc == 1);
	return rc == -1 ? -1 : rehearsal_estimate(r, c->db, &c->config, e);
}

/* "2 hours and 10 minutes" */
static const char *
duration(struct cli *c, double seconds)
{
	unsigned long s =
	    (unsigned long)(seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
	unsigned long h = s / 3600, m = s / 60 % 60;

	if (s < 60)
		return arena_printf(&c->arena,
		    tr_n("%lu second", "%lu seconds", s == 0 ? 1 : s),
		    s == 0 ? 1 : s);
	if (h == 0)
		return arena_printf(&c->arena,
		    tr_n("%lu minute", "%lu minutes", m), m);
	return arena_printf(&c->arena, tr("%s and %s"),
	    arena_printf(&c->arena, tr_n("%lu hour", "%lu hours", h), h),
	    arena_printf(&c->arena, tr_n("%lu minute", "%lu minutes", m), m));
}

static void
print_editions(struct cli *c, const struct rehearsal *r)
{
	json_t *items = json_array();
	static const struct column columns[] = { { "edition", N_("Edition") },
		{ "messages", N_("Mails") }, { "smallest", N_("Smallest") },
		{ "mean", N_("Mean") }, { "largest", N_("Largest") },
		{ "bytes", N_("Bytes together") }, { 0 } };

	for (size_t i = 0; i < r->nopen; i++) {
		const struct rehearsal_edition *ed = &r->editions[i];
		int64_t n = ed->messages;

		(void)json_array_append_new(items,
		    json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "edition",
			issue_edition_word(ed->edition.name), "messages",
			cli_number(c, n), "smallest",
			cli_number(c, (long long)ed->smallest), "mean",
			cli_number(c, n == 0 ? 0 : ed->bytes / n), "largest",
			cli_number(c, (long long)ed->largest), "bytes",
			cli_number(c, ed->bytes)));
	}
	out_list(c, "", items, columns);
}

static void
print_fault(struct cli *c, enum rehearsal_fault f, int64_t faults)
{
	unsigned long n = (unsigned long)faults;
	const char *number = cli_number(c, faults);

	switch (f) {
	case REHEARSAL_UNREADABLE:
		out(tr_n("x %s address does not open: it was sealed with "
			 "another key\n",
			"x %s addresses do not open: they were sealed with "
			"another key\n",
			n),
		    number);
		break;
	case REHEARSAL_REFUSED:
		out(tr_n("x %s address is none we would hand over\n",
			"x %s addresses are none we would hand over\n", n),
		    number);
		break;
	case REHEARSAL_FORM:
		out(tr_n("x %s mail has a form that servers do not take\n",
			"x %s mails have a form that servers do not take\n", n),
		    number);
		break;
	default:
		out(tr_n("x %s mail is too large for the relay\n",
			"x %s mails are too large for the relay\n", n),
		    number);
	}
}

static void
print_problems(struct cli *c, const struct rehearsal *r)
{
	for (size_t f = 0; f < REHEARSAL_FAULTS; f++) {
		if (r->faults[f] == 0)
			continue;
		print_fault(c, (enum rehearsal_fault)f, r->faults[f]);
		for (size_t i = 0; i < r->nproblems; i++) {
			const struct rehearsal_problem *p = &r->problems[i];

			if (p->fault != f)
				continue;
			out("    ");
			out(tr("subscriber %lld"), (long long)p->subscriber);
			out(" %s%s%s\n", p->address,
			    p->why[0] != '\0' ? ": " : "", tr(p->why));
		}
	}
}

static void
print_time(struct cli *c, const struct rehearsal *r)
{
	const char *time = duration(c, r->seconds);

	switch (r->pace) {
	case REHEARSAL_WORKERS:
		out(tr("Sending takes about %s, at %.1f a second as it goes "
		       "now.\n"),
		    time, r->rate);
		break;
	case REHEARSAL_LAST:
		out(tr("Sending takes about %s, at %.1f a second as with the "
		       "last issue.\n"),
		    time, r->rate);
		break;
	case REHEARSAL_RATE:
		out(tr("Sending takes about %s, at %.1f a second as the "
		       "setting 'rate' allows.\n"),
		    time, r->rate);
		break;
	case REHEARSAL_DOMAIN_RATE:
		out(tr("Sending takes about %s: %s mails go to %s, at %.1f a "
		       "second as the setting 'domain_rate' allows.\n"),
		    time, cli_number(c, r->destinations.largest->n),
		    r->destinations.largest->domain, r->rate);
		break;
	default:
		out("%s",
		    tr("How long sending takes is not known yet: nothing was "
		       "sent before.\n"));
	}
	if (r->quiet_seconds > 0)
		out(tr("Of that, %s are quiet hours (%s).\n"),
		    duration(c, r->quiet_seconds), c->config.quiet_hours);
}

static void
print(struct cli *c, const struct issue *i, const struct rehearsal *r)
{
	out(i->state == ISSUE_OPEN
		? tr("Rehearsal of number %s as it would be now, not approved "
		     "yet (revision %d). Nothing was sent.\n")
		: tr("Rehearsal of number %s, approved, revision %d. Nothing "
		     "was sent.\n"),
	    i->name, i->revision);
	print_editions(c, r);
	print_problems(c, r);
	if (rehearsal_clean(r))
		out(tr_n("%s mail was made, and it is fit to be sent.\n",
			"%s mails were made, and all are fit to be sent.\n",
			(unsigned long)r->seen),
		    cli_number(c, r->seen));
	if (r->relay_size > 0)
		out(tr("The relay takes mails of at most %s bytes.\n"),
		    cli_number(c, r->relay_size));
	print_time(c, r);
}

static json_t *
document(const struct issue *i, const struct rehearsal *r)
{
	static const char *const words[] = { "unreadable", "refused", "form",
		"too-large" };
	static const char *const paces[REHEARSAL_PACES] = { "unknown",
		"workers", "last", "rate", "domain_rate" };
	json_t *o = json_pack("{s:s,s:b,s:i,s:I,s:b,s:I,s:f,s:o,s:o,s:o}",
	    "name", i->name, "approved", i->state == ISSUE_APPROVED, "revision",
	    i->revision, "recipients", (json_int_t)r->seen, "clean",
	    rehearsal_clean(r), "relay_size", (json_int_t)r->relay_size, "rate",
	    r->rate, "editions", json_array(), "faults", json_object(),
	    "problems", json_array());

	(void)json_object_set_new(o, "pace", json_string(paces[r->pace]));
	(void)json_object_set_new(o, "seconds",
	    r->rate > 0 ? json_real(r->seconds) : json_null());
	(void)json_object_set_new(o, "quiet_seconds",
	    json_real(r->quiet_seconds));
	for (size_t k = 0; k < r->nopen; k++) {
		const struct rehearsal_edition *ed = &r->editions[k];

		(void)json_array_append_new(json_object_get(o, "editions"),
		    json_pack("{s:s,s:I,s:I,s:I,s:I}", "edition",
			ed->edition.name, "messages", (json_int_t)ed->messages,
			"smallest", (json_int_t)ed->smallest, "largest",
			(json_int_t)ed->largest, "bytes",
			(json_int_t)ed->bytes));
	}
	for (size_t f = 0; f < REHEARSAL_FAULTS; f++)
		(void)json_object_set_new(json_object_get(o, "faults"),
		    words[f], json_integer(r->faults[f]));
	for (size_t k = 0; k < r->nproblems; k++)
		(void)json_array_append_new(json_object_get(o, "problems"),
		    json_pack("{s:s,s:I,s:s,s:s}", "fault",
			words[r->problems[k].fault], "subscriber",
			(json_int_t)r->problems[k].subscriber, "address",
			r->problems[k].address, "why", r->problems[k].why));
	return o;
}

int
cli_issue_rehearse(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct rehearsal *r = arena_alloc(&c->arena, sizeof(*r));
	struct issue i;
	int rc;

	if (issue_word(c, a, &i, e) == -1 || cli_keys(c, e) == -1)
		return -1;
	if (i.state != ISSUE_OPEN && i.state != ISSUE_APPROVED)
		return issue_refuse(c->db, &i, e);
	if (rehearsal_init(r, c->db, &c->config, &i, e) == -1)
		return -1;
	rc = rehearse(c, r, e);
	if (rc == 0 && !out_object(c, "tweeluik.rehearsal/1", document(&i, r)))
		print(c, &i, r);
	if (rc == 0 && !rehearsal_clean(r))
		rc = 4;
	rehearsal_done(r);
	return rc;
}
