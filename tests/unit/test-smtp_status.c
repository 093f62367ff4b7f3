#include "tests/unit/unit.h"

#include <string.h>

#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_result.h"
#include "daemon/send/smtp_status.h"

static void
status_follows_the_grammar(void **state)
{
	static const struct {
		const char *in, *want; /* "" for no status */
	} tests[] = {
		{ "5.1.1 no such user", "5.1.1" },
		{ "2.0.0", "2.0.0" },
		{ "5.7.515\r\n", "5.7.515" },
		{ "4.7.28\nmore", "4.7.28" },
		{ "5.1.10 null MX", "5.1.10" },
		{ "5.999.999 x", "5.999.999" },
		{ "", "" },
		{ "5", "" },
		{ "5.", "" },
		{ "5.1", "" },
		{ "5.1.", "" },
		{ "5.1.1.1 x", "" },
		{ "5.1.1: x", "" },
		{ "5.01.1 x", "" },
		{ "5.1.001 x", "" },
		{ "5.1000.1 x", "" },
		{ "5.1.1000 x", "" },
		{ "3.1.1 x", "" },
		{ "5.-1.1 x", "" },
		{ " 5.1.1 x", "" },
		{ "5. 1.1 x", "" },
		{ "55.1.1 x", "" },
		{ "User 5.1.1", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct smtp_status st = { 0, 0, 0 };
		char out[SMTP_STATUS_MAX];

		assert_int_equal(smtp_status_parse(&st, tests[i].in),
		    tests[i].want[0] != '\0');
		smtp_status_format(&st, out, sizeof(out));
		assert_string_equal(out, tests[i].want);
	}
}

static void
status_must_agree_with_the_code(void **state)
{
	struct smtp_status st = { 0, 0, 0 };

	(void)state;
	assert_false(smtp_status_of_reply(&st, 550, "4.2.2 full"));
	assert_false(smtp_status_of_reply(&st, 354, "2.0.0 go"));
	assert_int_equal(st.class, 0);
	assert_true(smtp_status_of_reply(&st, 550, "5.2.2 full"));
	assert_int_equal(st.detail, 2);
}

static void
addresses_are_masked(void **state)
{
	static const struct {
		const char *in, *want;
	} tests[] = {
		{ "5.1.1 <jan@voorbeeld.example>: unknown",
		    "5.1.1 <***>: unknown" },
		{ "no jan@voorbeeld.example.", "no ***" },
		{ "no JAN here", "no *** here" },
		{ "Who is jan?", "Who is ***" },
		{ "mailbox \"jan\" full", "mailbox \"***\" full" },
		{ "january is not a name", "january is not a name" },
		{ "see https://mail.example/?jan%40voorbeeld.example",
		    "see https:***" },
		{ "b=jan=voorbeeld.example@lijst.example refused",
		    "*** refused" },
		{ "one\ntwo\tthree\x80", "one two three?" },
		{ "other@elsewhere.example", "***" },
	};
	struct smtp_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		smtp_result_set_reply(&r, SMTP_RCPT, 550, tests[i].in,
		    "jan@voorbeeld.example");
		assert_string_equal(r.text, tests[i].want);
	}
	smtp_result_set_reply(&r, SMTP_END_OF_DATA, 250, "2.0.0 jan@x.example",
	    "");
	assert_int_equal(r.status.class, 2);
	assert_string_equal(r.text, "");
}

/* No cut may leave a part of an address behind. */
static void
long_texts_are_cut_without_baring_an_address(void **state)
{
	char in[2 * SMTP_TEXT_MAX];
	struct smtp_result r;

	(void)state;
	for (size_t at = SMTP_TEXT_MAX - 40; at < SMTP_TEXT_MAX + 2; at++) {
		memset(in, 'a', sizeof(in));
		for (size_t i = 7; i < at; i += 8)
			in[i] = ' ';
		strcpy(in + at, " zzz@zzz.example tail");
		smtp_result_set_reply(&r, SMTP_RCPT, 550, in, "");
		assert_null(strchr(r.text, 'z'));
		assert_true(strlen(r.text) < SMTP_TEXT_MAX);
	}
}

static void
ehlo_is_understood(void **state)
{
	struct smtp_ehlo h;

	(void)state;
	smtp_ehlo_parse(&h, "STARTTLS PIPELINING CHUNKING");
	assert_false(h.starttls || h.pipelining || h.chunking || h.size);
	assert_null(smtp_ehlo_best_mechanism(&h));
	smtp_ehlo_parse(&h,
	    "relay.example\npipelining\nSIZE 10240000\nSTARTTLS\n"
	    "AUTH LOGIN CRAM-MD5 plain\nX-PIPELINING\nChunking");
	assert_true(h.starttls && h.pipelining && h.chunking && h.size);
	assert_int_equal(h.size_max_bytes, 10240000);
	assert_string_equal(smtp_ehlo_best_mechanism(&h), "PLAIN");
	smtp_ehlo_parse(&h,
	    "relay.example\nSIZE\nAUTH SCRAM-SHA-1 PLAIN\n"
	    "PIPELININGX\nAUTH=LOGIN");
	assert_true(h.size && h.size_max_bytes == 0);
	assert_false(h.pipelining || h.chunking);
	assert_string_equal(smtp_ehlo_best_mechanism(&h), "SCRAM-SHA-1");
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(status_follows_the_grammar),
		cmocka_unit_test(status_must_agree_with_the_code),
		cmocka_unit_test(addresses_are_masked),
		cmocka_unit_test(long_texts_are_cut_without_baring_an_address),
		cmocka_unit_test(ehlo_is_understood),
	};

	return cmocka_run_group_tests_name("smtp_status", all, NULL, NULL);
}
