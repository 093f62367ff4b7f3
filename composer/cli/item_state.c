#include "base/catalogue.h"
#include "composer/cli/item.h"
#include "composer/item/item.h"

int
cli_item_ready(struct cli *c, const struct cli_args *a, struct err *e)
{
	const struct item_change change = { .actor = c->actor,
		.small = args_flag(a, "small") };
	const char *side = args_value(a, "side");
	struct item_form_context x;
	bool changed = false;
	int64_t id;

	if (item_word_id(a, &id, e) == -1 || cli_database(c, e) == -1 ||
	    item_form_context(c->db, &c->arena, "", &x, e) == -1)
		return -1;
	if (side != NULL && item_key_choose(x.langs, side, e) == -1)
		return err_prefix(e, "--side");
	if (database_begin(c->db, e) == -1)
		return -1;
	if (item_ready(c->db, &c->arena, id, side, &change, &changed, e) ==
		-1 ||
	    item_finish(c, id, N_("marked ready"), changed, e) == -1) {
		database_rollback(c->db);
		return -1;
	}
	return 0;
}

static int
put_away(struct cli *c, int64_t id, const char *state, const char *done,
    struct err *e)
{
	const struct item_change change = { .actor = c->actor };
	bool changed = false;

	if (database_begin(c->db, e) == -1)
		return -1;
	if (item_put_away(c->db, id, state, &change, &changed, e) == -1 ||
	    item_finish(c, id, done, changed, e) == -1) {
		database_rollback(c->db);
		return -1;
	}
	return 0;
}

int
cli_item_park(struct cli *c, const struct cli_args *a, struct err *e)
{
	int64_t id;

	if (item_word_id(a, &id, e) == -1 || cli_database(c, e) == -1)
		return -1;
	return put_away(c, id, "parked", N_("parked"), e);
}

/* Asks with the title, so that nobody drops another one by its number. */
int
cli_item_drop(struct cli *c, const struct cli_args *a, struct err *e)
{
	json_t *item;
	int64_t id;
	int rc;

	if (item_word_id(a, &id, e) == -1 || cli_database(c, e) == -1 ||
	    item_json(c, id, &item, e) == -1)
		return -1;
	rc = cli_ask(c,
	    arena_printf(&c->arena, tr("Drop item %lld, '%s'? (y/n)"),
		(long long)id,
		json_string_value(json_object_get(item, "title"))),
	    e);
	json_decref(item);
	return rc == -1 ? -1 : put_away(c, id, "dropped", N_("dropped"), e);
}
