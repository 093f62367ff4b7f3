#include "tests/unit/unit.h"

#include "daemon/send/classify.h"
#include "daemon/send/smtp_result.h"

static void
replies_get_their_verdict(void **state)
{
	static const struct {
		enum smtp_stage stage;
		int code;
		const char *text;
		enum verdict want;
	} tests[] = {
		{ SMTP_END_OF_DATA, 250, "2.0.0 Ok: queued as 4F3",
		    VERDICT_ACCEPTED },
		{ SMTP_END_OF_DATA, 250, "OK", VERDICT_ACCEPTED },
		/* before RCPT: never the reader */
		{ SMTP_GREETING, 554, "5.7.1 No SMTP service here",
		    VERDICT_RELAY_BROKEN },
		{ SMTP_GREETING, 554, "", VERDICT_RELAY_BROKEN },
		{ SMTP_GREETING, 421, "4.7.0 Try again later",
		    VERDICT_RELAY_AWAY },
		{ SMTP_GREETING, 450, "4.3.2 too busy", VERDICT_RELAY_AWAY },
		{ SMTP_EHLO, 550, "5.5.1 bad name", VERDICT_RELAY_BROKEN },
		{ SMTP_EHLO, 502, "", VERDICT_RELAY_BROKEN },
		{ SMTP_STARTTLS, 454, "4.7.0 TLS not available",
		    VERDICT_RELAY_AWAY },
		{ SMTP_STARTTLS, 501, "", VERDICT_RELAY_BROKEN },
		{ SMTP_AUTH, 535, "5.7.8 Error: authentication failed",
		    VERDICT_RELAY_BROKEN },
		{ SMTP_AUTH, 454, "4.7.0 Temporary failure",
		    VERDICT_RELAY_AWAY },
		{ SMTP_MAIL, 550, "5.1.1 unknown sender",
		    VERDICT_RELAY_BROKEN },
		{ SMTP_MAIL, 530, "5.7.0 Authentication required",
		    VERDICT_RELAY_BROKEN },
		{ SMTP_MAIL, 553, "5.7.1 Sender address rejected",
		    VERDICT_RELAY_BROKEN },
		{ SMTP_MAIL, 452, "4.3.1 Insufficient system storage",
		    VERDICT_RELAY_AWAY },
		{ SMTP_MAIL, 552, "5.3.4 Message size exceeds fixed limit",
		    VERDICT_CONTENT },
		{ SMTP_MAIL, 552, "too big", VERDICT_CONTENT },
		/* dead addresses */
		{ SMTP_RCPT, 550, "5.1.1 The email account does not exist",
		    VERDICT_RECIPIENT_DEAD },
		{ SMTP_RCPT, 550, "5.1.2 Bad destination system address",
		    VERDICT_RECIPIENT_DEAD },
		{ SMTP_RCPT, 501, "5.1.3 Bad recipient address syntax",
		    VERDICT_RECIPIENT_DEAD },
		{ SMTP_RCPT, 551, "5.1.6 User has moved",
		    VERDICT_RECIPIENT_DEAD },
		{ SMTP_RCPT, 556, "5.1.10 Domain has null MX",
		    VERDICT_RECIPIENT_DEAD },
		{ SMTP_RCPT, 556, "", VERDICT_RECIPIENT_DEAD },
		{ SMTP_RCPT, 550, "5.2.1 The account is disabled",
		    VERDICT_RECIPIENT_DEAD },
		{ SMTP_END_OF_DATA, 550, "5.1.1 User unknown",
		    VERDICT_RECIPIENT_DEAD },
		/* refused, not dead */
		{ SMTP_RCPT, 552, "5.2.2 The inbox is out of storage space",
		    VERDICT_RECIPIENT_REFUSED },
		{ SMTP_RCPT, 550, "5.4.1 Recipient address rejected",
		    VERDICT_RECIPIENT_REFUSED },
		{ SMTP_RCPT, 550, "mailbox unavailable",
		    VERDICT_RECIPIENT_REFUSED },
		{ SMTP_RCPT, 553, "mailbox name not allowed",
		    VERDICT_RECIPIENT_REFUSED },
		{ SMTP_RCPT, 501, "Syntax error", VERDICT_RECIPIENT_REFUSED },
		{ SMTP_RCPT, 552, "5.3.4 Message too big",
		    VERDICT_RECIPIENT_REFUSED },
		{ SMTP_END_OF_DATA, 552, "5.2.2 Mailbox full",
		    VERDICT_RECIPIENT_REFUSED },
		/* temporary */
		{ SMTP_RCPT, 452, "4.2.2 Mailbox full", VERDICT_DEFERRED },
		{ SMTP_RCPT, 452, "4.5.3 Too many recipients",
		    VERDICT_DEFERRED },
		{ SMTP_RCPT, 552, "5.5.3 Too many recipients",
		    VERDICT_DEFERRED },
		{ SMTP_RCPT, 552, "Too many recipients", VERDICT_DEFERRED },
		{ SMTP_RCPT, 451, "4.7.1 Greylisted", VERDICT_DEFERRED },
		{ SMTP_RCPT, 450, "", VERDICT_DEFERRED },
		/* a class that contradicts the code is no status */
		{ SMTP_RCPT, 450, "5.1.1 User unknown", VERDICT_DEFERRED },
		{ SMTP_DATA, 451, "4.3.0 try later", VERDICT_DEFERRED },
		{ SMTP_END_OF_DATA, 451, "4.3.0 queue file write error",
		    VERDICT_DEFERRED },
		{ SMTP_END_OF_DATA, 452, "4.3.1 Insufficient storage",
		    VERDICT_DEFERRED },
		/* the relay is busy with something else */
		{ SMTP_RCPT, 421, "4.7.28 unusual rate", VERDICT_DEFERRED },
		{ SMTP_END_OF_DATA, 421, "4.7.28 unusual rate",
		    VERDICT_DEFERRED },
		{ SMTP_END_OF_DATA, 450, "4.7.28 unusual rate",
		    VERDICT_DEFERRED },
		{ SMTP_RCPT, 503, "5.5.1 need MAIL", VERDICT_RELAY_BROKEN },
		{ SMTP_RCPT, 530, "5.7.0 Must issue STARTTLS",
		    VERDICT_RELAY_BROKEN },
		{ SMTP_DATA, 502, "", VERDICT_RELAY_BROKEN },
		/* about us */
		{ SMTP_RCPT, 550, "5.7.1 Client host blocked", VERDICT_POLICY },
		{ SMTP_RCPT, 554, "5.7.1 Relay access denied", VERDICT_POLICY },
		{ SMTP_RCPT, 554, "blocked by list", VERDICT_POLICY },
		{ SMTP_RCPT, 550, "5.1.8 Bad sender domain", VERDICT_POLICY },
		{ SMTP_END_OF_DATA, 550, "5.7.26 not authenticated",
		    VERDICT_POLICY },
		{ SMTP_END_OF_DATA, 550, "5.7.515 Access denied",
		    VERDICT_POLICY },
		{ SMTP_END_OF_DATA, 554, "Transaction failed", VERDICT_POLICY },
		{ SMTP_END_OF_DATA, 550, "spam", VERDICT_POLICY },
		{ SMTP_DATA, 554, "no", VERDICT_POLICY },
		/* about what we send */
		{ SMTP_END_OF_DATA, 552, "5.3.4 Message too big",
		    VERDICT_CONTENT },
		{ SMTP_END_OF_DATA, 554, "5.6.0 Bad message", VERDICT_CONTENT },
		{ SMTP_END_OF_DATA, 550, "5.6.7 Non-ASCII addresses",
		    VERDICT_CONTENT },
		{ SMTP_END_OF_DATA, 552, "size limit", VERDICT_CONTENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct smtp_result r;
		enum verdict got;

		smtp_result_set_reply(&r, tests[i].stage, tests[i].code,
		    tests[i].text, "");
		got = classify(&r);
		if (got != tests[i].want)
			fail_msg("%s %d %s: %s, not %s",
			    smtp_stage_name(tests[i].stage), tests[i].code,
			    tests[i].text, verdict_name(got),
			    verdict_name(tests[i].want));
	}
}

static void
silence_gets_its_verdict(void **state)
{
	struct smtp_result r;

	(void)state;
	for (enum smtp_stage s = SMTP_CONNECT; s <= SMTP_END_OF_DATA; s++) {
		smtp_result_set(&r, s, SMTP_LOST, "");
		assert_int_equal(classify(&r),
		    s == SMTP_END_OF_DATA ? VERDICT_UNCERTAIN
					  : VERDICT_RELAY_AWAY);
		smtp_result_set(&r, s, SMTP_UNFIT, "");
		assert_int_equal(classify(&r),
		    s == SMTP_END_OF_DATA ? VERDICT_UNCERTAIN
					  : VERDICT_RELAY_BROKEN);
	}
}

/* Whatever a server says, there is a verdict, and none before RCPT blames a
 * reader. */
static void
every_reply_has_a_verdict(void **state)
{
	struct smtp_result r;

	(void)state;
	for (enum smtp_stage s = SMTP_CONNECT; s <= SMTP_END_OF_DATA; s++)
		for (int code = 200; code < 600; code++) {
			enum verdict v;

			smtp_result_set_reply(&r, s, code, "5.1.1 x", "");
			v = classify(&r);
			if (s < SMTP_RCPT)
				assert_true(v == VERDICT_RELAY_AWAY ||
				    v == VERDICT_RELAY_BROKEN ||
				    (s == SMTP_MAIL && v == VERDICT_CONTENT));
			assert_true((v == VERDICT_ACCEPTED) ==
			    (s == SMTP_END_OF_DATA && code < 300));
		}
}

int
main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(replies_get_their_verdict),
		cmocka_unit_test(silence_gets_its_verdict),
		cmocka_unit_test(every_reply_has_a_verdict),
	};

	return cmocka_run_group_tests_name("classify", all, NULL, NULL);
}
