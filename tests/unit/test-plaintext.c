#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <libxml/parser.h>

#include "base/buf.h"
#include "base/err.h"
#include "composer/template/plaintext.h"

#define LINE72 \
	"-----------------------------------------------------------------" \
	"-------"

static int
write_text(const char *inner, struct buf *out, struct err *e)
{
	struct buf xml;
	xmlDocPtr doc;
	int rc;

	buf_init(&xml, 1 << 20);
	assert_int_equal(buf_addf(&xml, "<body>%s</body>", inner), 0);
	doc = xmlReadMemory(xml.data, (int)xml.len, NULL, "UTF-8",
	    XML_PARSE_NONET | XML_PARSE_HUGE);
	assert_non_null(doc);
	rc = plaintext_write(doc, "nl", out, e);
	xmlFreeDoc(doc);
	buf_done(&xml);
	return rc;
}

struct example {
	const char *inner;
	const char *text;
};

static void
check(const struct example *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf out;
		struct err e;

		buf_init(&out, 100000);
		assert_int_equal(write_text(x[i].inner, &out, &e), 0);
		assert_string_equal(out.data, x[i].text);
		buf_done(&out);
	}
}
#define CHECK(x) check(x, sizeof(x) / sizeof((x)[0]))

static void
blocks_are_separated(void **state)
{
	static const struct example examples[] = {
		{ "", "" },
		{ "<p>One\n  two</p> <p>three<br/>four</p>",
		    "One two\n\nthree\nfour\n" },
		{ "<div>loose <b>run</b><p>block</p>tail</div>",
		    "loose run\n\nblock\n\ntail\n" },
		{ "<p>a</p><hr/><p>b</p>", "a\n\n" LINE72 "\n\nb\n" },
		{ "<p> </p><p><strong>b</strong>, <em>e</em></p>", "b, e\n" },
		{ "<pre>a\n  b\n</pre><p>c</p>", "a\n  b\n\nc\n" },
		{ "<head><title>t</title></head><p>x<script>y</script></p>",
		    "x\n" },
	};

	(void)state;
	CHECK(examples);
}

static void
lists_and_quotes_hang(void **state)
{
	static const struct example examples[] = {
		{ "<p>x</p><ul><li>one</li><li>two</li></ul><p>y</p>",
		    "x\n\n* one\n* two\n\ny\n" },
		{ "<ul><li>one<ul><li>in</li><li>ner<ol><li>deep</li></ol>"
		  "</li></ul></li><li>two</li></ul>",
		    "* one\n  * in\n  * ner\n    1. deep\n* two\n" },
		{ "<ol start='9'><li>nine</li><li>ten</li></ol>",
		    " 9. nine\n10. ten\n" },
		{ "<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>",
		    "* a\n\n  b\n\n* c\n" },
		{ "<ul><li>This item is long enough to need a second line, "
		  "which hangs under the first word of it</li></ul>",
		    "* This item is long enough to need a second line, which "
		    "hangs under the\n  first word of it\n" },
		{ "<p>x</p><blockquote><p>a</p><ul><li>b</li></ul>"
		  "</blockquote><p>y</p>",
		    "x\n\n> a\n>\n> * b\n\ny\n" },
	};

	(void)state;
	CHECK(examples);
}

static void
lines_are_wrapped_at_72(void **state)
{
	static const struct example examples[] = {
		/* 72 columns fit, 73 do not; columns are characters */
		{ "<p>123456789 123456789 123456789 123456789 123456789 "
		  "123456789 123456789 é2</p>",
		    "123456789 123456789 123456789 123456789 123456789 "
		    "123456789 123456789 é2\n" },
		{ "<p>123456789 123456789 123456789 123456789 123456789 "
		  "123456789 123456789 123</p>",
		    "123456789 123456789 123456789 123456789 123456789 "
		    "123456789 123456789\n123\n" },
		/* a slot counts as 40 columns */
		{ "<p>123456789 123456789 123456789 1 &#xE000; x</p>",
		    "123456789 123456789 123456789 1 \xee\x80\x80\nx\n" },
		{ "<p>123456789 123456789 123456789 123 &#xE000; x</p>",
		    "123456789 123456789 123456789 123\n\xee\x80\x80 x\n" },
	};

	(void)state;
	CHECK(examples);
}

static void
links_stand_on_their_own_line(void **state)
{
#define LONG \
	"https://a.example/a/very/long/path/that/does/not/fit/on/one/line/" \
	"of/text/and/goes/on"
	static const struct example examples[] = {
		{ "<p>Read <a href='https://a.example/1'>this</a> and "
		  "<a href='" LONG "'>that one</a>.</p>",
		    "Read this and that one.\nthis:\nhttps://a.example/1\n"
		    "that one:\n" LONG "\n" },
		{ "<p><a href='" LONG "'>Read on</a></p>",
		    "Read on:\n" LONG "\n" },
		{ "<p><a href='#i3'>Item</a> <a>x</a></p>", "Item x\n" },
		{ "<p>See <a href='https://a.example/'>https://a.example/</a>."
		  " Then</p>",
		    "See\nhttps://a.example/\nThen\n" },
		{ "<p>(https://a.example/x).</p>", "https://a.example/x\n" },
		{ "<p>https://a.example/x_(y), z</p>",
		    "https://a.example/x_(y)\nz\n" },
		{ "<p>At https://a.example/x. Bye</p>",
		    "At\nhttps://a.example/x\nBye\n" },
		{ "<p>Mail <a href='mailto:desk%2Bx@a.example?subject=V-1'>"
		  "us</a>.</p>",
		    "Mail us.\nus:\ndesk+x@a.example\n" },
		{ "<p><a href='mailto:desk@a.example'>desk@a.example</a></p>",
		    "desk@a.example\n" },
		{ "<p as='line'><a href='https://a.example/u'>Afmelden:</a>"
		  "</p><p as='line'><a href='" LONG "'>English</a></p>",
		    "Afmelden:  https://a.example/u\nEnglish:\n" LONG "\n" },
		{ "<p as='line'><a href='&#xE000;'>Afmelden</a></p>",
		    "Afmelden:  \xee\x80\x80\n" },
		{ "<ul><li><a href='https://a.example/'>x</a></li></ul>",
		    "* x:\n  https://a.example/\n" },
	};

	(void)state;
	CHECK(examples);
}

static void
styles_are_drawn(void **state)
{
	static const struct example examples[] = {
		{ "<h1 as='title'>Nieuwsbrief café</h1><p as='line'>10 "
		  "december</p><h2 as='contents'>In dit nummer</h2>"
		  "<p>x</p><h2 as='section'>Zorg</h2><h3 as='item'>1. Kop</h3>",
		    "NIEUWSBRIEF CAFÉ\n10 december\n\nIN DIT NUMMER\n"
		    "-------------\n\nx\n\nZORG\n====\n\n1. Kop\n" },
		{ "<h2 as='title'>ijs</h2><h2 as='title' lang='tr'>i</h2>",
		    "IJS\n\nİ\n" },
		{ "<h2 as='bar'>Nederlands</h2>",
		    "=== NEDERLANDS ======================================="
		    "==================\n" },
		{ "<p as='label'>Only in <b>Dutch</b></p>"
		  "<p>A <span as='label'>new</span> one</p>",
		    "[Only in Dutch]\n\nA [new] one\n" },
		{ "<p>x</p><div as='signature'><p>a</p><p>b</p></div>",
		    "x\n\n-- \na\n\nb\n" },
		{ "<p>x</p><hr as='signature'/><p>a</p>", "x\n\n-- \na\n" },
	};
	struct buf out;
	struct err e;

	(void)state;
	CHECK(examples);
	buf_init(&out, 100);
	assert_int_equal(write_text("<p as='big'>x</p>", &out, &e), -1);
	assert_string_equal(e.text, "The text style as=\"big\" is unknown");
	buf_done(&out);
}

static void
limits_hold(void **state)
{
	struct buf in, out;
	struct err e;

	(void)state;
	buf_init(&in, 1 << 20);
	for (int i = 0; i < 200; i++)
		(void)buf_adds(&in, "<blockquote>");
	(void)buf_adds(&in, "x");
	for (int i = 0; i < 200; i++)
		(void)buf_adds(&in, "</blockquote>");
	buf_init(&out, 100000);
	assert_int_equal(write_text(in.data, &out, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_done(&out);
	buf_init(&out, 10);
	assert_int_equal(write_text("<p>more than ten</p>", &out, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_done(&out);
	buf_clear(&in);
	for (int i = 0; i <= PLAINTEXT_LINKS_MAX; i++)
		(void)buf_adds(&in, "<a href='https://a.example/'>x</a> ");
	buf_init(&out, 100000);
	assert_int_equal(write_text(in.data, &out, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	buf_done(&out);
	buf_done(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_separated),
		cmocka_unit_test(lists_and_quotes_hang),
		cmocka_unit_test(lines_are_wrapped_at_72),
		cmocka_unit_test(links_stand_on_their_own_line),
		cmocka_unit_test(styles_are_drawn),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests_name("plaintext", tests, NULL, NULL);
}
