#include <stdarg.h>
#include <string.h>

#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/operator.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"
#include "composer/issue/issue.h"

void
why_tell(struct why *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)json_array_append_new(w->story,
	    json_string(arena_vprintf(&w->c->arena, tr(fmt), ap)));
	va_end(ap);
}

static void
tell_state(struct why *w, const char *address, const struct rows *p)
{
	const char *state = rows_str(p, 0, "state");
	const char *at =
	    cli_day(w->c, DATEFMT_MOMENT, rows_str(p, 0, "state_at"));

	switch (state[0]) {
	case 'a':
		why_tell(w, N_("%s is an active subscriber since %s (%s)."),
		    address, at,
		    tr(subscriber_language_word(rows_str(p, 0, "language"))));
		break;
	case 'b':
		why_tell(w, N_("%s is blocked since %s."), address, at);
		break;
	case 'p':
		if (strcmp(state, "pending") == 0)
			why_tell(w, N_("%s has not confirmed since %s."),
			    address, at);
		else if (rows_null(p, 0, "paused_until"))
			why_tell(w, N_("%s is paused since %s."), address, at);
		else
			why_tell(w, N_("%s is paused since %s, until %s."),
			    address, at,
			    cli_day(w->c, DATEFMT_DAY,
				rows_str(p, 0, "paused_until")));
		break;
	default:
		if (strcmp(state, "unsubscribed") == 0)
			why_tell(w, N_("%s unsubscribed on %s."), address, at);
		else
			why_tell(w, N_("%s is undeliverable since %s: %s."),
			    address, at,
			    bounce_state_reason(w->c,
				rows_str(p, 0, "state_reason")));
	}
}

/* The last event that is about more than a language. */
static void
tell_event(struct why *w, const struct rows *events)
{
	int i = events->n - 1;

	while (i >= 0 && strcmp(rows_str(events, i, "kind"), "language") == 0)
		i--;
	if (i < 0)
		return;
	why_tell(w, N_("What happened last: %s, %s %s%s%s."),
	    cli_day(w->c, DATEFMT_MOMENT, rows_str(events, i, "at")),
	    tr(subscriber_event_word(rows_str(events, i, "kind"))),
	    tr(subscriber_way_word(rows_str(events, i, "way"))),
	    rows_str(events, i, "basis")[0] != '\0' ? ": " : "",
	    rows_str(events, i, "basis"));
	(void)json_object_set_new(w->doc, "event", json_of_row(events, i));
}

static int
tell_person(struct why *w, const char *address, const struct rows *p,
    struct err *e)
{
	bool known = !rows_null(p, 0, "id");
	const char *reason = rows_str(p, 0, "suppressed");
	const char *on =
	    cli_day(w->c, DATEFMT_DAY, rows_str(p, 0, "suppressed_on"));

	if (!known && reason[0] == '\0') {
		(void)err_set(e, ERR_NOT_FOUND,
		    "This address is not known: it is no subscriber now and "
		    "it did not leave");
		return err_hint(e,
		    N_("Search by a part: tweeluik subscriber list --search "
		       "TEXT"));
	}
	(void)json_object_set_new(w->doc, "subscriber",
	    known ? json_of_row(p, 0) : json_null());
	(void)json_object_set_new(w->doc, "suppressed",
	    reason[0] != '\0' ? json_string(reason) : json_null());
	if (known) {
		tell_state(w, address, p);
		if (reason[0] != '\0')
			why_tell(w,
			    N_("The address gets no mail, whatever its state: "
			       "%s, %s."),
			    tr(subscriber_left_word(reason)), on);
		return 0;
	}
	why_tell(w,
	    N_("Of %s only a keyed hash is known, to keep it off the list: "
	       "%s, %s."),
	    address, tr(subscriber_left_word(reason)), on);
	why_tell(w,
	    N_("Which mails went to it can no longer be looked up; it gets "
	       "none any more."));
	return 0;
}

static int
tell_events(struct why *w, const struct address *a, struct err *e)
{
	unsigned char hash[KEYS_HASH_BYTES];
	struct rows events;

	keys_hash_address(w->c->keys, hash, a);
	if (DATABASE_RUN(w->c->db, &events, e, "subscriber_events",
		param_bytes(hash, sizeof(hash))) == -1)
		return -1;
	tell_event(w, &events);
	rows_done(&events);
	return 0;
}

/* The one that was named, or the last one that was sent; *ret_any is false
 * when none ever was. */
static int
find_issue(struct cli *c, const struct cli_args *a, struct issue *ret,
    bool *ret_any, struct err *e)
{
	struct rows r;
	int64_t id;

	*ret_any = true;
	if (a->nwords > 1)
		return issue_find(c->db, &c->arena, a->words[1], ret, e);
	if (database_run(c->db, &r, e, "why_last", NULL, 0) == -1)
		return -1;
	*ret_any = r.n == 1;
	id = r.n == 1 ? rows_int(&r, 0, "id") : 0;
	rows_done(&r);
	return *ret_any ? issue_again(c->db, &c->arena, id, ret, e) : 0;
}

static int
tell(struct why *w, const struct cli_args *a, const struct address *address,
    const struct rows *person, struct err *e)
{
	struct issue i;
	bool any;

	if (tell_person(w, address->text, person, e) == -1 ||
	    tell_events(w, address, e) == -1 ||
	    find_issue(w->c, a, &i, &any, e) == -1)
		return -1;
	(void)json_object_set_new(w->doc, "issue",
	    any ? json_string(i.name) : json_null());
	if (rows_null(person, 0, "id"))
		return 0;
	if (!any) {
		why_tell(w, N_("No issue has been sent yet."));
		return 0;
	}
	return why_issue(w, &i, person, e);
}

int
cli_why(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct why w = { .c = c };
	struct address *address;
	struct rows person;
	json_t *line;
	size_t i;
	int rc;

	if (subscriber_find(c, a->words[0], &person, &address, e) == -1)
		return -1;
	w.doc = json_pack("{s:s}", "address", address->text);
	w.story = json_array();
	rc = tell(&w, a, address, &person, e);
	rows_done(&person);
	if (rc == 0 && c->output == CLI_TEXT)
		json_array_foreach(w.story, i, line)
		    out("%s\n", json_string_value(line));
	(void)json_object_set_new(w.doc, "story", w.story);
	if (rc == 0 && c->output != CLI_TEXT)
		(void)out_object(c, "tweeluik.why/1", w.doc);
	else
		json_decref(w.doc);
	return rc;
}
