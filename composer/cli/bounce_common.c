#include <string.h>

#include "base/catalogue.h"
#include "base/keys.h"
#include "base/text.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/words.h"

int
bounce_open(struct cli *c, const struct rows *r, int row, const char *column,
    char **ret, size_t *ret_n, struct err *e)
{
	const unsigned char *sealed;
	char *plain;
	size_t n;

	*ret = NULL;
	if (row >= r->n || rows_null(r, row, column))
		return 0;
	sealed = rows_bytes(r, row, column, &n);
	plain = arena_alloc(&c->arena, n + 1);
	if (keys_open_bytes(c->keys, (unsigned char *)plain, sealed, n, e) ==
	    -1)
		return -1;
	*ret = plain;
	*ret_n = n - KEYS_SEAL_BYTES;
	return 0;
}

/* What a stranger wrote must not steer a terminal. */
static void
tame(char *s)
{
	size_t at, n = strlen(s), from = 0;

	while (text_check(s + from, n - from, true, &at) != TEXT_OK) {
		from += at;
		s[from] = ' ';
	}
}

json_t *
bounce_json_text(struct cli *c, const char *text)
{
	char *copy = arena_strdup(&c->arena, text);

	tame(copy);
	return json_string(copy);
}

int
bounce_open_row(struct cli *c, const struct rows *r, int row, json_t *o,
    struct err *e)
{
	static const char *const members[][2] = {
		{ "address_sealed", "address" },
		{ "from_sealed", "from" },
		{ "subject_sealed", "subject" },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		char *plain;
		size_t n;

		if (json_object_get(o, members[i][0]) == NULL)
			continue;
		if (bounce_open(c, r, row, members[i][0], &plain, &n, e) == -1)
			return -1;
		(void)json_object_del(o, members[i][0]);
		(void)json_object_set_new(o, members[i][1],
		    plain != NULL ? bounce_json_text(c, plain) : json_null());
	}
	return 0;
}

int
bounce_look(struct cli *c, struct param message, struct param reader,
    json_t **ret, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "bounce_of", message, reader) == -1)
		return -1;
	*ret = json_of_rows(&r);
	for (int i = 0; i < r.n; i++)
		(void)json_object_set_new(json_array_get(*ret, (size_t)i),
		    "meaning",
		    json_string(tr(bounce_meaning(rows_str(&r, i, "reason"),
			rows_str(&r, i, "status")))));
	rows_done(&r);
	return 0;
}

/* "12 January   number 12-2026, the mailbox is full (4.2.2): tried again" */
void
bounce_print(struct cli *c, const json_t *bounce)
{
	struct arena *a = &c->arena;
	const char *issue = json_str(bounce, "issue");
	const char *status = json_str(bounce, "status");
	bool smtp = strcmp(json_str(bounce, "source"), "smtp") == 0;

	if (issue[0] != '\0')
		issue = arena_printf(a, tr("number %s, "), issue);
	if (status[0] != '\0')
		status = arena_printf(a, " (%s)", status);
	cli_line(cli_day(c, DATEFMT_SHORT, json_str(bounce, "at")),
	    arena_printf(a, "%s%s%s%s: %s", issue,
		smtp ? tr("refused at once, ") : "",
		json_str(bounce, "meaning"), status,
		tr(bounce_done(json_str(bounce, "effect")))));
	if (json_str(bounce, "diagnostic")[0] != '\0')
		cli_line("", json_str(bounce, "diagnostic"));
	if (c->verbose > 0)
		cli_line("",
		    arena_printf(a, tr("rule: %s"), json_str(bounce, "rule")));
}
