#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/reply.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"

/* Everything that is known of one person. */
struct person {
	struct cli *c;
	const char *address;
	struct rows row, events, mails, returns;
};

/* The newest mail with a result, -1 for none. */
static int
mail_with(const struct person *p, const char *result)
{
	for (int i = 0; i < p->mails.n; i++)
		if (strcmp(rows_str(&p->mails, i, "result"), result) == 0)
			return i;
	return -1;
}

/* "number 12-2026", "the mail to confirm" */
static const char *
mail_name(const struct person *p, int i)
{
	static const char *const letters[][2] = {
		{ "confirm", N_("the mail that asks to confirm") },
		{ "already", N_("the mail that this address is subscribed") },
		{ "farewell", N_("the mail that they are unsubscribed") },
		{ "details", N_("the mail with a link to the details") },
		{ "address", N_("the mail to confirm a new address") },
		{ "address-changed", N_("the mail that the address changed") },
		{ "probe", N_("the mail that says they get it again") },
	};
	const char *letter = rows_text(&p->mails, i, "letter");

	if (letter == NULL)
		return arena_printf(&p->c->arena, tr("number %s"),
		    rows_str(&p->mails, i, "issue"));
	for (size_t k = 0; k < sizeof(letters) / sizeof(letters[0]); k++)
		if (strcmp(letters[k][0], letter) == 0)
			return tr(letters[k][1]);
	return letter;
}

static const char *
mail_meaning(const struct person *p, int i)
{
	return tr(reply_meaning((int)rows_int(&p->mails, i, "code"),
	    rows_str(&p->mails, i, "status"), rows_str(&p->mails, i, "stage")));
}

static const char *
when_undeliverable(const struct person *p, const char *day)
{
	const char *reason = rows_str(&p->row, 0, "state_reason");
	int refused = mail_with(p, "refused");

	if (strcmp(reason, "import") == 0)
		return arena_printf(&p->c->arena,
		    tr("Gets no mail: undeliverable, as the import of %s "
		       "says."),
		    day);
	if (refused >= 0 &&
	    strcmp(rows_str(&p->mails, refused, "status"), reason) == 0)
		return arena_printf(&p->c->arena,
		    tr("Gets no mail: undeliverable since %s (%s): %s (%s)."),
		    mail_name(p, refused), day, mail_meaning(p, refused),
		    reason);
	return arena_printf(&p->c->arena,
	    tr("Gets no mail: undeliverable since %s: %s."), day,
	    bounce_state_reason(p->c, reason));
}

static const char *
when_pending(const struct person *p, const char *day)
{
	struct arena *a = &p->c->arena;

	for (int i = 0; i < p->mails.n; i++) {
		const char *result = rows_str(&p->mails, i, "result");

		if (strcmp(rows_str(&p->mails, i, "letter"), "confirm") != 0)
			continue;
		if (strcmp(result, "accepted") == 0)
			return arena_printf(a,
			    tr("Gets no mail: has not confirmed; the mail that "
			       "asks for it was accepted on %s."),
			    cli_day(p->c, DATEFMT_DAY,
				rows_str(&p->mails, i, "at")));
		if (strcmp(result, "refused") == 0)
			return arena_printf(a,
			    tr("Gets no mail: could not confirm, because the "
			       "mail that asks for it was refused: %s."),
			    mail_meaning(p, i));
	}
	return arena_printf(a, tr("Gets no mail: has not confirmed since %s."),
	    day);
}

/* Of somebody whose mail came back lately. */
static const char *
when_returned(const struct person *p)
{
	const struct rows *r = &p->returns;
	int64_t n = rows_int(r, 0, "in_a_row");

	return arena_printf(&p->c->arena,
	    tr_n("Gets every issue, but %lld came back: %s.",
		"Gets every issue, but the last %lld came back: %s.",
		(unsigned long)n),
	    (long long)n,
	    tr(bounce_meaning(rows_str(r, 0, "reason"),
		rows_str(r, 0, "status"))));
}

/* Of somebody whose state alone would have them get everything. */
static const char *
when_active(const struct person *p)
{
	const char *suppressed = rows_str(&p->row, 0, "suppressed");
	struct arena *a = &p->c->arena;
	const char *result;

	if (suppressed[0] != '\0')
		return arena_printf(a,
		    suppressed[0] == 'c'
			? tr("Gets no mail: complained on %s.")
			: tr("Gets no mail: kept off the list since %s."),
		    cli_day(p->c, DATEFMT_DAY,
			rows_str(&p->row, 0, "suppressed_on")));
	if (p->mails.n == 0)
		return tr("Gets every issue.");
	result = rows_str(&p->mails, 0, "result");
	if (rows_int(&p->returns, 0, "in_a_row") >
	    (strcmp(result, "refused") == 0))
		return when_returned(p);
	if (strcmp(result, "refused") == 0)
		return arena_printf(a,
		    tr("Gets every issue, but %s was refused: %s."),
		    mail_name(p, 0), mail_meaning(p, 0));
	if (strcmp(result, "deferred") == 0)
		return arena_printf(a,
		    tr("Gets every issue; %s is tried again, because %s."),
		    mail_name(p, 0), mail_meaning(p, 0));
	if (strcmp(result, "expired") == 0)
		return arena_printf(a,
		    tr("Gets every issue, but for %s the time ran out."),
		    mail_name(p, 0));
	if (strcmp(result, "uncertain") == 0)
		return arena_printf(a,
		    tr("Gets every issue; of %s it is uncertain whether it "
		       "arrived."),
		    mail_name(p, 0));
	return tr("Gets every issue.");
}

/* One plain sentence: does this person get mail, and if not, why. */
static const char *
sentence(const struct person *p)
{
	const struct rows *r = &p->row;
	const char *state = rows_str(r, 0, "state");
	const char *day =
	    cli_day(p->c, DATEFMT_DAY, rows_str(r, 0, "state_at"));
	struct arena *a = &p->c->arena;

	switch (state[0]) {
	case 'a':
		return when_active(p);
	case 'p':
		if (strcmp(state, "pending") == 0)
			return when_pending(p, day);
		if (rows_null(r, 0, "paused_until"))
			return arena_printf(a,
			    tr("Gets no mail: paused since %s."), day);
		return arena_printf(a, tr("Gets no mail: paused until %s."),
		    cli_day(p->c, DATEFMT_DAY, rows_str(r, 0, "paused_until")));
	case 'b':
		if (rows_str(r, 0, "suppressed")[0] == 'c')
			return arena_printf(a,
			    tr("Gets no mail: complained on %s."), day);
		return arena_printf(a, tr("Gets no mail: blocked on %s."), day);
	default:
		return strcmp(state, "unsubscribed") == 0
		    ? arena_printf(a, tr("Gets no mail: unsubscribed on %s."),
			  day)
		    : when_undeliverable(p, day);
	}
}

static const char *
how_known(const struct rows *r)
{
	switch (rows_str(r, 0, "language_from")[0]) {
	case 'c':
		return N_("chosen by the reader");
	case 'i':
		return N_("from an import");
	default:
		return N_("not chosen yet");
	}
}

const char *
subscriber_event_word(const char *kind)
{
	static const char *const words[][2] = {
		{ "subscribed", N_("subscribed") },
		{ "confirmed", N_("confirmed") },
		{ "imported", N_("imported") },
		{ "language", N_("language changed") },
		{ "paused", N_("paused") },
		{ "resumed", N_("resumed") },
		{ "unsubscribed", N_("unsubscribed") },
		{ "undone", N_("came back") },
		{ "blocked", N_("blocked") },
		{ "undeliverable", N_("undeliverable") },
		{ "reactivated", N_("made active again") },
		{ "address", N_("moved to another address") },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], kind) == 0)
			return words[i][1];
	return kind;
}

const char *
subscriber_way_word(const char *way)
{
	static const char *const words[][2] = {
		{ "page", N_("on the page") },
		{ "one-click", N_("by the button of the mail program") },
		{ "mail", N_("by mail") },
		{ "command", N_("by the office") },
		{ "import", N_("by import") },
		{ "bounce", N_("by the mail server") },
		{ "complaint", N_("by a complaint of spam") },
		{ "schedule", N_("by itself") },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], way) == 0)
			return words[i][1];
	return way;
}

/* The last word on consent, -1 for none. */
static int
consent_of(const struct rows *events)
{
	static const char *const kinds[] = { "subscribed", "confirmed",
		"imported", "undone" };

	for (int i = events->n - 1; i >= 0; i--)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (strcmp(rows_str(events, i, "kind"), kinds[k]) == 0)
				return i;
	return -1;
}

/* "3 December 2026 10:12, subscribed by the office, 12-2026: by phone" */
static const char *
event_line(struct cli *c, const struct rows *events, int i)
{
	const char *kind = rows_str(events, i, "kind");
	const char *issue = rows_str(events, i, "issue");
	const char *basis = rows_str(events, i, "basis");
	bool import = strcmp(kind, "imported") == 0;

	return arena_printf(&c->arena, "%s, %s%s%s%s%s%s%s",
	    cli_day(c, DATEFMT_MOMENT, rows_str(events, i, "at")),
	    tr(subscriber_event_word(kind)), import ? "" : " ",
	    import ? "" : tr(subscriber_way_word(rows_str(events, i, "way"))),
	    issue[0] != '\0' ? ", " : "", issue, basis[0] != '\0' ? ": " : "",
	    basis);
}

static void
print_events(struct cli *c, const struct rows *events)
{
	int consent = consent_of(events);

	if (consent >= 0) {
		cli_line(tr("Consent"), event_line(c, events, consent));
		if (!rows_null(events, consent, "wording"))
			cli_line("", rows_str(events, consent, "wording"));
	}
	for (int i = 0; i < events->n; i++)
		cli_line(i == 0 ? tr("What happened") : "",
		    event_line(c, events, i));
}

static const char *
result_word(const char *result)
{
	static const char *const words[][2] = { { "accepted", N_("accepted") },
		{ "deferred", N_("deferred") }, { "refused", N_("refused") },
		{ "uncertain", N_("uncertain") }, { "expired", N_("expired") },
		{ "suppressed", N_("not sent") }, { "waiting", N_("waits") } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], result) == 0)
			return words[i][1];
	return result;
}

/* "number 12-2026: refused, the mailbox is full" */
static const char *
mail_line(const struct person *p, int i)
{
	const struct rows *r = &p->mails;
	const char *result = rows_str(r, i, "result");
	const char *what = arena_printf(&p->c->arena, "%s, %s: %s",
	    cli_day(p->c, DATEFMT_MOMENT, rows_str(r, i, "at")),
	    mail_name(p, i), tr(result_word(result)));

	if (!rows_null(r, i, "came_back"))
		return arena_printf(&p->c->arena, tr("%s; came back, %s"), what,
		    tr(bounce_meaning(rows_str(r, i, "came_back"),
			rows_str(r, i, "came_back_status"))));
	if (strcmp(result, "refused") == 0 || strcmp(result, "deferred") == 0)
		return arena_printf(&p->c->arena, "%s, %s", what,
		    mail_meaning(p, i));
	return what;
}

static void
print_mails(const struct person *p)
{
	for (int i = 0; i < p->mails.n; i++)
		cli_line(i == 0 ? tr("Last mails") : "", mail_line(p, i));
}

static void
print_tags(const char *label, json_t *tags)
{
	size_t i;
	json_t *t;

	json_array_foreach(tags, i, t)
	    cli_line(i == 0 ? label : "", json_string_value(t));
}

static void
print_person(const struct person *p)
{
	const struct rows *r = &p->row;
	struct cli *c = p->c;
	json_t *row = json_of_row(r, 0);

	cli_line(tr("Address"), p->address);
	cli_line(tr("State"),
	    tr(subscriber_state_word(rows_str(r, 0, "state"))));
	cli_line("", sentence(p));
	cli_line(tr("Language"),
	    arena_printf(&c->arena, "%s (%s)",
		tr(subscriber_language_word(rows_str(r, 0, "language"))),
		tr(how_known(r))));
	if (!rows_null(r, 0, "organisation"))
		cli_line(tr("Organisation"), rows_str(r, 0, "organisation"));
	else if (!rows_null(r, 0, "organisation_said"))
		cli_line(tr("Organisation"),
		    arena_printf(&c->arena,
			tr("%s (as they typed it; not on the social map)"),
			rows_str(r, 0, "organisation_said")));
	print_tags(tr("Tags"), json_object_get(row, "tags"));
	cli_line(tr("Since"), cli_day(c, DATEFMT_DAY, rows_str(r, 0, "since")));
	print_events(c, &p->events);
	print_mails(p);
	json_decref(row);
}

static void
show(const struct person *p)
{
	int consent = consent_of(&p->events);
	json_t *o = json_of_row(&p->row, 0);

	(void)json_object_set_new(o, "address", json_string(p->address));
	(void)json_object_set_new(o, "explanation", json_string(sentence(p)));
	(void)json_object_set_new(o, "consent",
	    consent >= 0 ? json_of_row(&p->events, consent) : json_null());
	(void)json_object_set_new(o, "events", json_of_rows(&p->events));
	(void)json_object_set_new(o, "mails", json_of_rows(&p->mails));
	(void)json_object_set_new(o, "returns", json_of_row(&p->returns, 0));
	if (!out_object(p->c, "tweeluik.subscriber/1", o))
		print_person(p);
}

static int
look(struct person *p, const unsigned char *hash, struct err *e)
{
	struct param id = param_int(rows_int(&p->row, 0, "id"));
	struct database *db = p->c->db;

	if (DATABASE_RUN(db, &p->events, e, "subscriber_events",
		param_bytes(hash, KEYS_HASH_BYTES)) == -1 ||
	    DATABASE_RUN(db, &p->mails, e, "subscriber_mails", id) == -1 ||
	    DATABASE_RUN(db, &p->returns, e, "subscriber_returns", id) == -1)
		return -1;
	return 0;
}

int
cli_subscriber_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	unsigned char hash[KEYS_HASH_BYTES];
	struct person p = { .c = c };
	struct rows *all[] = { &p.row, &p.events, &p.mails, &p.returns };
	struct address *address;
	int rc;

	if (subscriber_get(c, a->words[0], &p.row, &address, e) == -1)
		return -1;
	keys_hash_address(c->keys, hash, address);
	p.address = address->text;
	rc = look(&p, hash, e);
	if (rc == 0)
		show(&p);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->result != NULL)
			rows_done(all[i]);
	return rc;
}
