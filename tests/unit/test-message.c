#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "composer/message/message.h"
#include "tests/unit/mime_read.h"

#define SPLICED_MAX 200000
#define FIELDS_MAX 40

static const struct message_spec sample = {
	.type = MESSAGE_ISSUE,
	.from_name = "Stichting Voorbeeld",
	.from_address = "redactie@nieuws.voorbeeld.example",
	.reply_to = "vragen@voorbeeld.example",
	.subject = "Nieuwsbrief 12: tandarts vergoed \u2013 \u00e9\u00e9n dag",
	.list_name = "Nieuwsbrief Voorbeeld",
	.list_id = "nieuws.voorbeeld.example",
	.base_url = "https://nieuws.voorbeeld.example",
	.unsubscribe_mailbox = "afmelden@nieuws.voorbeeld.example",
	.archive_url = "https://nieuws.voorbeeld.example/archief",
	.archived_at = "https://nieuws.voorbeeld.example/i/12",
	.help_url = "https://nieuws.voorbeeld.example/hulp",
	.owner_address = "redactie@nieuws.voorbeeld.example",
	.content_language = "nl, en",
	.text = "E\u00e9n bericht.\n\n.\n\r.\r\nFrom hier\n-- \nAfmelden:\n"
		"https://nieuws.voorbeeld.example/u/\ue003\n",
	.html = "<!DOCTYPE html>\n<p>E\u00e9n bericht. "
		"<a href=\"https://nieuws.voorbeeld.example/u/\ue003\">"
		"Afmelden</a> <a href=\"https://nieuws.voorbeeld.example/t/"
		"\ue004/en\">English</a></p>",
};

/* A message as its reader gets it. */
struct mail {
	char bytes[SPLICED_MAX];
	size_t nfields;
	char names[FIELDS_MAX][64];
	char values[FIELDS_MAX][4096];
	const char *body;
};

/* Splice, and check what holds for the bytes of any message. */
static void
mail_read(struct mail *r, const struct message *m)
{
	struct iovec *iov = calloc(message_splice_max(m), sizeof(*iov));
	struct err e;
	size_t n, len = 0;
	const char *p = r->bytes;

	assert_int_equal(message_splice(m, mime_values, iov,
			     message_splice_max(m), &n, &e),
	    0);
	assert_true(message_splice_size(iov, n) < sizeof(r->bytes));
	for (size_t i = 0; i < n; i++) {
		memcpy(r->bytes + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	free(iov);
	r->bytes[len] = '\0';
	assert_int_equal(strlen(r->bytes), len);
	while (*p != '\0') {
		size_t line = strcspn(p, "\r\n");

		assert_true(line <= 998 && *p != '.');
		assert_memory_equal(p + line, "\r\n", 2);
		p += line + 2;
	}
	r->nfields = 0;
	for (p = r->bytes;; r->nfields++) {
		assert_true(r->nfields < FIELDS_MAX);
		if (mime_read_field(&p, r->names[r->nfields], 64,
			r->values[r->nfields]) == SIZE_MAX)
			break;
	}
	assert_memory_equal(p, "\r\n", 2);
	r->body = p + 2;
}

/* The only field of that name, decoded; NULL for none. */
static const char *
field(struct mail *r, const char *name)
{
	static char text[4096];
	const char *found = NULL;

	for (size_t i = 0; i < r->nfields; i++)
		if (strcasecmp(r->names[i], name) == 0) {
			assert_null(found);
			found = r->values[i];
		}
	if (found == NULL)
		return NULL;
	assert_true(mime_read_text(found, text) != SIZE_MAX);
	return text;
}

static struct mail *
mail_of(const struct message_spec *spec)
{
	static struct mail mail;
	struct message m;
	struct err e;

	assert_int_equal(message_build(spec, &m, &e), 0);
	mail_read(&mail, &m);
	message_done(&m);
	return &mail;
}

static void
issue_has_the_fields_of_a_list(void **state)
{
	static const struct {
		const char *name, *value;
	} want[] = {
		{ "Date", "Thu, 10 Dec 2026 10:00:00 +0100" },
		{ "From",
		    "Stichting Voorbeeld <redactie@nieuws.voorbeeld.example>" },
		{ "To", "a.reader@example.example" },
		{ "Reply-To", "vragen@voorbeeld.example" },
		{ "Subject",
		    "Nieuwsbrief 12: tandarts vergoed \u2013 "
		    "\u00e9\u00e9n dag" },
		{ "Message-ID",
		    "<abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
		    "@nieuws.voorbeeld.example>" },
		{ "MIME-Version", "1.0" },
		{ "List-Id",
		    "Nieuwsbrief Voorbeeld <nieuws.voorbeeld.example>" },
		{ "List-Unsubscribe",
		    "<https://nieuws.voorbeeld.example/u/"
		    "-UNSUBSCRIBE-0123456789abcdefghijklmnopq>, "
		    "<mailto:afmelden+"
		    "ponmlkjihgfedcbazyxwvutsrq765432ponmlkjihgfedcba"
		    "@nieuws.voorbeeld.example>" },
		{ "List-Unsubscribe-Post", "List-Unsubscribe=One-Click" },
		{ "List-Post", "NO" },
		{ "List-Help", "<https://nieuws.voorbeeld.example/hulp>" },
		{ "List-Owner", "<mailto:redactie@nieuws.voorbeeld.example>" },
		{ "List-Archive",
		    "<https://nieuws.voorbeeld.example/archief>" },
		{ "Archived-At", "<https://nieuws.voorbeeld.example/i/12>" },
		{ "Content-Language", "nl, en" },
		{ "Precedence", "list" },
		{ "X-Auto-Response-Suppress", "OOF, AutoReply" },
	};
	const size_t n = sizeof(want) / sizeof(want[0]);
	struct message_spec test = sample;
	struct mail *r;

	(void)state;
	test.type = MESSAGE_TEST;
	r = mail_of(&test);
	assert_int_equal(r->nfields, n + 1);
	r = mail_of(&sample);
	assert_int_equal(r->nfields, n + 1); /* and Content-Type */
	for (size_t i = 0; i < n; i++) {
		const char *got = field(r, want[i].name);

		assert_non_null(got);
		assert_string_equal(got, want[i].value);
	}
}

static void
system_mail_is_no_list_mail(void **state)
{
	static const char *const absent[] = { "List-Unsubscribe",
		"List-Unsubscribe-Post", "List-Post", "Precedence", "Reply-To",
		"List-Owner", "List-Help", "List-Archive", "Archived-At" };
	struct message_spec spec = {
		.type = MESSAGE_SYSTEM,
		.from_address = "redactie@nieuws.voorbeeld.example",
		.subject = "Bevestig uw aanmelding",
		.list_id = "nieuws.voorbeeld.example",
		.content_language = "nl",
		.text = "https://nieuws.voorbeeld.example/b/\ue008\n",
		.html =
		    "<a href=\"https://nieuws.voorbeeld.example/b/\ue008\">",
	};
	struct mail *r = mail_of(&spec);

	(void)state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_null(field(r, absent[i]));
	assert_string_equal(field(r, "Auto-Submitted"), "auto-generated");
	assert_string_equal(field(r, "X-Auto-Response-Suppress"),
	    "OOF, AutoReply");
	assert_non_null(strstr(r->body,
	    "/b/"
	    "CONFIRM-0123456789"));
}

/* The part behind *p is of that subtype and means text; moves *p behind it. */
static void
part_is(const char **p, const char *boundary, const char *subtype,
    const char *language, const char *text)
{
	static char decoded[SPLICED_MAX], meaning[SPLICED_MAX];
	char start[300], delimiter[100];

	(void)snprintf(start, sizeof(start),
	    "--%s\r\n"
	    "Content-Type: text/%s; charset=utf-8\r\n"
	    "Content-Language: %s\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n",
	    boundary, subtype, language);
	assert_memory_equal(*p, start, strlen(start));
	*p += strlen(start);
	(void)snprintf(delimiter, sizeof(delimiter), "\r\n--%s", boundary);
	const char *end = strstr(*p, delimiter);
	assert_non_null(end);
	size_t n = mime_read_qp(*p, (size_t)(end - *p), decoded);
	assert_int_equal(n, mime_meaning(text, meaning));
	assert_memory_equal(decoded, meaning, n);
	*p = end + 2;
}

static void
parts_are_text_then_html(void **state)
{
	static const char type[] = "multipart/alternative; boundary=\"";
	struct mail *r = mail_of(&sample);
	const char *value = field(r, "Content-Type"), *p = r->body;
	char boundary[80], end[100];

	(void)state;
	assert_memory_equal(value, type, strlen(type));
	assert_int_equal(sscanf(value + strlen(type), "%70[^\"]\"", boundary),
	    1);
	part_is(&p, boundary, "plain", sample.content_language, sample.text);
	part_is(&p, boundary, "html", sample.content_language, sample.html);
	(void)snprintf(end, sizeof(end), "--%s--\r\n", boundary);
	assert_string_equal(p, end);
}

static void
same_spec_gives_same_bytes(void **state)
{
	struct message_spec other = sample;
	struct message a, b;
	struct err e;

	(void)state;
	assert_int_equal(message_build(&sample, &a, &e), 0);
	assert_int_equal(message_build(&sample, &b, &e), 0);
	assert_int_equal(a.bytes.len, b.bytes.len);
	assert_memory_equal(a.bytes.data, b.bytes.data, a.bytes.len);
	assert_int_equal(a.nslots, b.nslots);
	assert_memory_equal(a.slots, b.slots, a.nslots * sizeof(*a.slots));
	message_done(&b);

	other.html = "<p>anders</p>";
	assert_int_equal(message_build(&other, &b, &e), 0);
	const char *in_a = strstr(a.bytes.data, "=_"),
		   *in_b = strstr(b.bytes.data, "=_");
	assert_int_not_equal(memcmp(in_a, in_b, 42), 0);
	message_done(&a);
	message_done(&b);
}

/* Each string of the spec, to be set by its number. */
static const char **
spec_field(struct message_spec *s, size_t i)
{
	const char **fields[] = { &s->from_name, &s->from_address, &s->reply_to,
		&s->subject, &s->list_name, &s->list_id, &s->base_url,
		&s->unsubscribe_mailbox, &s->archive_url, &s->archived_at,
		&s->help_url, &s->owner_address, &s->content_language, &s->text,
		&s->html };

	return i < sizeof(fields) / sizeof(fields[0]) ? fields[i] : NULL;
}

static void
unfit_values_are_refused(void **state)
{
	static const struct {
		size_t first, last; /* of spec_field() */
		const char *value;
	} tests[] = {
		{ 0, 12, "a@b.example\r\nBcc: c@d.example" },
		{ 0, 12, "https://b.example\nBcc: c@d.example" },
		{ 0, 14, "a\x01" },
		{ 0, 14, "a\xff" },
		{ 0, 14, "\ue000" },
		{ 0, 12, "\ue003" },
		{ 0, 14, "\uf000" },
		{ 0, 14, "\ue00c" },
		{ 1, 1, NULL },
		{ 3, 3, NULL },
		{ 5, 7, NULL },
		{ 12, 14, NULL },
		{ 6, 6, "http://b.example" },
		{ 7, 7, "afmelden-nieuws1@b.example" },
		{ 7, 7, "af%melden@b.example" },
	};
	struct message_spec spec;
	struct message m;
	struct err e;

	(void)state;
	for (size_t t = 0; t < sizeof(tests) / sizeof(tests[0]); t++)
		for (size_t i = tests[t].first; i <= tests[t].last; i++) {
			spec = sample;
			*spec_field(&spec, i) = tests[t].value;
			assert_int_equal(message_build(&spec, &m, &e), -1);
			assert_int_equal(e.kind, ERR_INPUT);
		}
}

static void
large_message_is_refused(void **state)
{
	struct message_spec spec = sample;
	char *text = malloc(MESSAGE_MAX + 1);
	struct message m;
	struct err e;

	(void)state;
	memset(text, 'x', MESSAGE_MAX);
	text[MESSAGE_MAX] = '\0';
	spec.text = text;
	assert_int_equal(message_build(&spec, &m, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	free(text);
}

/* Whatever bytes come in a field: refused, or the same fields come out, each
 * once, and all others unchanged. */
static void
no_value_adds_a_field(void **state)
{
	static const char *const pieces[] = { "\r\n", "\n", "\r", "\r\n ", " ",
		"\t", "Bcc: x@y.example", "\r\n\r\n", ":", "<", ">", "\"", "\\",
		",", ";", "(", ")",
		"=?utf-8?Q?=0D=0ABcc:_x?=", "?=", "\xc2\x85", "\u2028",
		"\u00e9", "\xc3", "\ue003", "%s", "%0D%0A", "a", "woord",
		"@b.example", "https://c.example/" };
	struct message_spec spec = sample;
	struct mail *want = calloc(1, sizeof(*want)), *got;
	uint64_t seed = 4711;
	int accepted = 0;

	(void)state;
	memcpy(want, mail_of(&sample), sizeof(*want));
	for (int round = 0; round < 20000; round++) {
		char value[800];
		size_t len = 0, n = 1 + mime_random(&seed) % 6, changed = 0;
		struct message m;
		struct err e;

		for (size_t i = 0; i < n; i++) {
			uint64_t x = mime_random(&seed);
			char byte[2] = { (char)(1 + (x >> 32) % 255) };
			const char *p = x % 4 == 0
			    ? byte
			    : pieces[x % (sizeof(pieces) / sizeof(pieces[0]))];

			memcpy(value + len, p, strlen(p));
			len += strlen(p);
		}
		value[len] = '\0';
		spec = sample;
		*spec_field(&spec, mime_random(&seed) % 13) = value;
		if (message_build(&spec, &m, &e) == -1)
			continue;
		accepted++;
		message_done(&m);
		got = mail_of(&spec);
		assert_int_equal(got->nfields, want->nfields);
		for (size_t i = 0; i < got->nfields; i++) {
			assert_string_equal(got->names[i], want->names[i]);
			changed += strcmp(got->values[i], want->values[i]) != 0;
		}
		/* list_id is in List-Id and Message-ID. */
		assert_true(changed <= 2);
		if (spec.subject == value)
			assert_string_equal(field(got, "Subject"), value);
	}
	assert_true(accepted > 500);
	free(want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issue_has_the_fields_of_a_list),
		cmocka_unit_test(system_mail_is_no_list_mail),
		cmocka_unit_test(parts_are_text_then_html),
		cmocka_unit_test(same_spec_gives_same_bytes),
		cmocka_unit_test(unfit_values_are_refused),
		cmocka_unit_test(large_message_is_refused),
		cmocka_unit_test(no_value_adds_a_field),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
