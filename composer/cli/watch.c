#include "composer/cli/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/catalogue.h"
#include "base/keys.h"
#include "composer/cli/cli.h"
#include "composer/cli/reply.h"

#define DEFERRED_MAX 3000 /* looked at, a second */
#define GROUPS_MAX 200	  /* told apart */

struct group {
	const char *domain;
	const char *status; /* or, without one, the code */
	const char *meaning;
	int64_t n;
};

/* What stands behind the last @ of a sealed address; all of a sealed domain. */
static const char *
domain_of(struct cli *c, const struct rows *r, int i, const char *column)
{
	char text[ADDRESS_MAX + 1];
	const unsigned char *sealed;
	const char *at;
	struct err e;
	size_t n;

	sealed = rows_bytes(r, i, column, &n);
	if (c->keys == NULL || keys_open(c->keys, text, sealed, n, &e) == -1)
		return "?";
	at = strrchr(text, '@');
	return arena_strdup(&c->arena, at == NULL ? text : at + 1);
}

/* NULL when there are too many. */
static struct group *
group_of(struct group *groups, size_t *n, const char *domain,
    const char *status)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(groups[i].domain, domain) == 0 &&
		    strcmp(groups[i].status, status) == 0)
			return &groups[i];
	if (*n == GROUPS_MAX)
		return NULL;
	groups[*n] = (struct group){ .domain = domain, .status = status };
	return &groups[(*n)++];
}

static int
by_number(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1)
			    : strcmp(x->domain, y->domain);
}

#define TOP 5

static void
add_groups(struct cli *c, const struct rows *r, json_t *facts)
{
	struct group *groups =
	    arena_alloc(&c->arena, GROUPS_MAX * sizeof(*groups));
	int64_t more = r->n > 0 ? rows_int(r, 0, "total") - DEFERRED_MAX : 0;
	json_t *list = json_array();
	size_t n = 0;

	more = more > 0 ? more : 0;
	for (int i = 0; i < r->n; i++) {
		int code = (int)rows_int(r, i, "code");
		const char *status = rows_str(r, i, "status");
		struct group *g =
		    group_of(groups, &n, domain_of(c, r, i, "address_sealed"),
			status[0] != '\0' ? status : rows_str(r, i, "code"));

		if (g == NULL) {
			more++;
			continue;
		}
		g->n++;
		g->meaning = tr(reply_meaning(code, status, ""));
	}
	qsort(groups, n, sizeof(*groups), by_number);
	for (size_t i = 0; i < n; i++)
		if (i < TOP)
			(void)json_array_append_new(list,
			    json_pack("{s:s,s:s,s:s,s:I}", "domain",
				groups[i].domain, "status", groups[i].status,
				"meaning", groups[i].meaning, "n",
				(json_int_t)groups[i].n));
		else
			more += groups[i].n;
	(void)json_object_set_new(facts, "deferrals", list);
	(void)json_object_set_new(facts, "deferrals_more", json_integer(more));
}

static int
add_deferrals(struct cli *c, int64_t issue, json_t *facts, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "watch_deferred", param_int(issue),
		param_int(DEFERRED_MAX)) == -1)
		return -1;
	add_groups(c, &r, facts);
	rows_done(&r);
	return 0;
}

static int
add_pace(struct cli *c, json_t *facts, struct err *e)
{
	json_t *list, *row;
	struct rows r;
	size_t i;

	if (database_run(c->db, &r, e, "watch_pace", NULL, 0) == -1)
		return -1;
	list = json_of_rows(&r);
	json_array_foreach(list, i, row)
	{
		(void)json_object_set_new(row, "domain",
		    json_string(domain_of(c, &r, (int)i, "domain_sealed")));
		(void)json_object_del(row, "domain_sealed");
	}
	(void)json_object_set_new(facts, "pace", list);
	rows_done(&r);
	return 0;
}

int
watch_details(struct cli *c, int64_t issue, json_t *facts, struct err *e)
{
	struct rows r;

	if (database_run(c->db, &r, e, "watch_workers", NULL, 0) == -1)
		return -1;
	(void)json_object_set_new(facts, "workers", json_of_rows(&r));
	rows_done(&r);
	return add_deferrals(c, issue, facts, e) == -1 ? -1
						       : add_pace(c, facts, e);
}

double
watch_rate(const json_t *facts)
{
	const json_t *row;
	double rate = 0;
	size_t i;

	json_array_foreach(json_object_get(facts, "workers"), i, row) rate +=
	    json_real_value(json_object_get(row, "rate"));
	return rate;
}
