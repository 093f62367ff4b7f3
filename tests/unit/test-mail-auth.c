#include "tests/unit/mail_items.h"

#include <string.h>

#include "composer/inbox/mail_auth.h"
#include "composer/inbox/mail_lang.h"

static void
the_language_is_guessed(void **state)
{
	(void)state;
	assert_string_equal(mail_lang_guess("Controle in bussen",
				"De chauffeur mag om papieren vragen."),
	    "nl");
	assert_string_equal(mail_lang_guess("Checks on buses",
				"The driver may ask for your papers."),
	    "en");
	assert_string_equal(mail_lang_guess("Info",
				"Zie https://the.example/and/of ook."),
	    "nl");
	assert_null(mail_lang_guess("Info", "https://a.example"));
}

static void
our_server_vouches(void **state)
{
	static const struct {
		const char *field;
		enum mail_auth found;
	} tests[] = {
		{ "mx.example; dmarc=pass header.from=zorg.example",
		    MAIL_AUTH_PASS },
		{ "MX.Example 1; spf=fail smtp.mailfrom=x@y.example;\r\n "
		  "dkim=pass (2048-bit; good) header.d=Zorg.example "
		  "header.s=s header.b=\"ab;c\"",
		    MAIL_AUTH_PASS },
		{ "mx.example; spf=pass smtp.mailfrom=jan@zorg.example",
		    MAIL_AUTH_PASS },
		{ "mx.example; dkim=pass header.i=@zorg.example",
		    MAIL_AUTH_PASS },
		{ "mx.example; none", MAIL_AUTH_FAIL },
		{ "mx.example", MAIL_AUTH_FAIL },
		{ "mx.example; dmarc=fail header.from=zorg.example",
		    MAIL_AUTH_FAIL },
		{ "mx.example; dmarc=pass header.from=evil.example",
		    MAIL_AUTH_FAIL },
		{ "mx.example; dkim=pass header.d=evil.example",
		    MAIL_AUTH_FAIL },
		{ "mx.example; dkim=pass header.d=org.example "
		  "header.d=zorg.example",
		    MAIL_AUTH_FAIL },
		{ "mx.example; dkim=pass header.d=xzorg.example",
		    MAIL_AUTH_FAIL },
		{ "mx.example; dkim=pass header.d=a.zorg.example",
		    MAIL_AUTH_FAIL },
		{ "mx.example; dkim=pass header.d=example", MAIL_AUTH_FAIL },
		{ "mx.example; spf=pass smtp.helo=zorg.example",
		    MAIL_AUTH_FAIL },
		{ "mx.example; spf=fail reason=\"; dmarc=pass "
		  "header.from=zorg.example\"",
		    MAIL_AUTH_FAIL },
		{ "mx.example; spf=fail (x; dmarc=pass "
		  "header.from=zorg.example)",
		    MAIL_AUTH_FAIL },
		{ "mx.example; spf=fail smtp.mailfrom=a)b; dmarc=pass "
		  "header.from=zorg.example",
		    MAIL_AUTH_FAIL },
		{ "evil.example; dmarc=pass header.from=zorg.example",
		    MAIL_AUTH_NONE },
		{ "mx.example.evil; dmarc=pass header.from=zorg.example",
		    MAIL_AUTH_NONE },
		{ "", MAIL_AUTH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (mail_auth_read(tests[i].field, "mx.example",
			"zorg.example") != tests[i].found)
			fail_msg("%s", tests[i].field);
	assert_int_equal(mail_auth_read("mx; dkim=pass header.d=zorg.example",
			     "mx", "team.zorg.example"),
	    MAIL_AUTH_PASS);
}

static void
the_topmost_of_ours_counts(void **state)
{
#define RESULTS "Authentication-Results: "
#define PASS "; dmarc=pass header.from=zorg.example\n"
#define FAIL "; dmarc=fail header.from=zorg.example\n"
	static const struct {
		const char *mail;
		bool verified;
	} mails[] = {
		{ RESULTS "mx.example" PASS HEAD "x\n\nx", true },
		{ RESULTS "mx.example" FAIL RESULTS "mx.example" PASS HEAD
			  "x\n\nx",
		    false },
		{ RESULTS "other.example" FAIL RESULTS "mx.example" PASS HEAD
			  "x\n\nx",
		    true },
		{ RESULTS "other.example" PASS HEAD "x\n\nx", false },
		{ HEAD "x\n\nx", false },
		{ RESULTS "mx.example" PASS "From: a@zorg.example\nFrom: "
			  "b@zorg.example\n\nx",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		struct mail_item m =
		    read_mail(mails[i].mail, strlen(mails[i].mail));

		assert_int_equal(mail_item_verified(&m, "mx.example"),
		    mails[i].verified);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_language_is_guessed),
		cmocka_unit_test(our_server_vouches),
		cmocka_unit_test(the_topmost_of_ours_counts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
