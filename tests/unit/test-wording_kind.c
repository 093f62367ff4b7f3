#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bounce/wording.h"

/* Places of a table below; AWAY is tried in the subject. */
enum place {
	SUBJECT,
	TEXT,
	ANYWHERE,
	AWAY,
};

enum {
	LEAVE = BOUNCE_OTHER + 1,
	CLIENT_LEAVE,
};

static const struct example {
	const char *word;
	int kind;
	enum place place;
	const char *text;
} examples[] = {
#define KIND(word, kind, place, pattern, language, example) \
	{ word, kind, place, example },
#include "base/bounce/kinds.def"
};

static const struct field_example {
	const char *word;
	enum bounce_kind kind;
	const char *name, *values;
} fields[] = {
#define FIELD(word, kind, name, values) { word, kind, name, values },
#include "base/bounce/kinds.def"
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* One header field: "Name: value". */
static const char *
only_field(void *arg, const char *name)
{
	const char *field = arg;
	size_t n = strlen(name);

	if (field == NULL || strncasecmp(field, name, n) != 0 ||
	    field[n] != ':')
		return "";
	return field + n + 2;
}

struct seen {
	enum bounce_kind kind;
	bool automatic;
	const char *rule;
};

static struct seen
look(const char *field, const char *subject, const char *text)
{
	char copy[200] = "";
	struct wording_mail m = {
		.field = only_field,
		.arg = field != NULL ? copy : NULL,
		.subject = subject,
		.text = text,
		.text_bytes = strlen(text),
	};
	struct seen s;

	if (field != NULL)
		(void)snprintf(copy, sizeof(copy), "%s", field);
	s.kind = wording_kind(&m, &s.automatic, &s.rule);
	return s;
}

static void
every_example_meets_its_own_rule(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < COUNT(examples); i++) {
		const struct example *x = &examples[i];
		bool in_subject = x->place == SUBJECT || x->place == AWAY;
		struct seen s = look(NULL, in_subject ? x->text : "News",
		    in_subject ? "Text." : x->text);

		if (strcmp(s.rule, x->word) != 0 ||
		    (int)s.kind !=
			(x->kind >= LEAVE ? BOUNCE_UNSUBSCRIBE : x->kind)) {
			print_error("%s: its example is taken for %s\n",
			    x->word, s.rule);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	(void)state;
}

static void
every_field_is_a_machine(void **state)
{
	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct field_example *x = &fields[i];
		char field[200];
		struct seen s;

		(void)snprintf(field, sizeof(field), "%s: %.*s%s", x->name,
		    (int)strcspn(x->values, "|"), x->values,
		    *x->values == '\0' ? "yes" : "");
		s = look(field, "News", "Hello");
		assert_true(s.automatic);
		assert_string_equal(s.rule, x->word);
		assert_int_equal(s.kind, x->kind);
	}
	(void)state;
}

static void
people_and_machines_are_told_apart(void **state)
{
	static const struct {
		const char *subject, *text;
		enum bounce_kind kind;
		const char *field;
	} tests[] = {
#define MAIL(kind, field, subject, text) \
	{ subject, text, BOUNCE_##kind, field },
#include "tests/unit/wording_mails.def"
	};
	int wrong = 0;

	for (size_t i = 0; i < COUNT(tests); i++) {
		struct seen s =
		    look(tests[i].field, tests[i].subject, tests[i].text);

		if (s.kind == tests[i].kind)
			continue;
		print_error("kind %d by %s, not %d: %s / %s\n", (int)s.kind,
		    s.rule, (int)tests[i].kind, tests[i].subject,
		    tests[i].text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	(void)state;
}

static void
null_sender_is_a_machine(void **state)
{
	struct wording_mail m = {
		.field = only_field,
		.subject = "News",
		.text = "Ik ben met vakantie",
		.text_bytes = strlen("Ik ben met vakantie"),
		.is_null_sender = true,
	};
	bool automatic;
	const char *rule;

	assert_int_equal(wording_kind(&m, &automatic, &rule), BOUNCE_AUTOREPLY);
	assert_true(automatic);
	m.text_bytes = 3;
	assert_int_equal(wording_kind(&m, &automatic, &rule), BOUNCE_OTHER);
	assert_true(automatic);
	m.is_null_sender = false;
	assert_int_equal(wording_kind(&m, &automatic, &rule), BOUNCE_PERSON);
	assert_false(automatic);
	(void)state;
}

/* A long letter is read by a person. */
static void
only_a_short_mail_leaves(void **state)
{
	static char text[2000];
	size_t n;

	(void)snprintf(text, sizeof(text), "Ik wil me graag afmelden. ");
	assert_int_equal(look(NULL, "Vraag", text).kind, BOUNCE_UNSUBSCRIBE);
	for (n = strlen(text); n < 1000; n++)
		text[n] = n % 7 == 0 ? ' ' : 'x';
	assert_int_equal(look(NULL, "Vraag", text).kind, BOUNCE_PERSON);
	/* What follows a signature is not counted. */
	for (size_t i = 0; i < 5; i++)
		text[30 + i] = "\n-- \n"[i];
	assert_int_equal(look(NULL, "Vraag", text).kind, BOUNCE_UNSUBSCRIBE);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_meets_its_own_rule),
		cmocka_unit_test(every_field_is_a_machine),
		cmocka_unit_test(people_and_machines_are_told_apart),
		cmocka_unit_test(null_sender_is_a_machine),
		cmocka_unit_test(only_a_short_mail_leaves),
	};

	wording_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
