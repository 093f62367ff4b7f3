#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "composer/edition/markdown.h"
#include "composer/template/template.h"

/* The text as XHTML, without what stands around it. */
static const char *
rendered(const char *text)
{
	static char result[4096];
	xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr x = xmlNewDocNode(doc, NULL, (const xmlChar *)"b", NULL);
	struct buf out;
	struct err e;

	(void)xmlDocSetRootElement(doc, x);
	assert_int_equal(markdown_render(text, x, &e), 0);
	buf_init(&out, sizeof(result) - 1);
	assert_int_equal(template_save_html(doc, &out, &e), 0);
	/* <!DOCTYPE html>\n<b> ... </b>\n */
	(void)snprintf(result, sizeof(result), "%.*s", (int)out.len - 24,
	    out.data + 19);
	buf_done(&out);
	xmlFreeDoc(doc);
	return result;
}

struct example {
	const char *text;
	const char *html;
};

static void
check(const struct example *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_string_equal(rendered(x[i].text), x[i].html);
}
#define CHECK(x) check(x, sizeof(x) / sizeof((x)[0]))

static void
the_six_rules(void **state)
{
	static const struct example examples[] = {
		{ "One\ntwo\n\nthree  \nfour",
		    "<p>One\ntwo</p><p>three<br />four</p>" },
		{ "- a\n- b\n", "<ul><li>a</li><li>b</li></ul>" },
		{ "- a\n\n- b\n",
		    "<ul><li><p>a</p></li><li><p>b</p></li></ul>" },
		{ "3. a\n4. b\n", "<ol start=\"3\"><li>a</li><li>b</li></ol>" },
		{ "1. a\n   - b\n", "<ol><li>a<ul><li>b</li></ul></li></ol>" },
		{ "[site](https://a.example/?x=1&y=2)",
		    "<p><a href=\"https://a.example/?x=1&amp;y=2\">site</a></p>" },
		{ "[mail](mailto:a@b.example)",
		    "<p><a href=\"mailto:a@b.example\">mail</a></p>" },
		{ "**bold** and *more*",
		    "<p><strong>bold</strong> and <em>more</em></p>" },
		{ "> said", "<blockquote><p>said</p></blockquote>" },
		{ "", "" },
	};

	(void)state;
	CHECK(examples);
}

static void
the_rest_keeps_its_words(void **state)
{
	static const struct example examples[] = {
		{ "# Head\n\nText\n====\n", "<p>Head</p><p>Text</p>" },
		{ "![a *picture*](https://a.example/x.png)",
		    "<p>a <em>picture</em></p>" },
		{ "`code` here", "<p>code here</p>" },
		{ "    a < b\n    c\n", "<p>a &lt; b<br />c</p>" },
		{ "```sh\nrm\n```\n", "<p>rm</p>" },
		{ "| a | b |\n|---|---|\n| 1 | 2 |",
		    "<p>| a | b |\n|---|---|\n| 1 | 2 |</p>" },
		{ "a\n\n---\n\nb", "<p>a</p><p>b</p>" },
	};

	(void)state;
	CHECK(examples);
}

static void
html_is_text(void **state)
{
	static const struct example examples[] = {
		{ "<script>alert(1)</script>",
		    "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" },
		{ "a <b onclick='x()'>c</b>",
		    "<p>a &lt;b onclick='x()'&gt;c&lt;/b&gt;</p>" },
		{ "<!-- x -->\n\n&lt;i&gt; {{7*7}} %s ]]>",
		    "<p>&lt;!-- x --&gt;</p><p>&lt;i&gt; {{7*7}} %s ]]&gt;</p>" },
	};

	(void)state;
	CHECK(examples);
}

static void
links_lead_where_they_may(void **state)
{
	static const struct example examples[] = {
		{ "[x](javascript:alert(1))", "<p>x</p>" },
		{ "[x](JaVaScRiPt:alert(1))", "<p>x</p>" },
		{ "[x](http://a.example)", "<p>x</p>" },
		{ "[x](data:text/html,y)", "<p>x</p>" },
		{ "[x](/relative)", "<p>x</p>" },
		{ "[x](&#106;avascript:1)", "<p>x</p>" },
		{ "[x](<https://a.example/ b>)", "<p>x</p>" },
		{ "[x](https://a.example/\"y)", "<p>x</p>" },
		{ "<https://a.example/>",
		    "<p><a href=\"https://a.example/\">https://a.example/</a></p>" },
		{ "[**x**](ftp://a.example)", "<p><strong>x</strong></p>" },
	};

	(void)state;
	CHECK(examples);
	assert_true(markdown_url_fits("HTTPS://a.example"));
	assert_false(markdown_url_fits("https:/a.example"));
	assert_false(markdown_url_fits("https://a.example/\n"));
	assert_true(markdown_url_fits("https://a.example/caf\xc3\xa9"));
}

static size_t
deepest(const xmlNode *x)
{
	size_t most = 0;

	for (; x != NULL; x = x->next) {
		size_t n = 1 + deepest(x->children);

		most = n > most ? n : most;
	}
	return most;
}

static void
limits_hold(void **state)
{
	static const char *const nests[] = { ">", "- ", "*a **b ", "[" };
	char *text = malloc(MARKDOWN_MAX + 2);
	struct err e;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
		xmlNodePtr x = xmlNewNode(NULL, (const xmlChar *)"b");
		size_t n = 0, len = strlen(nests[i]);

		for (; n + len + 1 < 20000; n += len)
			memcpy(text + n, nests[i], len);
		memcpy(text + n, "x", 2);
		assert_int_equal(markdown_render(text, x, &e), 0);
		assert_true(deepest(x) <= MARKDOWN_DEPTH_MAX + 4);
		xmlFreeNode(x);
	}
	memset(text, 'a', MARKDOWN_MAX + 1);
	text[MARKDOWN_MAX + 1] = '\0';
	assert_int_equal(markdown_render(text, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(markdown_words(text), 0);
	free(text);
}

static void
words_are_counted(void **state)
{
	static const struct {
		const char *text;
		size_t words;
	} examples[] = {
		{ "", 0 },
		{ "Eén twee \xe2\x80\x93 drie - vier.", 4 },
		{ "- a\n- b\n\n> c\n\n# d\n", 4 },
		{ "[two words](https://not.counted.example/)", 2 },
		{ "**half**way", 1 },
		{ "one  \ntwo", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		assert_int_equal(markdown_words(examples[i].text),
		    examples[i].words);
}

static void
collect(void *arg, const char *url)
{
	struct buf *b = arg;

	(void)buf_addf(b, "%s ", url);
}

static void
links_are_collected(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	markdown_each_link(
	    "[a](https://a.example/) and\n\n- <mailto:b@c.example>"
	    "\n- [d](http://d.example) `[e](https://e.example)`",
	    collect, &b);
	assert_string_equal(b.data,
	    "https://a.example/ mailto:b@c.example http://d.example ");
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_six_rules),
		cmocka_unit_test(the_rest_keeps_its_words),
		cmocka_unit_test(html_is_text),
		cmocka_unit_test(links_lead_where_they_may),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(words_are_counted),
		cmocka_unit_test(links_are_collected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
