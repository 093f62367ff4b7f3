#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounce/bounce.h"
#include "base/buf.h"
#include "base/catalogue.h"
#include "composer/cli/bounce.h"
#include "composer/cli/cli.h"

#define SCHEMA "tweeluik.bounce-explanations/1"
#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

struct explain {
	struct cli *c;
	struct arena arena; /* of one message */
	struct buf bytes;
	json_t *items;
	size_t nfailed;
};

int
bounce_read_file(const char *path, struct buf *b, struct err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	char piece[65536];
	size_t n;
	int rc = 0;

	buf_clear(b);
	if (f == NULL)
		return err_sys(e, errno, "%s cannot be read", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		if (buf_add(b, piece, n) == -1)
			break;
	if (ferror(f))
		rc = err_sys(e, errno, "%s cannot be read", path);
	else if (buf_full(b))
		rc = err_set(e, ERR_LIMIT, "%s is larger than %zu bytes", path,
		    BOUNCE_MESSAGE_MAX);
	if (!is_stdin)
		(void)fclose(f);
	return rc;
}

/* Of one recipient; a warning is soft with a word more. */
static const char *
word_of(const struct bounce_recipient *r)
{
	return r->class == BOUNCE_DELAYED ? bounce_class_word(BOUNCE_SOFT)
					  : bounce_class_word(r->class);
}

/* Of a message that names nobody. */
static const char *
word_of_kind(enum bounce_kind kind)
{
	switch (kind) {
	case BOUNCE_REPORT:
		return "bounce";
	case BOUNCE_COMPLAINT:
	case BOUNCE_UNSUBSCRIBE:
	case BOUNCE_AUTH_REPORT:
		return bounce_kind_word(kind);
	case BOUNCE_AUTOREPLY:
	case BOUNCE_CHALLENGE:
	case BOUNCE_MOVED:
		return bounce_kind_word(BOUNCE_AUTOREPLY);
	default:
		return "none";
	}
}

static const char *
or_dash(const char *s)
{
	return s == NULL || *s == '\0' ? "-" : s;
}

static void
print(const char *file, const struct bounce *b)
{
	const char *who = b->kind == BOUNCE_UNSUBSCRIBE ? b->from_address : "";

	if (b->nrecipients == 0)
		out("%s\t%s\t%s\t-\t-\n", file, or_dash(who),
		    word_of_kind(b->kind));
	for (size_t i = 0; i < b->nrecipients; i++) {
		const struct bounce_recipient *r = &b->recipients[i];

		if (b->kind != BOUNCE_REPORT)
			out("%s\t%s\t%s\t-\t-\n", file, or_dash(r->address),
			    word_of_kind(b->kind));
		else
			out("%s\t%s\t%s\t%s\t%s%s\n", file, or_dash(r->address),
			    word_of(r), or_dash(r->status),
			    bounce_reason_word(r->reason),
			    r->class == BOUNCE_DELAYED ? "\tdelayed" : "");
	}
}

json_t *
bounce_json_recipients(const struct bounce *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->nrecipients; i++) {
		const struct bounce_recipient *r = &b->recipients[i];
		const char *reason = bounce_reason_word(r->reason);

		(void)json_array_append_new(list,
		    json_pack("{s:s?, s:s, s:b, s:s, s:s, s:s, s:s, s:s}",
			"address", r->address, "class",
			bounce_class_word(r->class), "final", (int)r->final,
			"status", r->status, "reason", reason, "meaning",
			tr(bounce_meaning(reason, r->status)), "diagnostic",
			r->diagnostic, "rule", r->rule));
	}
	return list;
}

static void
explain(struct explain *x, const char *file)
{
	struct bounce b;
	struct err e;

	arena_reset(&x->arena);
	if (bounce_read_file(file, &x->bytes, &e) == -1 ||
	    bounce_read(x->bytes.data, x->bytes.len, &x->arena, &b, &e) == -1) {
		x->nfailed++;
		say_error(x->c, &e);
		if (x->items == NULL)
			out("%s\t-\terror\t-\t-\n", file);
		return;
	}
	if (x->items == NULL) {
		print(file, &b);
		return;
	}
	(void)json_array_append_new(x->items,
	    json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:o}", "file", file,
		"kind", bounce_kind_word(b.kind), "rule", b.rule, "automatic",
		b.is_automatic, "from", b.from, "subject", b.subject,
		"recipients", bounce_json_recipients(&b)));
}

int
cli_bounce_explain(struct cli *c, const struct cli_args *a, struct err *e)
{
	struct explain x = { .c = c };

	bounce_init();
	arena_init(&x.arena, ARENA_BYTES);
	buf_init(&x.bytes, BOUNCE_MESSAGE_MAX);
	if (c->output == CLI_JSON)
		x.items = json_array();
	for (size_t i = 0; i < a->nwords; i++)
		explain(&x, a->words[i]);
	buf_done(&x.bytes);
	arena_done(&x.arena);
	if (x.items != NULL)
		out_list(c, SCHEMA, x.items, NULL);
	return x.nfailed > 0
	    ? err_set(e, ERR_PARTLY, "Not every message could be read")
	    : 0;
}
