#include "base/bounce/bounce.h"

#include <string.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/bounce/addresses.h"
#include "base/bounce/content.h"
#include "base/bounce/decode.h"
#include "base/bounce/delivery.h"
#include "base/bounce/evidence.h"
#include "base/bounce/feedback.h"
#include "base/bounce/notice.h"
#include "base/bounce/phrases.h"
#include "base/bounce/trace.h"
#include "base/bounce/wording.h"
#include "base/bounce/words.h"
#include "base/err.h"

#define NESTED_MAX 2
#define LINE_MAX_BYTES 500
#define SAID_WITHIN ((size_t)16 * 1024)
#define SAID_MAX ((size_t)4096)
#define SHOWN_TEXT_MAX ((size_t)16 * 1024)

struct reading {
	struct content c;
	struct words words;
	struct evidence evidence;
	struct slice own; /* words, without what is quoted */
	struct arena *arena;
	struct bounce *b;
};

void
bounce_init(void)
{
	phrases_init();
	wording_init();
}

static const char *
one_line(struct slice s, struct arena *arena)
{
	struct slice bare = slice_trim(s);
	const char *line;

	if (bare.n > 2 * LINE_MAX_BYTES)
		bare.n = 2 * LINE_MAX_BYTES;
	bare = decode_charset(bare, "", arena);
	line = field_unfold(bare, arena);
	return slice_string(slice_of(line, strlen(line)), LINE_MAX_BYTES,
	    arena);
}

/* The same address twice is one recipient. */
static struct bounce_recipient *
recipient_of(struct bounce *b, const char *address)
{
	for (size_t i = 0; i < b->nrecipients && address != NULL; i++)
		if (b->recipients[i].address != NULL &&
		    strcasecmp(b->recipients[i].address, address) == 0)
			return &b->recipients[i];
	return b->nrecipients < BOUNCE_RECIPIENTS_MAX
	    ? &b->recipients[b->nrecipients]
	    : NULL;
}

/* Judged by what is said of it; a failure counts more than that it was
 * delayed or passed on before. */
static void
add_recipient(struct reading *r, const char *address, const struct wording *w,
    const char *diagnostic)
{
	struct bounce *b = r->b;
	struct wording_says says = wording_read(w);
	struct bounce_recipient *to;

	if (b->recipients == NULL)
		b->recipients = arena_alloc(r->arena,
		    BOUNCE_RECIPIENTS_MAX * sizeof(*b->recipients));
	to = recipient_of(b, address);
	if (to == NULL)
		return;
	if (to == &b->recipients[b->nrecipients])
		b->nrecipients++;
	else if (to->class <= BOUNCE_SOFT || says.class >= to->class)
		return;
	*to = (struct bounce_recipient){
		.address = address,
		.class = says.class,
		.final = says.final,
		.reason = says.reason,
		.diagnostic = diagnostic,
		.rule = says.rule,
	};
	memcpy(to->status, says.status, sizeof(says.status));
}

/* The only one we wrote to, when the report names nobody. */
static const char *
only_recipient(const struct reading *r)
{
	const struct fields *f = &r->c.original;
	const char *to;
	struct slice all, one, more;
	size_t at = 0;

	if (f->n == 0)
		return NULL;
	to = fields_get(f, "To", r->arena);
	all = slice_of(to, strlen(to));
	if (!addresses_next(all, &at, &one))
		return NULL;
	while (addresses_next(all, &at, &more))
		if (!addresses_same(one, more))
			return NULL;
	return slice_string(one, one.n, r->arena);
}

/* What the words say of one of several, so much as counts. */
static struct slice
said_of(const struct reading *r, const char *address)
{
	struct slice s = r->c.text;

	if (s.n > SAID_WITHIN)
		s.n = SAID_WITHIN;
	s = address != NULL ? words_about(s, address) : slice_of("", 0);
	if (s.n > SAID_MAX)
		s.n = SAID_MAX;
	return s;
}

static void
add_delivery(struct reading *r, const struct delivery *d, size_t of)
{
	const char *address = d->address;
	const char *words = d->diagnostic != NULL ? d->diagnostic : d->more;
	struct slice about = r->c.text;
	struct wording w = { d->action, d->status, words, NULL, 0 };

	if (address == NULL && of == 1)
		address =
		    r->words.n == 1 ? r->words.v[0].address : only_recipient(r);
	if (of > 1)
		about = said_of(r, address);
	w.text = about.p;
	w.text_bytes = about.n;
	add_recipient(r, address, &w,
	    words != NULL ? one_line(slice_of(words, strlen(words)), r->arena)
			  : "");
}

static void
read_fields(struct reading *r)
{
	struct delivery *v =
	    arena_alloc(r->arena, BOUNCE_RECIPIENTS_MAX * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < r->c.nreports; i++)
		n += delivery_read(r->c.reports[i], r->arena, v + n,
		    BOUNCE_RECIPIENTS_MAX - n);
	for (size_t i = 0; i < n; i++)
		add_delivery(r, &v[i], n);
}

/* A service says it in JSON. */
static bool
read_notice(struct reading *r)
{
	struct notice notice;

	if (!notice_read(r->c.text, r->arena, &notice))
		return false;
	r->c.text = slice_of("", 0);
	for (size_t i = 0; i < notice.n; i++)
		add_delivery(r, &notice.v[i], notice.n);
	r->b->kind = notice.kind;
	r->b->rule = "notice";
	r->b->is_automatic = true;
	return true;
}

static void
add_by_words(struct reading *r, const char *address, struct slice section)
{
	struct wording w = {
		.action = r->evidence.is_delayed ? "delayed"
		    : r->evidence.is_delivered	 ? "delivered"
						 : "failed",
		.text = section.p,
		.text_bytes = section.n,
	};

	add_recipient(r, address, &w, one_line(section, r->arena));
}

static const char *
domain_of_sender(const struct reading *r)
{
	const char *sign = strchr(r->b->from_address, '@');

	return sign != NULL ? sign + 1 : "";
}

static void
read_words(struct reading *r)
{
	const char *named =
	    fields_words(r->c.top, "X-Failed-Recipients", r->arena);
	struct slice all = slice_of(named, strlen(named)), one;
	const char *only;
	size_t n = 0;

	for (size_t at = 0; addresses_next(all, &at, &one);)
		n++;
	for (size_t at = 0; r->b->nrecipients < BOUNCE_RECIPIENTS_MAX &&
	     addresses_next(all, &at, &one);) {
		const char *address = slice_string(one, one.n, r->arena);

		add_by_words(r, address,
		    n == 1 ? r->c.text : said_of(r, address));
	}
	if (r->b->nrecipients > 0)
		return;
	for (size_t i = 0; i < r->words.n; i++)
		add_by_words(r, r->words.v[i].address, r->words.v[i].section);
	only = r->b->nrecipients == 0 ? only_recipient(r) : NULL;
	if (only != NULL)
		add_by_words(r, only, r->c.text);
	else if (r->b->nrecipients == 0 && words_local(r->c.text, &one))
		add_by_words(r,
		    arena_printf(r->arena, "%.*s@%s", (int)one.n, one.p,
			domain_of_sender(r)),
		    r->c.text);
}

/* A complaint, or a report of authentication, or a wish. */
static bool
read_feedback(struct reading *r)
{
	const struct fields *original =
	    r->c.original.n > 0 ? &r->c.original : NULL;
	const char *from = fields_get(r->c.top, "From", r->arena);
	struct feedback fb;

	if (r->c.feedback.n == 0 &&
	    strcmp(r->c.mail.parts[0].report_type, "feedback-report") != 0 &&
	    (original == NULL ||
		fields_next(original, "X-HmXmrOriginalRecipient", NULL) ==
		    NULL ||
		strstr(from, "staff@") == NULL))
		return false;
	feedback_read(&r->c.feedback, original, r->arena, &fb);
	trace_report(&r->c.feedback, r->arena, r->b);
	r->b->kind = fb.kind;
	r->b->rule = "feedback-report";
	r->b->is_automatic = true;
	for (size_t i = 0; i < fb.nrecipients; i++) {
		struct wording w = { .action = "delivered" };

		add_recipient(r, fb.recipients[i], &w, "");
	}
	return true;
}

/* Was it read; but RFC 5429 2.2.1 lets a system refuse a mail that way. */
static bool
read_receipt(struct reading *r)
{
	const char *became = fields_get(&r->c.receipt, "Disposition", r->arena);
	const struct field *to =
	    fields_next(&r->c.receipt, "Final-Recipient", NULL);

	if (r->c.receipt.n == 0 &&
	    strcmp(r->c.mail.parts[0].report_type,
		"disposition-notification") != 0)
		return false;
	trace_report(&r->c.receipt, r->arena, r->b);
	r->b->kind = BOUNCE_RECEIPT;
	r->b->rule = "disposition-notification";
	r->b->is_automatic = true;
	if (!r->evidence.is_daemon || r->evidence.says < 2 ||
	    strstr(became, "deleted") == NULL)
		return true;
	r->b->kind = BOUNCE_REPORT;
	if (to != NULL)
		add_by_words(r, addresses_of_field(to->value, r->arena),
		    r->c.text);
	else
		read_words(r);
	return true;
}

static bool
read_report(struct reading *r)
{
	bool by_fields = r->c.nreports > 0 &&
	    (r->evidence.machine >= 2 ||
		part_is(&r->c.mail.parts[0], "multipart/report"));

	if (by_fields)
		read_fields(r);
	if (r->b->nrecipients == 0 && !evidence_is_report(&r->evidence) &&
	    strcmp(r->c.mail.parts[0].report_type, "delivery-status") != 0)
		return false;
	if (r->b->nrecipients == 0)
		read_words(r);
	r->b->kind = BOUNCE_REPORT;
	r->b->rule = by_fields ? "fields" : "words";
	r->b->is_automatic = true;
	return true;
}

static const char *
top_field(void *arg, const char *name)
{
	struct reading *r = arg;

	return fields_all(r->c.top, name, r->arena);
}

static void
read_kind(struct reading *r)
{
	struct wording_mail m = {
		.field = top_field,
		.arg = r,
		.subject = r->c.subject,
		.text = r->own.p,
		.text_bytes = r->own.n,
		.is_null_sender = r->evidence.is_null_sender,
	};

	r->b->kind = wording_kind(&m, &r->b->is_automatic, &r->b->rule);
}

static void
describe(struct reading *r)
{
	const char *from = fields_words(r->c.top, "From", r->arena);
	const char *open = strrchr(from, '<');
	struct slice all = slice_of(from, strlen(from)), one;
	size_t at = open != NULL ? (size_t)(open - from) : 0;
	const char *id = fields_get(r->c.top, "Message-ID", r->arena);

	r->b->from = one_line(all, r->arena);
	r->b->from_address = addresses_next(all, &at, &one)
	    ? slice_string(one, ADDRESS_MAX, r->arena)
	    : "";
	r->b->subject =
	    one_line(slice_of(r->c.subject, strlen(r->c.subject)), r->arena);
	r->b->message_id = one_line(slice_of(id, strlen(id)), r->arena);
	r->b->text = slice_string(slice_trim(r->own), SHOWN_TEXT_MAX, r->arena);
}

static void
read_mail(struct slice bytes, int depth, struct arena *arena, struct bounce *b)
{
	struct reading r = { .arena = arena, .b = b };
	const char *ours;
	struct bounce inner = { 0 };

	content_read(bytes, arena, &r.c);
	r.own = content_own_words(r.c.text, arena);
	ours = arena_printf(arena, "%.600s\n%.600s\n%.600s",
	    fields_get(r.c.top, "To", arena),
	    fields_get(r.c.top, "From", arena),
	    r.c.original.n > 0 ? fields_get(&r.c.original, "From", arena) : "");
	words_read(r.c.text, ours, r.c.original.n > 0 ? &r.c.original : NULL,
	    arena, &r.words);
	evidence_weigh(&r.c, &r.words, arena, &r.evidence);
	trace_read(r.c.top, r.c.original.n > 0 ? &r.c.original : NULL, arena,
	    b);
	describe(&r);
	if (read_feedback(&r) || read_receipt(&r) || read_notice(&r))
		return;
	if (!read_report(&r))
		read_kind(&r);
	/* A report that was sent back in turn, or passed on by a system. */
	if (b->nrecipients > 0 || r.c.original_bytes.n == 0 ||
	    depth == NESTED_MAX ||
	    (b->kind != BOUNCE_REPORT &&
		!(r.evidence.is_daemon && r.evidence.is_null_sender)))
		return;
	read_mail(r.c.original_bytes, depth + 1, arena, &inner);
	if (inner.kind == BOUNCE_REPORT && inner.nrecipients > 0) {
		b->kind = BOUNCE_REPORT;
		b->rule = "nested";
		b->is_automatic = true;
		b->recipients = inner.recipients;
		b->nrecipients = inner.nrecipients;
		for (size_t i = 0;
		     i < inner.ntraces && b->ntraces < BOUNCE_TRACES_MAX; i++)
			b->traces[b->ntraces++] = inner.traces[i];
	}
}

/* A file whose lines end in CR alone. */
static struct slice
with_line_feeds(struct slice s, struct arena *arena)
{
	char *copy;

	if (memchr(s.p, '\n', s.n) != NULL || memchr(s.p, '\r', s.n) == NULL)
		return s;
	copy = arena_memdup(arena, s.p, s.n);
	for (size_t i = 0; i < s.n; i++)
		if (copy[i] == '\r')
			copy[i] = '\n';
	return slice_of(copy, s.n);
}

int
bounce_read(const char *bytes, size_t n, struct arena *arena,
    struct bounce *ret, struct err *e)
{
	struct bounce b = { .kind = BOUNCE_OTHER, .rule = "" };

	if (n > BOUNCE_MESSAGE_MAX)
		return err_set(e, ERR_LIMIT,
		    "The message is larger than %zu bytes", BOUNCE_MESSAGE_MAX);
	if (n == 0)
		return err_set(e, ERR_INPUT, "The message is empty");
	read_mail(with_line_feeds(slice_of(bytes, n), arena), 0, arena, &b);
	*ret = b;
	return 0;
}

const char *
bounce_kind_word(enum bounce_kind kind)
{
	static const char *const words[] = {
		[BOUNCE_REPORT] = "report",
		[BOUNCE_COMPLAINT] = "complaint",
		[BOUNCE_UNSUBSCRIBE] = "unsubscribe",
		[BOUNCE_AUTH_REPORT] = "authreport",
		[BOUNCE_RECEIPT] = "receipt",
		[BOUNCE_AUTOREPLY] = "autoreply",
		[BOUNCE_CHALLENGE] = "challenge",
		[BOUNCE_MOVED] = "moved",
		[BOUNCE_PERSON] = "person",
		[BOUNCE_OTHER] = "other",
	};

	return words[kind];
}

const char *bounce_class_word(enum bounce_class class)
{
	static const char *const words[] = {
		[BOUNCE_HARD] = "hard",
		[BOUNCE_SOFT] = "soft",
		[BOUNCE_DELAYED] = "delayed",
		[BOUNCE_DELIVERED] = "delivered",
	};

	return words[class];
}

const char *
bounce_reason_word(enum bounce_reason reason)
{
	static const char *const words[BOUNCE_REASONS] = {
		[BOUNCE_UNKNOWN] = "unknown",
		[BOUNCE_DEAD] = "dead",
		[BOUNCE_FULL] = "full",
		[BOUNCE_INACTIVE] = "inactive",
		[BOUNCE_BLOCKED] = "blocked",
		[BOUNCE_AUTHENTICATION] = "authentication",
		[BOUNCE_TEMPORARY] = "temporary",
		[BOUNCE_TOO_LARGE] = "too-large",
		[BOUNCE_CONTENT] = "content",
	};

	return words[reason];
}
