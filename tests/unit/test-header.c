#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/splice.h"
#include "composer/message/header.h"
#include "composer/message/vet.h"
#include "tests/unit/mime_read.h"

#define TEXT_MAX 8000

/* The field that was just written, read back and decoded; NULL when it is not
 * exactly one field or has a line over max. */
static const char *
read_back(const struct message *m, size_t max)
{
	static char value[TEXT_MAX], text[TEXT_MAX];
	char name[80];
	const char *p = m->bytes.data;

	for (const char *line = p; *line != '\0';
	     line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\r") > max)
			return NULL;
	if (mime_read_field(&p, name, sizeof(name), value) == SIZE_MAX ||
	    *p != '\0' || mime_read_text(value, text) == SIZE_MAX)
		return NULL;
	return text;
}

static void
fields_are_written_so(void **state)
{
	static const struct {
		const char *phrase, *field;
	} tests[] = {
		{ NULL, "From: <a@b.example>\r\n" },
		{ "", "From: <a@b.example>\r\n" },
		{ "Stichting Voorbeeld",
		    "From: Stichting Voorbeeld <a@b.example>\r\n" },
		{ "St. Voorbeeld",
		    "From: \"St. Voorbeeld\" <a@b.example>\r\n" },
		{ "a \"b\" \\c",
		    "From: \"a \\\"b\\\" \\\\c\" <a@b.example>\r\n" },
		{ "a  b", "From: \"a  b\" <a@b.example>\r\n" },
		{ "a <x@y.example>,",
		    "From: \"a <x@y.example>,\" <a@b.example>\r\n" },
		{ "=?utf-8?Q?x?=",
		    "From: =?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?= "
		    "<a@b.example>\r\n" },
		{ "E\u00e9n, \"twee\"_",
		    "From: =?utf-8?Q?E=C3=A9n=2C_=22twee=22=5F?= "
		    "<a@b.example>\r\n" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct message m;

		message_init(&m, TEXT_MAX);
		assert_int_equal(header_phrase(&m, "From", tests[i].phrase,
				     "a@b.example", &e),
		    0);
		assert_string_equal(m.bytes.data, tests[i].field);
		message_done(&m);
	}
}

static void
text_reads_back(void **state)
{
	static const char *const pieces[] = { "a", "woord", " ", " ", " ", "  ",
		"\u00e9\u00e9n", "\u2013", "\U0001f600", "=?", "?=", "_", "=",
		"\"", "zo-lang-als-een-woord-maar-kan-zijn-in-een-regel", ".",
		"(", ":", "Bcc:" };
	uint64_t seed = 7;
	struct err e;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct message m;
		char text[VET_LINE_MAX + 1] = "x";
		size_t len = 0, n = 1 + mime_random(&seed) % 40;
		int plain = round % 2;

		for (size_t i = 0; i < n; i++) {
			const char *p = pieces[mime_random(&seed) %
			    (plain ? 6 : sizeof(pieces) / sizeof(pieces[0]))];

			if (len + strlen(p) > VET_LINE_MAX)
				break;
			memcpy(text + len, p, strlen(p) + 1);
			len += strlen(p);
		}
		message_init(&m, TEXT_MAX);
		assert_int_equal(header_text(&m, "Subject", text, &e), 0);
		const char *got =
		    read_back(&m, strstr(m.bytes.data, "=?") != NULL ? 76 : 78);
		assert_non_null(got);
		assert_string_equal(got, text);
		message_done(&m);
	}
}

static void
words_fold_at_spaces(void **state)
{
	struct message m;
	struct err e;

	(void)state;
	message_init(&m, TEXT_MAX);
	assert_int_equal(header_words(&m, &e, "Message-ID", "<%s@%s>",
			     slot_placeholder(SLOT_MESSAGE_ID),
			     "nieuws.voorbeeld.example"),
	    0);
	assert_string_equal(m.bytes.data,
	    "Message-ID: <@nieuws.voorbeeld.example>\r\n");
	assert_int_equal(m.nslots, 1);
	assert_int_equal(m.slots[0].offset, strlen("Message-ID: <"));
	message_done(&m);

	message_init(&m, TEXT_MAX);
	assert_int_equal(header_words(&m, &e, "To", "%s",
			     slot_placeholder(SLOT_TO)),
	    0);
	assert_string_equal(m.bytes.data, "To: \r\n");
	message_done(&m);

	message_init(&m, TEXT_MAX);
	assert_int_equal(header_words(&m, &e, "X", "%065d <%s>, %07d y", 1,
			     slot_placeholder(SLOT_UNDO), 2),
	    0);
	assert_int_equal(m.slots[0].offset, 2 + 66 + 4);
	assert_string_equal(m.bytes.data + 2 + 66, "\r\n <>, 0000002 y\r\n");
	message_done(&m);
}

static void
values_are_refused(void **state)
{
	static const char *const lines[] = { "", "a\nb", "a\rb", "a\r\nBcc: b",
		"a\tb", "\x01", "a\x7f", "\xc2\x85", "\xff", "\xc0\x8a", "\xc3",
		"\xed\xa0\x80", "\ue000", "\uf8ff", "\U000f0000" };
	static const char *const words[] = { "", " a", "a ", "a  b", "a\nb",
		"a\tb", "\u00e9", "a\x7f" };
	char long_line[VET_LINE_MAX + 2];
	struct message m;
	struct err e;

	(void)state;
	message_init(&m, TEXT_MAX);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(header_text(&m, "Subject", lines[i], &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_non_null(strstr(e.text, "Subject"));
		if (lines[i][0] != '\0')
			assert_int_equal(header_phrase(&m, "From", lines[i],
					     "a@b.example", &e),
			    -1);
		assert_int_equal(header_phrase(&m, "From", "a", lines[i], &e),
		    -1);
	}
	memset(long_line, 'x', sizeof(long_line) - 1);
	long_line[VET_LINE_MAX + 1] = '\0';
	assert_int_equal(header_text(&m, "Subject", long_line, &e), -1);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(header_words(&m, &e, "X", "%s", words[i]), -1);
	assert_int_equal(m.bytes.len, 0);
	message_done(&m);
}

static void
addresses_hosts_and_urls(void **state)
{
	static const struct {
		int (*vet)(const char *, const char *, struct err *);
		const char *value;
		int want;
	} tests[] = {
		{ vet_address, "a@b.example", 0 },
		{ vet_address, "o'brien+x@b-c.example", 0 },
		{ vet_address, "a.b@b.example", 0 },
		{ vet_address, NULL, -1 },
		{ vet_address, "a", -1 },
		{ vet_address, "@b.example", -1 },
		{ vet_address, "a@b", -1 },
		{ vet_address, "a@", -1 },
		{ vet_address, "a@@b.example", -1 },
		{ vet_address, ".a@b.example", -1 },
		{ vet_address, "a..b@b.example", -1 },
		{ vet_address, "a.@b.example", -1 },
		{ vet_address, "\"a\"@b.example", -1 },
		{ vet_address, "a b@b.example", -1 },
		{ vet_address, "a,b@b.example", -1 },
		{ vet_address, "<a@b.example>", -1 },
		{ vet_address, "=?utf-8?Q?a?=@b.example", -1 },
		{ vet_address, "a@b.example\r\nBcc: c@d.example", -1 },
		{ vet_host, "nieuws.voorbeeld.example", 0 },
		{ vet_host, "voorbeeld", -1 },
		{ vet_host, "a..example", -1 },
		{ vet_host, "-a.example", -1 },
		{ vet_host, "a-.example", -1 },
		{ vet_host, "a.example.", -1 },
		{ vet_host, "a_b.example", -1 },
		{ vet_url, "https://a.example/b?c=d", 0 },
		{ vet_url, "http://a.example/", -1 },
		{ vet_url, "https://", -1 },
		{ vet_url, "https://a.example/>", -1 },
		{ vet_url, "https://a.example/ b", -1 },
		{ vet_url, "https://a.example/\u00e9", -1 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		assert_int_equal(tests[i].vet("x", tests[i].value, &e),
		    tests[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_written_so),
		cmocka_unit_test(text_reads_back),
		cmocka_unit_test(words_fold_at_spaces),
		cmocka_unit_test(values_are_refused),
		cmocka_unit_test(addresses_hosts_and_urls),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
