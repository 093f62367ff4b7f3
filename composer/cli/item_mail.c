#include "base/catalogue.h"
#include "base/keys.h"
#include "composer/cli/item.h"

/* The sender; NULL when the address is not kept any more, or cannot be opened
 * here, which is no reason to show nothing else. */
static json_t *
sender(struct cli *c, const struct rows *r)
{
	char address[ADDRESS_MAX + 1];
	const unsigned char *sealed;
	struct err e;
	size_t n;

	if (rows_null(r, 0, "sender_sealed"))
		return json_null();
	sealed = rows_bytes(r, 0, "sender_sealed", &n);
	if (cli_keys(c, &e) == -1 ||
	    keys_open(c->keys, address, sealed, n, &e) == -1)
		return json_null();
	return json_string(address);
}

int
item_mail_json(struct cli *c, int64_t id, json_t **ret, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(c->db, &r, e, "item_mail", param_int(id)) == -1)
		return -1;
	*ret = r.n > 0 ? json_of_row(&r, 0) : json_null();
	if (r.n > 0) {
		(void)json_object_set_new(*ret, "from", sender(c, &r));
		(void)json_object_del(*ret, "sender_sealed");
	}
	rows_done(&r);
	return 0;
}

void
item_mail_print(const json_t *mail)
{
	const char *at = json_str(mail, "at"), *from = json_str(mail, "from"),
		   *language = json_str(mail, "language");
	const json_t *left_out = json_object_get(mail, "left_out");

	if (!json_is_object(mail))
		return;
	out(tr("By mail: %.10s %.5s, from %s (%s)\n"), at, at + 11,
	    from[0] != '\0' ? from
			    : tr("somebody whose address cannot be shown"),
	    json_is_true(json_object_get(mail, "verified"))
		? tr("verified")
		: tr("not verified"));
	if (language[0] != '\0')
		out(tr("The language is a guess: %s\n"), language);
	for (size_t i = 0; i < json_array_size(left_out); i++)
		out(tr("Left out: %s\n"),
		    json_string_value(json_array_get(left_out, i)));
}
