#include "tests/unit/unit.h"

#include <string.h>

#include "base/bounce/wording.h"

static const struct example {
	const char *word, *text;
} refusals[] = {
#define CLEAR(word, meaning, pattern, family, example) { word, example },
#define VAGUE CLEAR
#include "base/bounce/rules.def"
};

static const struct example warnings[] = {
#define WARNING(word, pattern, family, example) { word, example },
#include "base/bounce/rules.def"
};

static const char *const words[] = {
#define CLEAR(word, meaning, pattern, family, example) word,
#define VAGUE CLEAR
#define WARNING(word, pattern, family, example) word,
#define CODE(subject, from, to, word, meaning) word,
#define REPLY(from, to, word, meaning) word,
#include "base/bounce/rules.def"
};

static const struct answer {
	const char *system;
	enum bounce_reason reason;
	const char *text;
} answers[] = {
#define ANSWER(system, reason, text) { system, BOUNCE_##reason, text },
#include "tests/unit/wording_answers.def"
};

static const struct boilerplate {
	const char *system, *text;
} boilerplate[] = {
#define BOILERPLATE(system, text) { system, text },
#include "tests/unit/wording_boilerplate.def"
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct wording_says
read_diagnostic(const char *text)
{
	struct wording w = { .action = "failed", .diagnostic = text };

	return wording_read(&w);
}

static void
every_example_meets_its_own_rule(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct example *x = &refusals[i];
		struct wording_says says = read_diagnostic(x->text);

		if (strcmp(says.rule, x->word) == 0)
			continue;
		print_error("%s: its example is taken for %s\n", x->word,
		    says.rule);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	(void)state;
}

static void
every_example_of_a_warning_warns(void **state)
{
	for (size_t i = 0; i < COUNT(warnings); i++) {
		struct wording w = { .text = warnings[i].text,
			.text_bytes = strlen(warnings[i].text) };

		assert_int_equal(wording_read(&w).class, BOUNCE_DELAYED);
	}
	(void)state;
}

static void
every_word_is_of_one_rule(void **state)
{
	for (size_t i = 0; i < COUNT(words); i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(words[i], words[k]);
	(void)state;
}

static void
answers_of_mail_systems_are_understood(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < COUNT(answers); i++) {
		const struct answer *a = &answers[i];
		struct wording_says says = read_diagnostic(a->text);

		if (says.reason == a->reason &&
		    (says.class == BOUNCE_HARD) == (a->reason == BOUNCE_DEAD))
			continue;
		print_error("%s: reason %d by %s, not %d: %s\n", a->system,
		    (int)says.reason, says.rule, (int)a->reason, a->text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	(void)state;
}

static void
words_around_every_refusal_say_nothing(void **state)
{
	for (size_t i = 0; i < COUNT(boilerplate); i++) {
		const char *text = boilerplate[i].text;
		struct wording w = { .text = text, .text_bytes = strlen(text) };
		struct wording_says says = wording_read(&w);

		if (strcmp(says.rule, "unknown") != 0)
			fail_msg("%s: %s", boilerplate[i].system, says.rule);
		assert_int_equal(says.class, BOUNCE_SOFT);
	}
	(void)state;
}

/* The words decide when the code says something else. */
static void
words_overrule_codes(void **state)
{
	static const struct {
		const char *status, *diagnostic;
		enum bounce_class class;
		enum bounce_reason reason;
	} tests[] = {
		{ "5.1.1", "smtp; 550 5.1.1 Message blocked as spam",
		    BOUNCE_SOFT, BOUNCE_BLOCKED },
		{ "5.1.1", "smtp; 550 5.1.1 mailbox full", BOUNCE_SOFT,
		    BOUNCE_FULL },
		{ "5.1.1",
		    "smtp; 550 5.1.1 Client host [192.0.2.10] blocked "
		    "using dnsbl.example",
		    BOUNCE_SOFT, BOUNCE_BLOCKED },
		{ "5.7.1", "smtp; 550 5.7.1 user unknown", BOUNCE_HARD,
		    BOUNCE_DEAD },
		{ "5.2.1",
		    "smtp; 550 5.2.1 <jan@voorbeeld.example>... User "
		    "Unknown",
		    BOUNCE_HARD, BOUNCE_DEAD },
		{ "5.2.1", "smtp; 550 5.2.1 Mailbox disabled", BOUNCE_SOFT,
		    BOUNCE_INACTIVE },
		{ "5.0.0", "smtp; 550 no such user", BOUNCE_HARD, BOUNCE_DEAD },
		{ "5.2.2", "smtp; 550 5.2.2 unknown user", BOUNCE_HARD,
		    BOUNCE_DEAD },
		{ "5.4.4",
		    "X-Postfix; connect to mx.voorbeeld.example:25: "
		    "Connection timed out",
		    BOUNCE_SOFT, BOUNCE_TEMPORARY },
		{ "5.0.0", "smtp; 554 5.7.1 SPF check failed", BOUNCE_SOFT,
		    BOUNCE_AUTHENTICATION },
	};

	for (size_t i = 0; i < COUNT(tests); i++) {
		struct wording w = { "failed", tests[i].status,
			tests[i].diagnostic, NULL, 0 };
		struct wording_says says = wording_read(&w);

		assert_int_equal(says.class, tests[i].class);
		assert_int_equal(says.reason, tests[i].reason);
	}
	(void)state;
}

static void
codes_speak_for_themselves(void **state)
{
	static const struct {
		const char *status, *diagnostic;
		enum bounce_class class;
		enum bounce_reason reason;
		bool final;
		const char *told;
	} tests[] = {
		{ "5.1.1", NULL, BOUNCE_HARD, BOUNCE_DEAD, true, "5.1.1" },
		{ "5.1.10", NULL, BOUNCE_HARD, BOUNCE_DEAD, true, "5.1.10" },
		{ "4.1.1", NULL, BOUNCE_SOFT, BOUNCE_TEMPORARY, false,
		    "4.1.1" },
		{ "4.4.4", NULL, BOUNCE_SOFT, BOUNCE_TEMPORARY, false,
		    "4.4.4" },
		{ "5.2.2", NULL, BOUNCE_SOFT, BOUNCE_FULL, true, "5.2.2" },
		{ "5.7.26", NULL, BOUNCE_SOFT, BOUNCE_AUTHENTICATION, true,
		    "5.7.26" },
		{ "5.6.7", NULL, BOUNCE_SOFT, BOUNCE_CONTENT, true, "5.6.7" },
		{ "5.3.4", NULL, BOUNCE_SOFT, BOUNCE_TOO_LARGE, true, "5.3.4" },
		{ "5.0.0", NULL, BOUNCE_SOFT, BOUNCE_UNKNOWN, true, "5.0.0" },
		{ "5.4.7", NULL, BOUNCE_SOFT, BOUNCE_TEMPORARY, false,
		    "5.4.7" },
		/* The system that refused knows better than who reports. */
		{ "5.0.0", "smtp; 550 5.1.1 abc", BOUNCE_HARD, BOUNCE_DEAD,
		    true, "5.1.1" },
		{ "4.4.7", "smtp; 450 4.2.2 abc", BOUNCE_SOFT, BOUNCE_FULL,
		    false, "4.2.2" },
		/* An IP address is no status. */
		{ "5.0.0", "smtp; 550 said 5.1.1.3", BOUNCE_SOFT,
		    BOUNCE_UNKNOWN, true, "5.0.0" },
		{ "", "smtp; 452 abc", BOUNCE_SOFT, BOUNCE_TEMPORARY, false,
		    "" },
		{ "", "smtp; 551 abc", BOUNCE_HARD, BOUNCE_DEAD, true, "" },
		{ "", "smtp; 552 abc", BOUNCE_SOFT, BOUNCE_FULL, true, "" },
		/* A domain is only dead when that was said for good. */
		{ "4.4.3", "dns; Host not found", BOUNCE_SOFT, BOUNCE_TEMPORARY,
		    false, "4.4.3" },
		{ "5.4.4", "dns; Host not found", BOUNCE_HARD, BOUNCE_DEAD,
		    true, "5.4.4" },
		{ NULL, NULL, BOUNCE_SOFT, BOUNCE_UNKNOWN, true, "" },
	};

	for (size_t i = 0; i < COUNT(tests); i++) {
		struct wording w = { "failed", tests[i].status,
			tests[i].diagnostic, NULL, 0 };
		struct wording_says says = wording_read(&w);

		assert_int_equal(says.class, tests[i].class);
		assert_int_equal(says.reason, tests[i].reason);
		assert_int_equal(says.final, tests[i].final);
		assert_string_equal(says.status, tests[i].told);
	}
	(void)state;
}

static void
action_makes_the_class(void **state)
{
	static const struct {
		const char *action, *status, *text;
		enum bounce_class class;
	} tests[] = {
		{ "delayed", "5.1.1", "user unknown", BOUNCE_DELAYED },
		{ "delayed", "4.2.2", "mailbox full", BOUNCE_DELAYED },
		{ "Delivered", "2.0.0", "", BOUNCE_DELIVERED },
		{ "relayed", "", "", BOUNCE_DELIVERED },
		{ "expanded", "2.0.0", "", BOUNCE_DELIVERED },
		{ "failed", "4.4.7", "This is a warning", BOUNCE_SOFT },
		{ "failure", "5.1.1", "", BOUNCE_HARD },
		{ NULL, "5.1.1", "", BOUNCE_HARD },
		{ NULL, "2.0.0", "", BOUNCE_DELIVERED },
		{ NULL, "", "Warning: could not send message for past 4 hours",
		    BOUNCE_DELAYED },
		{ NULL, "", "Uw bericht is vertraagd", BOUNCE_DELAYED },
		{ NULL, "", "I give up. No such user.", BOUNCE_HARD },
		{ "geweigerd", "", "no such user", BOUNCE_HARD },
	};

	for (size_t i = 0; i < COUNT(tests); i++) {
		struct wording w = { tests[i].action, tests[i].status, NULL,
			tests[i].text, strlen(tests[i].text) };
		struct wording_says says = wording_read(&w);

		assert_int_equal(says.class, tests[i].class);
		if (says.class != BOUNCE_HARD && says.class != BOUNCE_SOFT)
			assert_false(says.final);
	}
	(void)state;
}

/* Words stand in lines, in quotes, in capitals, in other character sets, and
 * between codes; what is in an address is no word. */
static void
words_are_found_as_they_stand(void **state)
{
	static const struct {
		const char *diagnostic;
		enum bounce_reason reason;
	} tests[] = {
		{ "550-5.1.1 The email account that you tried\r\n"
		  "550-5.1.1 to reach does not\r\n550 5.1.1  exist.",
		    BOUNCE_DEAD },
		{ "550 MAILBOX   FULL", BOUNCE_FULL },
		{ "552 Over_quota", BOUNCE_FULL },
		{ "550 \"Mailbox\" is <full>", BOUNCE_FULL },
		{ "550 BO\xceTE AUX LETTRES PLEINE", BOUNCE_FULL },
		{ "550 Boîte aux lettres pleine", BOUNCE_FULL },
		{ "550 ＵＳＥＲ　ＵＮＫＮＯＷＮ", BOUNCE_DEAD },
		{ "550 ПОЧТОВЫЙ ЯЩИК ПЕРЕПОЛНЕН", BOUNCE_FULL },
		{ "550 this address doesn’t exist", BOUNCE_DEAD },
		{ "550 <spam.blocked@voorbeeld.example>: user unknown",
		    BOUNCE_DEAD },
		{ "550 <mailbox-full@spamhaus.example> does not exist",
		    BOUNCE_DEAD },
		{ "550 successfully spamwiched", BOUNCE_UNKNOWN },
	};

	for (size_t i = 0; i < COUNT(tests); i++) {
		struct wording_says says = read_diagnostic(tests[i].diagnostic);

		if (says.reason != tests[i].reason)
			print_error("%s: %s\n", tests[i].diagnostic, says.rule);
		assert_int_equal(says.reason, tests[i].reason);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_meets_its_own_rule),
		cmocka_unit_test(every_example_of_a_warning_warns),
		cmocka_unit_test(every_word_is_of_one_rule),
		cmocka_unit_test(answers_of_mail_systems_are_understood),
		cmocka_unit_test(words_around_every_refusal_say_nothing),
		cmocka_unit_test(words_overrule_codes),
		cmocka_unit_test(codes_speak_for_themselves),
		cmocka_unit_test(action_makes_the_class),
		cmocka_unit_test(words_are_found_as_they_stand),
	};

	wording_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
