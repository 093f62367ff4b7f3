#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/catalogue.h"
#include "composer/cli/cli.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"

static const struct column list_columns[] = { { "address", N_("Address") },
	{ "organisation", N_("Organisation") }, { "language", N_("Language") },
	{ "state", N_("State") }, { "since", N_("Since") }, { 0 } };

int
subscriber_read_filter(struct subscriber_filter *f, const struct cli_args *a,
    struct err *e)
{
	f->state = args_value(a, "state");
	f->tag = args_value(a, "tag");
	f->text = args_value(a, "search");
	if (f->state != NULL && subscriber_state_word(f->state) == f->state) {
		(void)err_set(e, ERR_USAGE, "There is no state '%s'", f->state);
		return err_hint(e,
		    N_("Choose pending, active, paused, unsubscribed, "
		       "undeliverable or blocked"));
	}
	return subscriber_read_language(args_value(a, "language"), &f->language,
	    e);
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

static bool
matches(const struct subscriber_filter *f, const char *address,
    const char *organisation)
{
	return f->text == NULL || strcasestr(address, f->text) != NULL ||
	    strcasestr(organisation, f->text) != NULL;
}

static int
each_of_page(struct cli *c, const struct subscriber_filter *f,
    const struct rows *r,
    int (*found)(void *arg, const char *address, const struct rows *r, int row,
	struct err *e),
    void *arg, struct err *e)
{
	for (int i = 0; i < r->n; i++) {
		char address[ADDRESS_MAX + 1];
		const unsigned char *sealed;
		size_t n;

		sealed = rows_bytes(r, i, "address_sealed", &n);
		if (keys_open(c->keys, address, sealed, n, e) == -1)
			return err_prefix(e, N_("Subscriber %lld"),
			    (long long)rows_int(r, i, "id"));
		if (matches(f, address, rows_str(r, i, "organisation")) &&
		    found(arg, address, r, i, e) == -1)
			return -1;
	}
	return 0;
}

int
subscriber_each(struct cli *c, const struct subscriber_filter *f,
    int (*found)(void *arg, const char *address, const struct rows *r, int row,
	struct err *e),
    void *arg, struct err *e)
{
	int64_t last = 0;
	struct rows r;
	int n, rc;

	if (cli_keys(c, e) == -1 || cli_database(c, e) == -1)
		return -1;
	do {
		if (DATABASE_RUN(c->db, &r, e, "subscriber_page",
			param_text(f->language), param_text(f->state),
			param_text(f->tag), param_int(last)) == -1)
			return -1;
		n = r.n;
		rc = each_of_page(c, f, &r, found, arg, e);
		if (n > 0)
			last = rows_int(&r, n - 1, "id");
		rows_done(&r);
	} while (rc == 0 && n > 0);
	return rc;
}

struct listing {
	struct cli *c;
	json_t *items;
};

static int
add_item(void *arg, const char *address, const struct rows *r, int row,
    struct err *e)
{
	struct listing *l = arg;
	json_t *o = json_of_row(r, row);

	(void)e;
	(void)json_object_del(o, "address_sealed");
	(void)json_object_del(o, "tag_list");
	(void)json_object_set_new(o, "address", json_string(address));
	if (l->c->output == CLI_TEXT)
		put_words(l->c, o, r, row);
	(void)json_array_append_new(l->items, o);
	return 0;
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
	struct subscriber_filter f = { 0 };
	struct listing l = { .c = c };
	size_t n;

	if (subscriber_read_filter(&f, a, e) == -1)
		return -1;
	l.items = json_array();
	if (subscriber_each(c, &f, add_item, &l, e) == -1) {
		json_decref(l.items);
		return -1;
	}
	n = json_array_size(l.items);
	out_list(c, "tweeluik.subscribers/1", l.items, list_columns);
	if (c->output != CLI_TEXT)
		return 0;
	if (a->nvalues > 0)
		out(tr("%s found\n"), cli_number(c, (long long)n));
	return print_counts(c, e);
}
