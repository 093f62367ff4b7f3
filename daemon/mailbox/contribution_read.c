#include "daemon/mailbox/contribution.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "composer/item/item_form.h"
#include "composer/inbox/mail_item.h"

#define ARENA_MAX ((size_t)128 * 1024 * 1024)

void
contribution_prepare(void)
{
	mail_item_init();
}

static json_t *
write_item(const struct mail_item *m)
{
	json_t *left_out = json_array(), *results = json_array();

	for (size_t i = 0; i < m->nleft_out; i++)
		(void)json_array_append_new(left_out,
		    json_pack("{s:s,s:I}", "name", m->left_out[i].name, "bytes",
			(json_int_t)m->left_out[i].bytes));
	for (size_t i = 0; i < m->nresults; i++)
		(void)json_array_append_new(results,
		    json_string(m->results[i]));
	return json_pack("{s:i,s:s,s:s,s:s?,s:s,s:s,s:I,s:o,s:o}", "fault",
	    (int)m->fault, "title", m->title, "body", m->body, "lang", m->lang,
	    "from", m->from, "message_id", m->message_id, "more",
	    (json_int_t)m->nmore, "left_out", left_out, "results", results);
}

static int
strange(struct err *e)
{
	return err_plain(e, ERR_INPUT, "unreadable",
	    "The message cannot be understood");
}

int
contribution_work(const char *bytes, size_t n, json_t **ret, struct err *e)
{
	struct bounce b = { .kind = BOUNCE_OTHER };
	struct mail_item m;
	struct arena arena;
	int rc;

	arena_init(&arena, ARENA_MAX);
	rc = bounce_read(bytes, n, &arena, &b, e);
	if (rc == 0)
		rc = mail_item_read(&arena, bytes, n, &m, e);
	if (rc == 0) {
		*ret = json_pack("{s:i,s:b,s:o}", "kind", (int)b.kind,
		    "automatic", (int)b.is_automatic, "item", write_item(&m));
		if (*ret == NULL)
			rc = strange(e);
	}
	arena_done(&arena);
	return rc;
}

/* A string of at most max bytes that may be shown and stored, or NULL. */
static const char *
read_text(const json_t *s, size_t max, bool lines, struct arena *arena)
{
	size_t n = json_string_length(s), at;
	const char *text = json_string_value(s);

	if (text == NULL || n > max ||
	    text_check(text, n, lines, &at) != TEXT_OK)
		return NULL;
	return arena_memdup(arena, text, n);
}

static int
read_lists(const json_t *left_out, const json_t *results, struct arena *arena,
    struct mail_item *m)
{
	m->nleft_out = json_array_size(left_out);
	m->nresults = json_array_size(results);
	if (m->nleft_out > MAIL_ITEM_LEFT_OUT_MAX ||
	    m->nresults > MAIL_ITEM_RESULTS_MAX)
		return -1;
	for (size_t i = 0; i < m->nleft_out; i++) {
		const json_t *o = json_array_get(left_out, i);
		json_int_t bytes =
		    json_integer_value(json_object_get(o, "bytes"));

		m->left_out[i].name = read_text(json_object_get(o, "name"),
		    MAIL_ITEM_NAME_MAX, false, arena);
		m->left_out[i].bytes = (size_t)bytes;
		if (m->left_out[i].name == NULL || bytes < 0 ||
		    m->left_out[i].bytes > MAIL_ITEM_BYTES_MAX)
			return -1;
	}
	for (size_t i = 0; i < m->nresults; i++) {
		m->results[i] = read_text(json_array_get(results, i),
		    MAIL_ITEM_RESULT_MAX, false, arena);
		if (m->results[i] == NULL)
			return -1;
	}
	return 0;
}

static int
read_item(const json_t *o, struct arena *arena, struct mail_item *m)
{
	const json_t *lang = json_object_get(o, "lang");
	json_int_t fault = json_integer_value(json_object_get(o, "fault")),
		   more = json_integer_value(json_object_get(o, "more"));

	m->title = read_text(json_object_get(o, "title"), ITEM_TITLE_MAX, false,
	    arena);
	m->body =
	    read_text(json_object_get(o, "body"), ITEM_BODY_MAX, true, arena);
	m->from = read_text(json_object_get(o, "from"), MAIL_ITEM_RESULT_MAX,
	    false, arena);
	m->message_id = read_text(json_object_get(o, "message_id"),
	    MAIL_ITEM_RESULT_MAX, false, arena);
	m->lang = json_string_value(lang);
	if (m->lang != NULL)
		m->lang = strcmp(m->lang, "en") == 0 ? "en" : "nl";
	if (fault < MAIL_ITEM_FINE || fault > MAIL_ITEM_TOO_LONG || more < 0 ||
	    more > INT32_MAX || m->title == NULL || m->body == NULL ||
	    m->from == NULL || m->message_id == NULL)
		return -1;
	m->fault = (enum mail_item_fault)fault;
	m->nmore = (size_t)more;
	return read_lists(json_object_get(o, "left_out"),
	    json_object_get(o, "results"), arena, m);
}

int
contribution_read(const json_t *said, struct arena *arena,
    struct contribution *ret, struct err *e)
{
	struct mail_item *m = arena_alloc(arena, sizeof(*m));
	json_int_t kind = json_integer_value(json_object_get(said, "kind"));

	if (kind < 0 || kind > BOUNCE_OTHER ||
	    read_item(json_object_get(said, "item"), arena, m) == -1)
		return strange(e);
	ret->item = m;
	ret->kind = (enum bounce_kind)kind;
	ret->is_automatic = !json_is_false(json_object_get(said, "automatic"));
	return 0;
}
