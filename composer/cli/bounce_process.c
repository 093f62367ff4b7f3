#include <sodium.h>

#include "base/bounce/bounce.h"
#include "base/bounce/returned.h"
#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"

#define KEY_BYTES 16

static json_t *
json_of_message(const struct bounce *b)
{
	return json_pack("{s:s,s:s,s:b,s:s,s:s,s:o}", "kind",
	    bounce_kind_word(b->kind), "rule", b->rule, "automatic",
	    (int)b->is_automatic, "from", b->from, "subject", b->subject,
	    "recipients", bounce_json_recipients(b));
}

static void
print_meaning(struct cli *c, const struct bounce *b)
{
	out("%s\n", tr(bounce_kind_meaning(bounce_kind_word(b->kind))));
	for (size_t i = 0; i < b->nrecipients; i++) {
		const struct bounce_recipient *r = &b->recipients[i];
		const char *reason = bounce_reason_word(r->reason);

		out("  %s  %s %s %s: %s\n",
		    r->address != NULL ? r->address : "?",
		    bounce_class_word(r->class), r->status, reason,
		    tr(bounce_meaning(reason, r->status)));
		if (r->diagnostic[0] != '\0')
			out("    %s\n", r->diagnostic);
		if (c->verbose > 0)
			out(tr("    rule: %s\n"), r->rule);
	}
}

static void
say_effect(struct cli *c, enum returned_effect effect)
{
	switch (effect) {
	case RETURNED_COUNTED:
		say(c, "Counted: it is tried again with the next issue");
		break;
	case RETURNED_DEAD:
		say(c, "The reader is undeliverable from now on");
		break;
	case RETURNED_LEFT:
		say(c, "The reader is unsubscribed");
		break;
	case RETURNED_BLOCKED:
		say(c, "On record; this is our task, so no reader is marked");
		break;
	case RETURNED_REVIEW:
		say(c, "It waits for a person: tweeluik bounce list");
		break;
	case RETURNED_FORWARDED:
		say(c, "It goes to the help desk");
		break;
	default:
		say(c, "Nothing had to be done");
	}
}

/* Under a key of its own: the digest tells whether it came before. */
static int
take(struct cli *c, const struct cli_args *a, const struct buf *bytes,
    const struct bounce *b, json_t *o, struct err *e)
{
	unsigned char random[KEY_BYTES];
	char key[2 * KEY_BYTES + 1];
	const struct returned_mail mail = { .mailbox = "command",
		.key = key,
		.bytes = bytes->data,
		.n = bytes->len,
		.envelope_to = args_value(a, "recipient") };
	enum returned_effect effect;
	bool known;

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(key, sizeof(key), random, sizeof(random));
	if (cli_keys(c, e) == -1 || cli_database(c, e) == -1 ||
	    returned_known(c->db, c->keys, &mail, &known, e) == -1)
		return -1;
	(void)json_object_set_new(o, "known", json_boolean(known));
	if (known) {
		say(c, "This message was handled before; nothing changed");
		return 0;
	}
	if (c->dry_run) {
		say(c, "This was a dry run, so nothing was changed");
		return 0;
	}
	if (returned_take(c->db, c->keys, &c->config, c->actor, &mail, b,
		&effect, e) == -1)
		return -1;
	if (effect == RETURNED_FORWARDED && bounce_pass_on(c, &known, e) == -1)
		return -1;
	(void)json_object_set_new(o, "effect",
	    json_string(returned_effect_word(effect)));
	say_effect(c, effect);
	return 0;
}

static int
process(struct cli *c, const struct cli_args *a, const struct buf *bytes,
    struct err *e)
{
	struct bounce b;
	json_t *o;

	bounce_init();
	if (bounce_read(bytes->data, bytes->len, &c->arena, &b, e) == -1)
		return -1;
	o = json_of_message(&b);
	if (c->output == CLI_TEXT)
		print_meaning(c, &b);
	if (!args_flag(a, "explain") && take(c, a, bytes, &b, o, e) == -1) {
		json_decref(o);
		return -1;
	}
	(void)out_object(c, "tweeluik.bounce/1", o);
	return 0;
}

int
cli_bounce_process(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *path = args_value(a, "file");
	struct buf bytes;
	int rc;

	if (path == NULL) {
		(void)err_set(e, ERR_USAGE, "Which message?");
		return err_hint(e, N_("Add --file FILE, or --file -"));
	}
	buf_init(&bytes, BOUNCE_MESSAGE_MAX);
	rc = bounce_read_file(path, &bytes, e);
	if (rc == 0 && bytes.len == 0)
		rc = err_set(e, ERR_INPUT, "%s is empty", path);
	if (rc == 0)
		rc = process(c, a, &bytes, e);
	buf_done(&bytes);
	return rc;
}
