#include <string.h>

#include "base/address.h"
#include "base/catalogue.h"
#include "base/keys.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"
#include "composer/cli/subscriber.h"
#include "composer/cli/words.h"

static void
print_reader(struct cli *c, const json_t *o)
{
	const json_t *list = json_object_get(o, "bounces");
	json_t *b;
	size_t i;

	cli_line(tr("Address"), json_str(o, "address"));
	cli_line(tr("State"), tr(subscriber_state_word(json_str(o, "state"))));
	if (json_num(o, "in_a_row") > 0)
		cli_line(tr("In a row"),
		    arena_printf(&c->arena,
			tr_n(
			    "%lld issue came back, %lld of them with a dead address",
			    "%lld issues came back, %lld of them with a dead address",
			    (unsigned long)json_num(o, "in_a_row")),
			(long long)json_num(o, "in_a_row"),
			(long long)json_num(o, "dead")));
	if (!json_is_null(json_object_get(o, "suggestion")))
		cli_line("",
		    arena_printf(&c->arena, tr("Did you mean %s?"),
			json_str(o, "suggestion")));
	if (json_array_size(list) == 0)
		out("%s\n", tr("Nothing came back from this reader"));
	json_array_foreach(list, i, b) bounce_print(c, b);
}

static int
show_reader(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *suggestion;
	struct address *address;
	struct rows r, streak;
	json_t *o, *list;
	int64_t id;

	if (args_flag(a, "raw"))
		return err_set(e, ERR_USAGE,
		    "--raw goes with the number of a message");
	if (subscriber_get(c, a->words[0], &r, &address, e) == -1)
		return -1;
	id = rows_int(&r, 0, "id");
	o = json_pack("{s:I,s:s}", "subscriber", (json_int_t)id, "state",
	    rows_str(&r, 0, "state"));
	rows_done(&r);
	if (DATABASE_RUN(c->db, &streak, e, "bounce_streak", param_int(id)) ==
	    -1) {
		json_decref(o);
		return -1;
	}
	suggestion = bounce_suggestion(c, address->compare);
	(void)json_object_set_new(o, "address", json_string(address->text));
	(void)json_object_set_new(o, "suggestion",
	    suggestion != NULL ? json_string(suggestion) : json_null());
	(void)json_object_set_new(o, "in_a_row",
	    json_integer(rows_int(&streak, 0, "issues")));
	(void)json_object_set_new(o, "dead",
	    json_integer(rows_int(&streak, 0, "dead")));
	rows_done(&streak);
	if (bounce_look(c, param_null(), param_int(id), &list, e) == -1) {
		json_decref(o);
		return -1;
	}
	(void)json_object_set_new(o, "bounces", list);
	if (c->output == CLI_TEXT) {
		print_reader(c, o);
		json_decref(o);
	} else {
		(void)out_object(c, "tweeluik.reader-bounces/1", o);
	}
	return 0;
}

int
cli_bounce_show(struct cli *c, const struct cli_args *a, struct err *e)
{
	return strchr(a->words[0], '@') != NULL ? show_reader(c, a, e)
						: bounce_show_message(c, a, e);
}
