#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libxml/parser.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/err.h"
#include "composer/template/template.h"

#define THREADS 8
#define NS \
	" xmlns='http://www.w3.org/1999/xhtml'" \
	" xmlns:t='urn:x-tweeluik:template'"

#define AT "The template t.xhtml has an error on line "

static char dir[] = "/tmp/tweeluik-template-XXXXXX";

static const char data_xml[] =
    "<d lang='nl' n='1204' when='2026-12-10T10:00:00+01:00'>"
    "<name>Tom &amp; &lt;script&gt;alert(1)&lt;/script&gt;</name>"
    "<list name='A'><item>1</item><item>2</item></list>"
    "<list name='B'><item>3</item></list>"
    "<url>javascript:alert(1)</url><link>https://a.example/?a=1&amp;b=2</link>"
    "<body><p onclick='x()' class='c'>rich <em>text</em>"
    "<script>bad()</script><svg xmlns='http://www.w3.org/2000/svg'/></p></body>"
    "</d>";

static const char nl_po[] =
    "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n"
    "msgid \"Welcome\"\nmsgstr \"Welkom\"\n"
    "msgctxt \"door\"\nmsgid \"Welcome\"\nmsgstr \"Kom binnen\"\n"
    "msgid \"Read <a>the latest issue</a> of <b/>, {who}.\"\n"
    "msgstr \"{who}, van <b/> kunt u <a>het nummer</a> lezen.\"\n"
    "msgid \"{n} reader\"\nmsgid_plural \"{n} readers\"\n"
    "msgstr[0] \"{n} lezer\"\nmsgstr[1] \"{n} lezers\"\n"
    "msgid \"Hostile <a>link</a>\"\n"
    "msgstr \"<script>x()</script><a>een</a><a>twee</a> {n} & </b>\"\n"
    "msgid \"Logo of {who}\"\nmsgstr \"Logo van {who}\"\n";

static void
put_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	assert_int_equal(fclose(f), 0);
}

static int
set_up(void **state)
{
	char command[512];
	struct err e;

	(void)state;
	xmlInitParser();
	assert_non_null(mkdtemp(dir));
	put_file("nl.po", nl_po);
	(void)snprintf(command, sizeof(command),
	    "mkdir -p %s/C.UTF-8/LC_MESSAGES && "
	    "msgfmt -o %s/C.UTF-8/LC_MESSAGES/tweeluik-nl.mo %s/nl.po",
	    dir, dir, dir);
	assert_int_equal(system(command), 0);
	return catalogue_init(dir, &e);
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static xmlDocPtr
read_data(void)
{
	return xmlReadMemory(data_xml, sizeof(data_xml) - 1, NULL, "UTF-8",
	    XML_PARSE_NONET);
}

/* The template <body>inner</body> in a medium and language, or the error. */
static char *
rendered(const char *inner, const char *lang, enum template_medium medium)
{
	static char result[4096];
	struct template *t = NULL;
	xmlDocPtr data = read_data(), doc = NULL;
	struct buf out;
	struct err e = { .kind = ERR_NONE };

	(void)snprintf(result, sizeof(result), "<body" NS ">%s</body>", inner);
	put_file("t.xhtml", result);
	buf_init(&out, sizeof(result) - 1);
	if (template_load(dir, "t.xhtml", &t, &e) == -1 ||
	    template_render(t, data, lang, medium, &doc, &e) == -1 ||
	    template_save_html(doc, &out, &e) == -1)
		(void)snprintf(result, sizeof(result), "%s", e.text);
	else /* without <!DOCTYPE html>\n<body> and </body>\n */
		(void)snprintf(result, sizeof(result), "%.*s",
		    (int)out.len - 30, out.data + 22);
	buf_done(&out);
	xmlFreeDoc(doc);
	xmlFreeDoc(data);
	template_free(t);
	return result;
}

struct example {
	const char *inner;
	const char *result;
};

static void
check(const struct example *x, size_t n, const char *lang,
    enum template_medium medium)
{
	for (size_t i = 0; i < n; i++)
		assert_string_equal(rendered(x[i].inner, lang, medium),
		    x[i].result);
}
#define CHECK(x, lang, medium) \
	check(x, sizeof(x) / sizeof((x)[0]), lang, medium)

static void
attributes_fill_the_page(void **state)
{
	static const struct example html[] = {
		{ "<i t:text='name'>sample</i>",
		    "<i>Tom &amp; &lt;script&gt;alert(1)&lt;/script&gt;</i>" },
		{ "<i t:if='name'/><b t:if='nobody'/>", "<i></i>" },
		{ "<i t:each='list'><b t:each='item' "
		  "t:text=\"concat(../@name, ., position(), last())\"/>"
		  "<s t:text='position()'/></i>",
		    "<i><b>A112</b><b>A222</b><s>1</s></i>"
		    "<i><b>B311</b><s>2</s></i>" },
		{ "<a href='x' t:attr-href='link' t:attr-rel='nobody' "
		  "t:attr-hidden='false()' t:attr-download='true()'/>",
		    "<a href=\"https://a.example/?a=1&amp;b=2\" "
		    "download=\"download\"></a>" },
		{ "<a t:attr-href='url'/>", "<a></a>" },
		{ "<t:block t:each='list'><br/></t:block>", "<br /><br />" },
		{ "<div t:strip='yes'><br/></div>", "<br />" },
		{ "<i t:only='text'/><b t:only='html' t:as='title'/>",
		    "<b></b>" },
		{ "<div t:copy='body'/>",
		    "<div><p class=\"c\">rich <em>text</em></p></div>" },
		{ "<!-- gone --><!--[if true]><td><![endif]--><!--<![endif]-->",
		    "<!--[if true]><td><![endif]--><!--<![endif]-->" },
		{ "<p>\n\n  <br/>  </p><pre translate='no'>a\n  b</pre>",
		    "<p>\n<br /> </p><pre translate=\"no\">\na\n  b</pre>" },
		{ "<i t:text='t:number(@n)'/><i t:text='t:date(@when)'/>"
		  "<i t:text=\"t:date(@when, 'moment')\"/>"
		  "<i t:text=\"t:date('2026-01-02', 'short')\"/>",
		    "<i>1,204</i><i>Thursday 10 December 2026</i>"
		    "<i>Thursday 10 December 2026, 10:00</i>"
		    "<i>2 January</i>" },
		{ "<style>a &gt; b { c: \"d\" }</style>",
		    "<style>a > b { c: \"d\" }</style>" },
	};
	static const struct example text[] = {
		{ "<i t:only='text'/><b t:only='html'/><s t:as='title'/>",
		    "<i></i><s as=\"title\"></s>" },
		{ "<!--[if true]><![endif]-->", "" },
	};

	(void)state;
	CHECK(html, "en", TEMPLATE_HTML);
	CHECK(text, "en", TEMPLATE_TEXT);
}

static void
sentences_are_translated(void **state)
{
	static const struct example nl[] = {
		{ "<h1>Welcome</h1>", "<h1>Welkom</h1>" },
		{ "<h1 t:context='door'>Welcome</h1>", "<h1>Kom binnen</h1>" },
		{ "<p t:with-who='name'>Read <a href='u'>the\n latest issue</a>"
		  " of <b t:text=\"'&lt;a>'\">X</b>, {who}.</p>",
		    "<p>Tom &amp; &lt;script&gt;alert(1)&lt;/script&gt;, van "
		    "<b>&lt;a&gt;</b> kunt u <a href=\"u\">het nummer</a> "
		    "lezen.</p>" },
		{ "<p t:n='@n' t:plural='{n} readers'>{n} reader</p>"
		  "<p t:n='1' t:plural='{n} readers'>{n} reader</p>",
		    "<p>1.204 lezers</p><p>1 lezer</p>" },
		{ "<p>Hostile <a href='u'>link</a></p>",
		    "<p>&lt;script&gt;x()&lt;/script&gt;<a href=\"u\">een</a>"
		    "&lt;a&gt;twee&lt;/a&gt; {n} &amp; &lt;/b&gt;</p>" },
		{ "<p t:with-who='1'>Read <a t:if='nobody'>the latest "
		  "issue</a> of <b t:text='2'/>, {who}.</p>",
		    "<p>1, van <b>2</b> kunt u  lezen.</p>" },
		{ "<img alt='Logo of {who}' t:with-who='7'/>",
		    "<img alt=\"Logo van 7\" />" },
		{ "<input type='submit' value='Welcome'/>"
		  "<input type='text' value='Welcome'/>",
		    "<input type=\"submit\" value=\"Welkom\" />"
		    "<input type=\"text\" value=\"Welcome\" />" },
		{ "<p translate='no'>Welcome</p>",
		    "<p translate=\"no\">Welcome</p>" },
		{ "<div><p t:lang=\"'en'\">Welcome</p><p>Welcome</p></div>",
		    "<div><p lang=\"en\">Welcome</p><p>Welkom</p></div>" },
		{ "<i t:lang=\"'en'\" t:text='t:lang()'/>"
		  "<i t:text=\"concat(t:lang(), t:tr('Welcome'))\"/>",
		    "<i lang=\"en\">en</i><i>nlWelkom</i>" },
		{ "<i t:text='t:number(@n)'/>"
		  "<i t:text=\"t:date(@when, 'moment')\"/>",
		    "<i>1.204</i>"
		    "<i>donderdag 10 december 2026, 10.00 uur</i>" },
		{ "<p>Never translated <br/> {x-y</p>",
		    "<p>Never translated <br /> {x-y</p>" },
	};

	(void)state;
	CHECK(nl, "nl", TEMPLATE_HTML);
}

static void
errors_name_file_and_line(void **state)
{
	static const struct example wrong[] = {
		{ "<p\n t:iff='a'/>",
		    AT "2: The attribute t:iff=\"a\" is unknown" },
		{ "\n<p t:if='a['/>",
		    AT "2: \"a[\" cannot be computed (not well formed)" },
		{ "<p t:text='$x'/>",
		    AT "1: \"$x\" cannot be computed (unknown variable)" },
		{ "<p t:text='no()'/>",
		    AT "1: \"no()\" cannot be computed (unknown "
		       "function)" },
		{ "<p t:each=\"'a'\"/>", AT "1: \"'a'\" selects no nodes" },
		{ "<p>Hello {x}</p>", AT "1: {x} has no t:with-x" },
		{ "<p t:attr-onclick='a'/>",
		    AT "1: The attribute onclick must not be computed" },
		{ "<p t:attr-style='a'/>",
		    AT "1: The attribute style must not be computed" },
		{ "<script t:text='a'/>",
		    AT "1: A script or style must not be computed" },
		{ "<div>Loose <p/></div>",
		    AT "1: The text beside <p> needs an element of its own" },
		{ "<p t:n='1'>Few</p>",
		    AT "1: t:plural and t:n belong together" },
		{ "<svg xmlns='http://www.w3.org/2000/svg'/>",
		    AT "1: The element svg is unknown" },
		{ "<p t:lang='nobody'/>",
		    AT "1: t:lang=\"nobody\" gives no language" },
		{ "<p t:text='t:date(name)'/>",
		    AT "1: \"t:date(name)\" cannot be computed (t:date() was "
		       "given something that is no date)" },
		{ "<p t:text=\"t:date('', 'x')\"/>",
		    AT "1: \"t:date('', 'x')\" cannot be computed (t:date() "
		       "knows \"day\", \"moment\", \"short\", \"time\")" },
		{ "<t:block t:include='../x'/>",
		    AT "1: The template name ../x is not allowed" },
		{ "<style>&lt;/style></style>",
		    "A script or style cannot hold markup" },
	};

	(void)state;
	CHECK(wrong, "nl", TEMPLATE_HTML);
	assert_non_null(strstr(rendered("<p>&nbsp;</p>", "nl", TEMPLATE_HTML),
	    "t.xhtml, line 1: Entity 'nbsp' not defined"));
}

static void
hostile_expressions_end(void **state)
{
	char inner[3000] = "";

	(void)state;
	for (int i = 0; i < 8; i++)
		(void)strcat(inner, "count(//node()[");
	(void)strcat(inner, "1");
	for (int i = 0; i < 8; i++)
		(void)strcat(inner, " > 0])");
	char page[4000];
	(void)snprintf(page, sizeof(page), "<p t:if='%s'/>", inner);
	assert_non_null(
	    strstr(rendered(page, "nl", TEMPLATE_HTML), "too much work"));
	page[0] = '\0';
	for (int i = 0; i < 4; i++)
		(void)strcat(page, "<t:block t:each='//node()|//@*'><br/>");
	for (int i = 0; i < 4; i++)
		(void)strcat(page, "</t:block>");
	assert_string_equal(rendered(page, "nl", TEMPLATE_HTML),
	    AT "1: The page becomes too large");
	inner[0] = '\0';
	for (int i = 0; i < TEMPLATE_DEPTH_MAX; i++)
		(void)strcat(inner, "<b>");
	for (int i = 0; i < TEMPLATE_DEPTH_MAX; i++)
		(void)strcat(inner, "</b>");
	assert_non_null(
	    strstr(rendered(inner, "nl", TEMPLATE_HTML), "nested too deep"));
}

static void
includes_are_resolved(void **state)
{
	(void)state;
	put_file("part.xhtml",
	    "<t:block" NS ">\n<b t:text='.'/><i>Welcome</i></t:block>");
	assert_string_equal(rendered("<p t:each='//item[. > 1]' "
				     "t:include='part.xhtml'/>",
				"nl", TEMPLATE_HTML),
	    "\n<b>2</b><i>Welkom</i>\n<b>3</b><i>Welkom</i>");
	put_file("loop.xhtml", "<t:block" NS " t:include='loop.xhtml'/>");
	assert_non_null(
	    strstr(rendered("<p t:include='loop.xhtml'/>", "nl", TEMPLATE_HTML),
		"has an error"));
	put_file("part.xhtml", "<t:block" NS ">\n<b t:if='['/></t:block>");
	assert_non_null(
	    strstr(rendered("<p t:include='part.xhtml'/>", "nl", TEMPLATE_HTML),
		"The template part.xhtml has an error on line 2: "));
	assert_non_null(
	    strstr(rendered("<p t:include='none.xhtml'/>", "nl", TEMPLATE_HTML),
		"none.xhtml"));
}

static void
body_gets_both_languages(void **state)
{
	struct template *t;
	xmlDocPtr data = read_data(), doc;
	struct buf out;
	struct err e;

	(void)state;
	put_file("t.xhtml",
	    "<html" NS " lang='en' t:lang='@lang'><body t:lang='@lang'/>"
	    "</html>");
	buf_init(&out, 1000);
	assert_int_equal(template_load(dir, "t.xhtml", &t, &e), 0);
	assert_int_equal(template_render(t, data, "en", TEMPLATE_HTML, &doc,
			     &e),
	    0);
	assert_int_equal(template_save_html(doc, &out, &e), 0);
	assert_string_equal(out.data,
	    "<!DOCTYPE html>\n<html lang=\"nl\">"
	    "<body lang=\"nl\" xml:lang=\"nl\"></body></html>\n");
	buf_done(&out);
	xmlFreeDoc(doc);
	xmlFreeDoc(data);
	template_free(t);
}

static void
collect_message(void *arg, const struct template_message *m)
{
	(void)buf_addf(arg, "%d %s|%s|%s|%s\n", m->line,
	    m->context != NULL ? m->context : "", m->msgid,
	    m->plural != NULL ? m->plural : "", m->note != NULL ? m->note : "");
}

static void
messages_are_what_is_looked_up(void **state)
{
	struct template *t;
	struct buf out;
	struct err e;

	(void)state;
	put_file("t.xhtml",
	    "<body" NS ">\n<h1 t:context='c' t:note='n'>One &amp; <b>two</b>\n"
	    " <i t:text='x'>three</i></h1>\n"
	    "<p t:n='1' t:plural='{n} As'>{n} A <a title='T' href='#'>B</a></p>"
	    "<p translate='no'>No</p><p><a>Only</a> 1.</p>"
	    "<script>var x</script></body>");
	assert_int_equal(template_load(dir, "t.xhtml", &t, &e), 0);
	buf_init(&out, 1000);
	template_each_message(t, collect_message, &out);
	assert_string_equal(out.data,
	    "2 c|One & <b>two</b> <i/>||n\n"
	    "4 |{n} A <a>B</a>|{n} As|\n"
	    "4 |T||\n"
	    "4 |Only||\n");
	buf_done(&out);
	template_free(t);
}

struct shared {
	const struct template *t;
	xmlDocPtr data;
	const char *expected[2];
};

static void *
render_often(void *arg)
{
	static const char *const langs[] = { "nl", "en" };
	const struct shared *s = arg;
	intptr_t wrong = 0;

	for (int i = 0; i < 200; i++) {
		xmlDocPtr doc;
		struct buf out;
		struct err e;

		buf_init(&out, 10000);
		if (template_render(s->t, s->data, langs[i % 2], TEMPLATE_HTML,
			&doc, &e) == -1) {
			wrong++;
			continue;
		}
		if (template_save_html(doc, &out, &e) == -1 ||
		    strstr(out.data, s->expected[i % 2]) == NULL)
			wrong++;
		buf_done(&out);
		xmlFreeDoc(doc);
	}
	return (void *)wrong;
}

static void
threads_share_a_template(void **state)
{
	struct shared s = { .data = read_data(),
		.expected = { "<h1>Welkom</h1><i>10 december</i>",
		    "<h1>Welcome</h1><i>10 December</i>" } };
	pthread_t threads[THREADS];
	struct template *t;
	struct err e;
	void *wrong;

	(void)state;
	put_file("t.xhtml",
	    "<body" NS "><t:block t:each='//item'><h1>Welcome</h1>"
	    "<i t:text=\"t:date(/d/@when, 'short')\"/></t:block></body>");
	assert_int_equal(template_load(dir, "t.xhtml", &t, &e), 0);
	s.t = t;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, render_often,
				     &s),
		    0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	template_free(t);
	xmlFreeDoc(s.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_fill_the_page),
		cmocka_unit_test(sentences_are_translated),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(hostile_expressions_end),
		cmocka_unit_test(includes_are_resolved),
		cmocka_unit_test(body_gets_both_languages),
		cmocka_unit_test(messages_are_what_is_looked_up),
		cmocka_unit_test(threads_share_a_template),
	};

	return cmocka_run_group_tests_name("template", tests, set_up,
	    tear_down);
}
