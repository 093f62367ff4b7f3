#include <string.h>
#include <strings.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"
#include "composer/list/subscriber_rows.h"

static const struct column list_columns[] = { { "address", N_("Address") },
	{ "organisation", N_("Organisation") }, { "language", N_("Language") },
	{ "state", N_("State") }, { "since", N_("Since") }, { 0 } };

struct search {
	const char *language, *state, *tag, *text;
};

static int
read_search(struct search *s, const struct cli_args *a, struct err *e)
{
	s->language = args_value(a, "language");
	s->state = args_value(a, "state");
	s->tag = args_value(a, "tag");
	s->text = args_value(a, "search");
	if (s->language != NULL) {
		const char *word = s->language;

		s->language = subscriber_language(word);
		if (s->language == NULL || s->language[0] == '\0')
			return err_set(e, ERR_USAGE,
			    "'%s' is no language: choose nl, en or both", word);
	}
	if (s->state != NULL && subscriber_state_word(s->state) == s->state) {
		(void)err_set(e, ERR_USAGE, "There is no state '%s'", s->state);
		return err_hint(e,
		    N_("Choose pending, active, paused, unsubscribed, "
		       "undeliverable or blocked"));
	}
	return 0;
}

/* In words for a table: "nl+en (not chosen)", "paused until 1 February". */
static void
put_words(struct cli *c, json_t *o, const struct rows *r, int row)
{
	const char *language = rows_str(r, row, "language");
	const char *state =
	    tr(subscriber_state_word(rows_str(r, row, "state")));

	if (strcmp(language, "both") == 0)
		language =
		    strcmp(rows_str(r, row, "language_from"), "default") == 0
		    ? arena_printf(&c->arena, "nl+en (%s)", tr("not chosen"))
		    : "nl+en";
	if (!rows_null(r, row, "paused_until"))
		state = arena_printf(&c->arena, tr("paused until %s"),
		    cli_day(c, DATEFMT_SHORT,
			rows_str(r, row, "paused_until")));
	(void)json_object_set_new(o, "language", json_string(language));
	(void)json_object_set_new(o, "state", json_string(state));
	(void)json_object_set_new(o, "since",
	    json_stringn(rows_str(r, row, "since"), 4));
}

static int
add_page(struct cli *c, const struct search *s, const struct rows *r,
    json_t *items, struct err *e)
{
	for (int i = 0; i < r->n; i++) {
		char address[ADDRESS_MAX + 1];
		const unsigned char *sealed;
		size_t n;
		json_t *o;

		sealed = rows_bytes(r, i, "address_sealed", &n);
		if (keys_open(c->keys, address, sealed, n, e) == -1)
			return err_prefix(e, N_("Subscriber %lld"),
			    (long long)rows_int(r, i, "id"));
		if (s->text != NULL && strcasestr(address, s->text) == NULL &&
		    strcasestr(rows_str(r, i, "organisation"), s->text) == NULL)
			continue;
		o = json_of_row(r, i);
		(void)json_object_del(o, "address_sealed");
		(void)json_object_set_new(o, "address", json_string(address));
		if (c->output == CLI_TEXT)
			put_words(c, o, r, i);
		(void)json_array_append_new(items, o);
	}
	return 0;
}

static int
collect(struct cli *c, const struct search *s, json_t *items, struct err *e)
{
	int64_t last = 0;
	struct rows r;
	int n, rc;

	do {
		if (DATABASE_RUN(c->db, &r, e, "subscriber_page",
			param_text(s->language), param_text(s->state),
			param_text(s->tag), param_int(last)) == -1)
			return -1;
		n = r.n;
		rc = add_page(c, s, &r, items, e);
		if (n > 0)
			last = rows_int(&r, n - 1, "id");
		rows_done(&r);
	} while (rc == 0 && n > 0);
	return rc;
}

static int
print_counts(struct cli *c, struct err *e)
{
	struct rows r;

	if (database_run(c->db, &r, e, "subscriber_counts", NULL, 0) == -1)
		return -1;
	out(tr("%s active: nl %s, en %s, both %s (of whom %s never chose a "
	       "language)\n"),
	    cli_number(c, rows_int(&r, 0, "active")),
	    cli_number(c, rows_int(&r, 0, "nl")),
	    cli_number(c, rows_int(&r, 0, "en")),
	    cli_number(c, rows_int(&r, 0, "both")),
	    cli_number(c, rows_int(&r, 0, "never_chose")));
	rows_done(&r);
	return 0;
}

int
cli_subscriber_list(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct search s;
	json_t *items;

	if (read_search(&s, a, e) == -1 || cli_keys(c, e) == -1 ||
	    cli_database(c, e) == -1)
		return -1;
	items = json_array();
	if (collect(c, &s, items, e) == -1) {
		json_decref(items);
		return -1;
	}
	out_list(c, "tweeluik.subscribers/1", items, list_columns);
	return c->output == CLI_TEXT ? print_counts(c, e) : 0;
}

/* One plain sentence: does this person get mail, and if not, why. */
static const char *
sentence(struct cli *c, const struct rows *r)
{
	const char *state = rows_str(r, 0, "state");
	const char *day = cli_day(c, DATEFMT_DAY, rows_str(r, 0, "state_at"));
	struct arena *a = &c->arena;

	switch (state[0]) {
	case 'a':
		return arena_strdup(a, tr("Gets every issue."));
	case 'p':
		if (strcmp(state, "pending") == 0)
			return arena_printf(a,
			    tr("Gets no mail: has not confirmed since %s."),
			    day);
		if (rows_null(r, 0, "paused_until"))
			return arena_printf(a,
			    tr("Gets no mail: paused since %s."), day);
		return arena_printf(a, tr("Gets no mail: paused until %s."),
		    cli_day(c, DATEFMT_DAY, rows_str(r, 0, "paused_until")));
	case 'b':
		return arena_printf(a, tr("Gets no mail: blocked on %s."), day);
	default:
		if (strcmp(state, "unsubscribed") == 0)
			return arena_printf(a,
			    tr("Gets no mail: unsubscribed on %s."), day);
		return arena_printf(a,
		    tr("Gets no mail: undeliverable since %s, because the "
		       "mail server says that the mailbox does not exist "
		       "(%s)."),
		    day, rows_str(r, 0, "state_reason"));
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
		{ "schedule", N_("by itself") },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], way) == 0)
			return words[i][1];
	return way;
}

static void
print_events(struct cli *c, const struct rows *events)
{
	for (int i = 0; i < events->n; i++) {
		const char *issue = rows_text(events, i, "issue");
		const char *basis = rows_str(events, i, "basis");
		bool import =
		    strcmp(rows_str(events, i, "kind"), "imported") == 0;
		const char *what = arena_printf(&c->arena, "%s, %s%s%s%s%s%s%s",
		    cli_day(c, DATEFMT_MOMENT, rows_str(events, i, "at")),
		    tr(subscriber_event_word(rows_str(events, i, "kind"))),
		    import ? "" : " ",
		    import
			? ""
			: tr(subscriber_way_word(rows_str(events, i, "way"))),
		    issue != NULL ? ", " : "", issue != NULL ? issue : "",
		    basis[0] != '\0' ? ": " : "", basis);

		cli_line(i == 0 ? tr("What happened") : "", what);
		if (!rows_null(events, i, "wording"))
			cli_line("", rows_str(events, i, "wording"));
	}
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
print_subscriber(struct cli *c, const struct address *a, const struct rows *r,
    const struct rows *events)
{
	json_t *row = json_of_row(r, 0);

	cli_line(tr("Address"), a->text);
	cli_line(tr("State"),
	    tr(subscriber_state_word(rows_str(r, 0, "state"))));
	cli_line("", sentence(c, r));
	cli_line(tr("Language"),
	    arena_printf(&c->arena, "%s (%s)",
		tr(subscriber_language_word(rows_str(r, 0, "language"))),
		tr(how_known(r))));
	if (!rows_null(r, 0, "organisation"))
		cli_line(tr("Organisation"), rows_str(r, 0, "organisation"));
	print_tags(tr("Tags"), json_object_get(row, "tags"));
	cli_line(tr("Since"), cli_day(c, DATEFMT_DAY, rows_str(r, 0, "since")));
	print_events(c, events);
	json_decref(row);
}

int
cli_subscriber_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	unsigned char hash[KEYS_HASH_BYTES];
	struct address address;
	struct rows r, events;
	json_t *o;

	if (subscriber_get(c, a->words[0], &r, e) == -1)
		return -1;
	(void)address_parse(&address, a->words[0], strlen(a->words[0]), e);
	keys_hash_address(c->keys, hash, &address);
	if (DATABASE_RUN(c->db, &events, e, "subscriber_events",
		param_bytes(hash, sizeof(hash))) == -1) {
		rows_done(&r);
		return -1;
	}
	o = json_of_row(&r, 0);
	(void)json_object_set_new(o, "address", json_string(address.text));
	(void)json_object_set_new(o, "explanation",
	    json_string(sentence(c, &r)));
	(void)json_object_set_new(o, "events", json_of_rows(&events));
	if (!out_object(c, "tweeluik.subscriber/1", o))
		print_subscriber(c, &address, &r, &events);
	rows_done(&events);
	rows_done(&r);
	return 0;
}
