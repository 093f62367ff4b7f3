#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libxml/parser.h>

#include "base/buf.h"
#include "base/err.h"
#include "composer/template/template.h"
#include "composer/template/theme.h"

static int
load(const char *rules, struct theme **ret, struct err *e)
{
	char path[] = "/tmp/tweeluik-theme-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_int_not_equal(fd, -1);
	assert_int_not_equal(dprintf(fd, "<theme>\n%s</theme>", rules), -1);
	assert_int_equal(close(fd), 0);
	rc = theme_load(path, ret, e);
	assert_int_equal(unlink(path), 0);
	return rc;
}

static void
styles_are_appended_in_order(void **state)
{
	static const char page[] =
	    "<body><p class='a' style='x:1'>1</p><p>2</p><i/></body>";
	xmlDocPtr doc = xmlReadMemory(page, sizeof(page) - 1, NULL, "UTF-8", 0);
	struct theme *t;
	struct buf out;
	struct err e;

	(void)state;
	assert_int_equal(load("<rule match='//p' style='y:2'/>\n"
			      "<rule match=\"//p[@class='a']\" style='z:3'/>\n"
			      "<rule match='//none' style='q:4'/>",
			     &t, &e),
	    0);
	assert_int_equal(theme_apply(t, doc, &e), 0);
	buf_init(&out, 1000);
	assert_int_equal(template_save_html(doc, &out, &e), 0);
	assert_string_equal(out.data,
	    "<!DOCTYPE html>\n<body><p class=\"a\" style=\"x:1;y:2;z:3\">1</p>"
	    "<p style=\"y:2\">2</p><i></i></body>\n");
	buf_done(&out);
	theme_free(t);
	xmlFreeDoc(doc);
}

static void
bad_rules_are_refused(void **state)
{
	static const struct {
		const char *rules;
		const char *why;
	} wrong[] = {
		{ "\n<rule match='//p[' style='x'/>",
		    "line 3: \"//p[\" cannot be computed" },
		{ "<rule match='//p'/>", "rules with match and style" },
		{ "<rul match='//p' style='x'/>", "rules with match and" },
		{ "<rule match='1' style='x'/>", "that is no element" },
		{ "<rule", "line 2: " },
	};
	struct theme *t;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(load(wrong[i].rules, &t, &e), -1);
		assert_non_null(strstr(e.text, wrong[i].why));
	}
	assert_int_equal(theme_load("/nonexistent", &t, &e), -1);
	assert_non_null(strstr(e.text, "/nonexistent"));
}

static void
attributes_are_no_elements(void **state)
{
	static const char page[] = "<p class='a'/>";
	xmlDocPtr doc = xmlReadMemory(page, sizeof(page) - 1, NULL, "UTF-8", 0);
	struct theme *t;
	struct err e;

	(void)state;
	assert_int_equal(load("<rule match='//@*' style='y'/>", &t, &e), 0);
	assert_int_equal(theme_apply(t, doc, &e), -1);
	assert_non_null(strstr(e.text, "\"//@*\""));
	theme_free(t);
	xmlFreeDoc(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(styles_are_appended_in_order),
		cmocka_unit_test(bad_rules_are_refused),
		cmocka_unit_test(attributes_are_no_elements),
	};

	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
