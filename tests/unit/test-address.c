#include "tests/unit/unit.h"

#include <string.h>

#include "base/address.h"
#include "base/err.h"

static const struct {
	const char *in;
	const char *text; /* NULL: refused */
	const char *slug;
} cases[] = {
	{ "info@voorbeeld.example", "info@voorbeeld.example", NULL },
	{ " Jan.De.Vries+nieuws@Voorbeeld.EXAMPLE\t",
	    "Jan.De.Vries+nieuws@voorbeeld.example", NULL },
	{ "a@vluchtelingenhulp-zee\xc3\xabland.example",
	    "a@xn--vluchtelingenhulp-zeeland-dkc.example", NULL },
	{ "", NULL, "empty" },
	{ "  ", NULL, "empty" },
	{ "piet@", NULL, "incomplete" },
	{ "@voorbeeld.example", NULL, "incomplete" },
	{ "piet", NULL, "incomplete" },
	{ "piet@voorbeeld", NULL, "incomplete" },
	{ "Jan Jansen, jan@voorbeeld.example", NULL, "two-values" },
	{ "a@b.example;c@d.example", NULL, "two-values" },
	{ "a@b@c.example", NULL, "two-values" },
	{ "a@b.example\r\nBcc: c@d.example", NULL, "control-character" },
	{ "a\x7f@b.example", NULL, "control-character" },
	{ ".a@b.example", NULL, "bad-local-part" },
	{ "a..b@b.example", NULL, "bad-local-part" },
	{ "a.@b.example", NULL, "bad-local-part" },
	{ "\"a\"@b.example", NULL, "bad-local-part" },
	{ "<a@b.example>", NULL, "bad-local-part" },
	{ "jos\xc3\xa9@b.example", NULL, "bad-local-part" },
	{ "a@-b.example", NULL, "bad-domain" },
	{ "a@b-.example", NULL, "bad-domain" },
	{ "a@x_y.example", NULL, "bad-domain" },
	{ "a@b..example", NULL, "bad-domain" },
	{ "a@[127.0.0.1]", NULL, "bad-domain" },
	{ "a@127.0.0.1", NULL, "bad-domain" },
	{ "a@b.example>", NULL, "bad-domain" },
};

static void
grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address a;
		struct err e;
		int rc =
		    address_parse(&a, cases[i].in, strlen(cases[i].in), &e);

		if (cases[i].text != NULL) {
			assert_int_equal(rc, 0);
			assert_string_equal(a.text, cases[i].text);
		} else {
			assert_int_equal(rc, -1);
			assert_string_equal(err_word(&e), cases[i].slug);
			assert_null(strchr(e.text, '@') != NULL &&
				    strstr(e.text, "example") != NULL
				? e.text
				: NULL);
		}
	}
}

static void
limits(void **state)
{
	char s[600];
	struct address a;
	struct err e;

	(void)state;
	memset(s, 'a', sizeof(s));
	memcpy(s + 64, "@b.example", 11);
	assert_int_equal(address_parse(&a, s, strlen(s), &e), 0);
	memset(s, 'a', 65);
	memcpy(s + 65, "@b.example", 11);
	assert_int_equal(address_parse(&a, s, strlen(s), &e), -1);
	memset(s, 'a', sizeof(s));
	assert_int_equal(address_parse(&a, s, sizeof(s), &e), -1);
	assert_string_equal(err_word(&e), "too-long");
	/* Every byte in the middle: accepted only when it is in the grammar. */
	for (int c = 0; c < 256; c++) {
		char t[] = "a?b@c.example";

		t[1] = (char)c;
		int rc = address_parse(&a, t, sizeof(t) - 1, &e);
		if (rc == 0)
			assert_true(c > 0x20 && c < 0x7f &&
			    strchr("<>,;:@()[]\\\"", c) == NULL);
	}
}

static void
compare_folds_case_and_mask_hides(void **state)
{
	struct address a, b;
	struct err e;
	char m[ADDRESS_MAX + 16];

	(void)state;
	assert_int_equal(address_parse(&a, "INFO@A.example", 14, &e), 0);
	assert_int_equal(address_parse(&b, "info@a.EXAMPLE", 14, &e), 0);
	assert_string_equal(a.compare, b.compare);
	address_mask(m, a.text);
	assert_string_equal(m, "I\u2022\u2022\u2022@a.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar),
		cmocka_unit_test(limits),
		cmocka_unit_test(compare_folds_case_and_mask_hides),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
