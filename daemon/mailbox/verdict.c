#include "daemon/mailbox/verdict.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define TEXT_MAX ((size_t)1024 * 1024) /* of what a person wrote */
#define LINE_MAX_BYTES ((size_t)4096)
#define WORD_MAX_BYTES ((size_t)64)

static json_t *
write_recipient(const struct bounce_recipient *r)
{
	return json_pack("{s:s?,s:i,s:b,s:s,s:i,s:s,s:s}", "address",
	    r->address, "class", (int)r->class, "final", (int)r->final,
	    "status", r->status, "reason", (int)r->reason, "diagnostic",
	    r->diagnostic, "rule", r->rule);
}

static json_t *
write_bounce(const struct bounce *b)
{
	json_t *recipients = json_array(), *traces = json_array();

	/* What is no UTF-8 becomes NULL, and then the whole does. */
	for (size_t i = 0; i < b->nrecipients; i++)
		(void)json_array_append_new(recipients,
		    write_recipient(&b->recipients[i]));
	for (size_t i = 0; i < b->ntraces; i++)
		(void)json_array_append_new(traces,
		    json_pack("[i,s]", (int)b->traces[i].place,
			b->traces[i].text));
	if (json_array_size(recipients) != b->nrecipients ||
	    json_array_size(traces) != b->ntraces) {
		json_decref(recipients);
		json_decref(traces);
		return NULL;
	}
	return json_pack("{s:i,s:b,s:s,s:o,s:o,s:s,s:s,s:s,s:s,s:s}", "kind",
	    (int)b->kind, "automatic", (int)b->is_automatic, "rule", b->rule,
	    "recipients", recipients, "traces", traces, "from", b->from,
	    "subject", b->subject, "message_id", b->message_id, "from_address",
	    b->from_address, "text", b->text);
}

static int
strange(struct err *e)
{
	return err_plain(e, ERR_INPUT, "unreadable",
	    "The message cannot be understood");
}

int
verdict_work(const char *bytes, size_t n, json_t **ret, struct err *e)
{
	struct arena arena;
	struct bounce b = { .kind = BOUNCE_OTHER };
	int rc;

	arena_init(&arena, ARENA_MAX);
	rc = bounce_read(bytes, n, &arena, &b, e);
	if (rc == 0) {
		*ret = write_bounce(&b);
		if (*ret == NULL)
			rc = strange(e);
	}
	arena_done(&arena);
	return rc;
}

/* A number from 0 to below end, or -1. */
static int
take_number(const json_t *n, int end)
{
	json_int_t v = json_integer_value(n);

	return json_is_integer(n) && v >= 0 && v < end ? (int)v : -1;
}

/* A string without a NUL of at most max bytes, or NULL. */
static const char *
take_string(const json_t *s, size_t max, struct arena *arena)
{
	size_t n = json_string_length(s);

	if (!json_is_string(s) || n > max || strlen(json_string_value(s)) != n)
		return NULL;
	return arena_memdup(arena, json_string_value(s), n);
}

static const char *
take_text(const json_t *o, const char *name, size_t max, struct arena *arena)
{
	return take_string(json_object_get(o, name), max, arena);
}

static int
take_recipient(const json_t *o, struct arena *arena,
    struct bounce_recipient *ret)
{
	const char *status = take_text(o, "status", BOUNCE_STATUS_MAX, arena);
	int class =
	    take_number(json_object_get(o, "class"), BOUNCE_DELIVERED + 1);
	int reason = take_number(json_object_get(o, "reason"), BOUNCE_REASONS);
	const json_t *final = json_object_get(o, "final");

	ret->diagnostic =
	    take_text(o, "diagnostic", BOUNCE_DIAGNOSTIC_MAX, arena);
	ret->rule = take_text(o, "rule", WORD_MAX_BYTES, arena);
	ret->address = take_text(o, "address", LINE_MAX_BYTES, arena);
	if (status == NULL || class == -1 || reason == -1 ||
	    !json_is_boolean(final) || ret->diagnostic == NULL ||
	    ret->rule == NULL ||
	    (ret->address == NULL &&
		!json_is_null(json_object_get(o, "address"))))
		return -1;
	memcpy(ret->status, status, strlen(status) + 1);
	ret->class = (enum bounce_class) class;
	ret->reason = (enum bounce_reason)reason;
	ret->final = json_is_true(final);
	return 0;
}

static int
take_recipients(const json_t *list, struct arena *arena, struct bounce *b)
{
	b->nrecipients = json_array_size(list);
	if (!json_is_array(list) || b->nrecipients > BOUNCE_RECIPIENTS_MAX)
		return -1;
	b->recipients =
	    arena_alloc(arena, b->nrecipients * sizeof(*b->recipients) + 1);
	for (size_t i = 0; i < b->nrecipients; i++)
		if (take_recipient(json_array_get(list, i), arena,
			&b->recipients[i]) == -1)
			return -1;
	return 0;
}

static int
take_traces(const json_t *list, struct arena *arena, struct bounce *b)
{
	b->ntraces = json_array_size(list);
	if (!json_is_array(list) || b->ntraces > BOUNCE_TRACES_MAX)
		return -1;
	for (size_t i = 0; i < b->ntraces; i++) {
		const json_t *pair = json_array_get(list, i);
		int place = take_number(json_array_get(pair, 0), BOUNCE_TO + 1);

		b->traces[i].place = (enum bounce_place)place;
		b->traces[i].text =
		    take_string(json_array_get(pair, 1), WORD_MAX_BYTES, arena);
		if (place == -1 || b->traces[i].text == NULL)
			return -1;
	}
	return 0;
}

int
verdict_take(const json_t *said, struct arena *arena, struct bounce *ret,
    struct err *e)
{
	int kind = take_number(json_object_get(said, "kind"), BOUNCE_OTHER + 1);
	const json_t *automatic = json_object_get(said, "automatic");
	struct bounce b = { .kind = (enum bounce_kind)kind,
		.is_automatic = !json_is_false(automatic),
		.rule = take_text(said, "rule", WORD_MAX_BYTES, arena),
		.from = take_text(said, "from", LINE_MAX_BYTES, arena),
		.subject = take_text(said, "subject", LINE_MAX_BYTES, arena),
		.message_id =
		    take_text(said, "message_id", LINE_MAX_BYTES, arena),
		.from_address =
		    take_text(said, "from_address", LINE_MAX_BYTES, arena),
		.text = take_text(said, "text", TEXT_MAX, arena) };

	if (kind == -1 || !json_is_boolean(automatic) || b.rule == NULL ||
	    b.from == NULL || b.subject == NULL || b.message_id == NULL ||
	    b.from_address == NULL || b.text == NULL ||
	    take_recipients(json_object_get(said, "recipients"), arena, &b) ==
		-1 ||
	    take_traces(json_object_get(said, "traces"), arena, &b) == -1)
		return strange(e);
	*ret = b;
	return 0;
}
