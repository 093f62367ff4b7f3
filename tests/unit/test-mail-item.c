#include "tests/unit/mail_items.h"

#include <string.h>

#include "base/text.h"

struct example {
	const char *mail;
	const char *title, *body;
	const char *left_out; /* names and bytes, "" for none */
};

static const char *
left_out(const struct mail_item *m)
{
	const char *all = "";

	for (size_t i = 0; i < m->nleft_out; i++)
		all = arena_printf(&arena, "%s%s%s:%zu", all, i > 0 ? " " : "",
		    m->left_out[i].name, m->left_out[i].bytes);
	return all;
}

static void
check(const struct example *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct mail_item m = read_mail(x[i].mail, strlen(x[i].mail));

		assert_string_equal(m.title, x[i].title);
		assert_string_equal(m.body, x[i].body);
		assert_string_equal(left_out(&m),
		    x[i].left_out != NULL ? x[i].left_out : "");
	}
}
#define CHECK(x) check(x, sizeof(x) / sizeof((x)[0]))

/*
 * The head
 */
static void
the_subject_is_the_title(void **state)
{
	static const struct example mails[] = {
		{ HEAD "Controle in bussen\n\nTekst", "Controle in bussen",
		    "Tekst", NULL },
		{ HEAD "RE: Antw: FW: [EXTERN] Controle\n\nTekst", "Controle",
		    "Tekst", NULL },
		{ HEAD "=?utf-8?Q?Caf=C3=A9?= =?iso-8859-1?B?IOlu?=\n\nTekst",
		    "Caf\u00e9 \u00e9n", "Tekst", NULL },
		{ HEAD " =?utf-8?Q?A=0A=09B=E2=80=AEC?=\n\nTekst", "A BC",
		    "Tekst", NULL },
		{ HEAD "\n\n- Eerste regel.\nMeer.", "Eerste regel.",
		    "- Eerste regel.\\\n  Meer.", NULL },
		{ HEAD "Regel\n\n", "Regel", "", NULL },
	};

	(void)state;
	CHECK(mails);
}

static void
a_long_title_is_cut(void **state)
{
	char mail[2000] = HEAD;
	struct mail_item m;

	(void)state;
	for (int i = 0; i < 400; i++)
		strncat(mail, "\u00e9", sizeof(mail) - strlen(mail) - 1);
	strncat(mail, "\n\nx", sizeof(mail) - strlen(mail) - 1);
	m = read_mail(mail, strlen(mail));
	assert_int_equal(strlen(m.title), 299);
	assert_string_equal(m.title + 296, "...");
	assert_int_equal(text_length(m.title), 151);
}

static void
who_it_is_from(void **state)
{
	static const struct {
		const char *mail, *from;
	} mails[] = {
		{ "From: Jan <jan@zorg.example>\n\nx", "jan@zorg.example" },
		{ "From: \"Jan\n Jansen\" <Jan@Zorg.example>\n\nx",
		    "Jan@Zorg.example" },
		{ "From: jan@zorg.example, piet@zorg.example\n\nx", "" },
		{ "From: jan@zorg.example\nFrom: piet@zorg.example\n\nx", "" },
		{ "From: groep: jan@zorg.example;\n\nx", "" },
		{ "Subject: x\n\nx", "" },
		{ "From jan@mbox.example Mon Nov 24\nFrom: a@zorg.example\n\nx",
		    "a@zorg.example" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++)
		assert_string_equal(read_mail(mails[i].mail,
					strlen(mails[i].mail))
					.from,
		    mails[i].from);
}

/*
 * Plain text
 */
static void
plain_text_keeps_its_shape(void **state)
{
	static const struct example mails[] = {
		/* Broken at 72 columns: one paragraph. */
		{ HEAD
		    "x\n\n"
		    "De gemeente heeft besloten dat de opvang in de Dorpsstraat"
		    " open blijft\ntot het voorjaar. Wie een bed zoekt kan "
		    "bellen.\n\nTweede alinea.\n",
		    "x",
		    "De gemeente heeft besloten dat de opvang in de Dorpsstraat"
		    " open blijft\ntot het voorjaar. Wie een bed zoekt kan "
		    "bellen.\n\nTweede alinea.",
		    NULL },
		/* Lines that are meant. */
		{ HEAD "x\n\nStichting Opvang\nDorpsstraat 1\n1234 AB Dorp\n",
		    "x", "Stichting Opvang\\\nDorpsstraat 1\\\n1234 AB Dorp",
		    NULL },
		/* Long lines: each is a paragraph or meant. */
		{ HEAD "x\n\nEen alinea zonder afbreken, die langer is dan "
		       "tachtig tekens, zoals een telefoon die schrijft.\nEn "
		       "nog een.\n",
		    "x",
		    "Een alinea zonder afbreken, die langer is dan tachtig "
		    "tekens, zoals een telefoon die schrijft.\\\nEn nog een.",
		    NULL },
		/* Lists. */
		{ HEAD "x\n\nNeem mee:\n\u2022 paspoort\n* pasfoto\n- geld\n\n"
		       "1. bel\n2. kom\n",
		    "x",
		    "Neem mee:\n\n- paspoort\n- pasfoto\n- geld\n\n1. bel\n"
		    "2. kom",
		    NULL },
		/* Links. */
		{ HEAD "x\n\nZie https://loket.example/a_b?x=(1). Of "
		       "(https://loket.example), <https://c.example> en "
		       "[hier](https://d.example)",
		    "x",
		    "Zie <https://loket.example/a_b?x=%281%29>. Of "
		    "(<https://loket.example>), <https://c.example> en "
		    "[hier](https://d.example)",
		    NULL },
		{ HEAD "x\n\nhttps://eur01.safelinks.protection.outlook.com/"
		       "?url=https%3A%2F%2Floket.example%2Fa&data=05%7C01\n",
		    "x", "<https://loket.example/a>", NULL },
		/* What nobody may send. */
		{ HEAD "x\n\nA\x01\x02"
		       "B\xef\xbb\xbf\xc2\xadsoft\xe2\x80\xaeturn\xee\x80\x83"
		       "private\xc2\xa0space\n",
		    "x", "ABsoftturnprivate space", NULL },
	};

	(void)state;
	CHECK(mails);
}

static void
flowed_lines_are_put_together(void **state)
{
	static const struct example mails[] = {
		{ HEAD "x\nContent-Type: text/plain; format=flowed\n\n"
		       "Een zin die \nverder gaat.\nNieuwe regel.\n\n"
		       "Tweede \nalinea.\n > geen citaat\n-- \nJan\n",
		    "x",
		    "Een zin die verder gaat.\\\nNieuwe regel.\n\nTweede "
		    "alinea.\\\n> geen citaat",
		    NULL },
		{ HEAD "x\nContent-Type: text/plain; format=flowed; "
		       "delsp=yes\n\nSamen \ngesteld.\n",
		    "x", "Samengesteld.", NULL },
	};

	(void)state;
	CHECK(mails);
}

static void
every_encoding_is_read(void **state)
{
	static const struct example mails[] = {
		{ HEAD "x\nContent-Type: text/plain; charset=iso-8859-1\n"
		       "Content-Transfer-Encoding: quoted-printable\n\n"
		       "Caf=E9 =80 10 zonder=\n kosten\n",
		    "x", "Caf\u00e9 \u20ac 10 zonder kosten", NULL },
		{ HEAD "x\nContent-Type: text/plain; charset=utf-8\n"
		       "Content-Transfer-Encoding: base64\n\n"
		       "RcOpbiByZWdlbC4K\n",
		    "x", "E\u00e9n regel.", NULL },
		{ HEAD "x\n\nCaf\xe9 in Latijn\n", "x", "Caf\u00e9 in Latijn",
		    NULL },
		{ HEAD "x\nContent-Type: text/plain; charset=us-ascii\n\n"
		       "Caf\xc3\xa9\n",
		    "x", "Caf\u00e9", NULL },
		{ HEAD "x\nContent-Type: text/plain; charset=bestaat-niet\n\n"
		       "Tekst\n",
		    "x", "Tekst", NULL },
		{ HEAD "x\nContent-Type: text/plain; charset=utf-16le\n"
		       "Content-Transfer-Encoding: base64\n\nSABvAGkA\n",
		    "x", "Hoi", NULL },
	};

	(void)state;
	CHECK(mails);
}

/*
 * HTML
 */
static void
html_becomes_markdown(void **state)
{
	static const struct example mails[] = {
		{ HEAD "x\n" HTML
		       "<h2>Kop</h2><p>Een <b>vet </b>en <i>schuin</i> woord, "
		       "<a href='https://a.example/x'>een link</a>.</p>"
		       "<ul><li>een<li><p>twee</p><ol><li>a<li>b</ol></ul>"
		       "<blockquote>citaat<p>meer</p></blockquote>",
		    "x",
		    "**Kop**\n\nEen **vet** en *schuin* woord, "
		    "[een link](https://a.example/x).\n\n- een\n- twee\n"
		    "  1. a\n  2. b\n\n> citaat\n>\n> meer",
		    NULL },
		/* Lines of Gmail, paragraphs of Outlook. */
		{ HEAD "x\n" HTML
		       "<div dir=ltr>Een<div>twee</div><div><br></div>"
		       "<div>drie<br></div></div>",
		    "x", "Een\\\ntwee\n\ndrie", NULL },
		{ HEAD
		    "x\n" HTML "<p class=MsoNormal>Een<o:p></o:p></p>"
		    "<p class=MsoNormal><o:p>&nbsp;</o:p></p>"
		    "<p class=MsoListParagraph><span style='mso-list:Ignore'>"
		    "\u00b7<span>&nbsp; </span></span>punt</p>"
		    "<p class=MsoListParagraphCxSpLast><span style="
		    "'mso-list: Ignore'>2.<span>&nbsp;</span></span>twee</p>",
		    "x", "Een\n\n- punt\n2. twee", NULL },
		/* Words that would be Markdown. */
		{ HEAD "x\n" HTML
		       "<p># 5 * 3 [x] a_b _c_ &lt;b&gt; &amp;amp; 1\\2</p>"
		       "<p>1. geen lijst</p><p>- ook niet</p>",
		    "x",
		    "\\# 5 \\* 3 \\[x\\] a_b \\_c\\_ \\<b> \\&amp; 1\\\\2\n\n"
		    "1\\. geen lijst\n\n\\- ook niet",
		    NULL },
		/* Tables: of data a line a row, of layout their words. */
		{ HEAD "x\n" HTML
		       "<table><tr><th>Dag<th>Tijd<tr><td>ma<td>9.00</table>"
		       "<table><tr><td><h1>Kop</h1><td><p>Tekst</table>",
		    "x", "Dag | Tijd\\\nma | 9.00\n\n**Kop**\n\nTekst", NULL },
		/* Links. */
		{ HEAD "x\n" HTML
		       "<a href=https://a.example/>www.x.example</a> "
		       "<a href=https://a.example/>a.example</a> "
		       "<a href='javascript:x()'>fout</a> <a href='/pad'>pad"
		       "</a> <a href='mailto:a@b.example'>a@b.example</a> "
		       "<a href=https://b.example><img alt='Meld aan'></a>"
		       "<a href=https://c.example><img></a> "
		       "https://d.example/x.",
		    "x",
		    "[www.x.example](https://a.example/) <https://a.example/> "
		    "fout pad [a@b.example](mailto:a@b.example) "
		    "[Meld aan](https://b.example) <https://d.example/x>.",
		    NULL },
	};

	(void)state;
	CHECK(mails);
}

static void
what_nobody_sees_is_gone(void **state)
{
	static const struct example mails[] = {
		{ HEAD "x\n" HTML
		       "<html><head><title>t</title><style>p{}</style></head>"
		       "<body><script>alert(1)</script><!-- c -->"
		       "<p>Zichtbaar<img src='https://t.example/p.gif' width=1>"
		       "<span style='display: NONE'>weg</span>"
		       "<span style='font-size:0px'>weg</span>"
		       "<span hidden>weg</span><svg><text>weg</text></svg>"
		       "<span style='font-size:0.9em'> en klein</span></p>"
		       "<div style='max-height:0; overflow:hidden'>weg</div>",
		    "x", "Zichtbaar en klein", NULL },
	};

	(void)state;
	CHECK(mails);
}

static void
the_form_that_says_more_is_taken(void **state)
{
#define ALTERNATIVE(plain, html) \
	HEAD "x\nContent-Type: multipart/alternative; boundary=b\n\n" \
	     "--b\n" PLAIN plain "\n--b\n" HTML html "\n--b--\n"
	static const struct example mails[] = {
		{ ALTERNATIVE("Gewone tekst.", "<p>Gewone <b>tekst</b>.</p>"),
		    "x", "Gewone tekst.", NULL },
		{ ALTERNATIVE("Zie hier.",
		      "<p>Zie <a href=https://a.example>hier</a>.</p>"),
		    "x", "Zie [hier](https://a.example).", NULL },
		{ ALTERNATIVE("HTML!",
		      "<p>Een hele tekst die langer is dan de hint.</p>"),
		    "x", "Een hele tekst die langer is dan de hint.", NULL },
		{ ALTERNATIVE("", "<p>Alleen HTML.</p>"), "x", "Alleen HTML.",
		    NULL },
		{ ALTERNATIVE("Alleen tekst.", ""), "x", "Alleen tekst.",
		    NULL },
	};

	(void)state;
	CHECK(mails);
}

/*
 * What stands around it
 */
static void
signatures_and_quotes_are_cut(void **state)
{
	static const struct example mails[] = {
		{ HEAD "x\n\nTekst.\n\n-- \nJan\n06-12345678\n", "x", "Tekst.",
		    NULL },
		{ HEAD "x\n\nTekst.\n\nVerstuurd vanaf mijn iPhone\n", "x",
		    "Tekst.", NULL },
		{ HEAD "Re: x\n\nMijn tekst.\n\nOp di 24 nov 2026 om 10:00 "
		       "schreef Piet <\npiet@zorg.example>:\n\n> Heb je iets?\n"
		       "> Groet\n",
		    "x", "Mijn tekst.", NULL },
		{ HEAD "Re: x\n\nOn Tuesday Piet wrote:\n> Vraag?\n\n"
		       "Antwoord onder.\n",
		    "x", "Antwoord onder.", NULL },
		{ HEAD "x\n\nWij vonden:\n\n> een citaat\n\ngoed.\n", "x",
		    "Wij vonden:\n\n> een citaat\n\ngoed.", NULL },
		{ HEAD "Re: x\n\nTekst.\n\n-----Oorspronkelijk bericht-----\n"
		       "Van: Piet\nWat anders\n",
		    "x", "Tekst.", NULL },
		{ HEAD "Re: x\n\nTekst.\n\n________________________________\n"
		       "Van: Piet <piet@zorg.example>\nVerzonden: dinsdag\n"
		       "Aan: Jan\nOnderwerp: x\n\nOude tekst.\n",
		    "x", "Tekst.\n\n________________________________", NULL },
		/* Gmail */
		{ HEAD "Re: x\n" HTML "<div dir=ltr>Tekst.<div>-- <br><div "
		       "class=gmail_signature>Jan</div></div></div><br>"
		       "<div class='gmail_quote gmail_quote_container'>"
		       "<div class=gmail_attr>Op di schreef Piet:<br></div>"
		       "<blockquote class=gmail_quote>Oud.</blockquote></div>",
		    "x", "Tekst.", NULL },
		/* Apple Mail, Thunderbird */
		{ HEAD "Re: x\n" HTML
		       "<div>Tekst.</div><div class=moz-cite-prefix>On Tuesday "
		       "Piet wrote:<br></div><blockquote type=cite>Oud."
		       "</blockquote><pre class=moz-signature>-- \nJan</pre>",
		    "x", "Tekst.", NULL },
		/* Outlook */
		{ HEAD
		    "RE: x\n" HTML
		    "<p class=MsoNormal>Tekst.</p><div style='border-top:"
		    "solid'><p class=MsoNormal><b>From:</b> Piet <br><b>Sent:"
		    "</b> Tuesday<br><b>To:</b> Jan<br><b>Subject:</b> x</p>"
		    "</div><p class=MsoNormal>Oud.</p>",
		    "x", "Tekst.", NULL },
	};

	(void)state;
	CHECK(mails);
}

static void
what_was_passed_on_stays(void **state)
{
	static const struct example mails[] = {
		{ HEAD "Fwd: Nieuws\n\nTer info.\n\n-- \nJan\n\n---------- "
		       "Forwarded message ---------\nFrom: Piet "
		       "<piet@zorg.example>\nDate: Tue\nSubject: Nieuws\nTo: "
		       "<jan@zorg.example>\n\n\nDe tekst zelf.\n\n-- \nPiet\n",
		    "Nieuws", "Ter info.\n\nDe tekst zelf.", NULL },
		{ HEAD "FW: Nieuws\n\nVan: Piet <piet@zorg.example>\n"
		       "Verzonden: dinsdag\nAan: Jan\nOnderwerp: Nieuws\n\n"
		       "De tekst zelf.\n\nVan: Kees\nVerzonden: maandag\nAan: "
		       "Piet\n\nOuder.\n",
		    "Nieuws", "De tekst zelf.", NULL },
		{ HEAD
		    "Fwd: Nieuws\n\nBegin forwarded message:\n\n> From: Piet "
		    "<p@zorg.example>\n> Subject: Nieuws\n> Date: Tue\n> "
		    "To: Jan\n> \n> De tekst\n> \n> zelf.\n",
		    "Nieuws", "De tekst\n\nzelf.", NULL },
		{ HEAD "Fwd: Nieuws\n" HTML
		       "<div dir=ltr><br><div class=gmail_quote><div class="
		       "gmail_attr>---------- Forwarded message ---------<br>"
		       "Van: <b>Piet</b><br>Date: di<br>Subject: Nieuws<br>To: "
		       "Jan<br></div><br><p>De <a href=https://a.example>tekst"
		       "</a>.</p></div></div>",
		    "Nieuws", "De [tekst](https://a.example).", NULL },
		{ HEAD "Fwd: Nieuws\n" HTML
		       "<div><div>Begin forwarded message:</div><br>"
		       "<blockquote type=cite><div><b>From: </b>Piet</div><div>"
		       "<b>Subject: </b>Nieuws</div><div><b>Date: </b>di</div>"
		       "<div><b>To: </b>Jan</div><br><div>De tekst zelf.</div>"
		       "</blockquote></div>",
		    "Nieuws", "De tekst zelf.", NULL },
		{ HEAD "Fwd: Nieuws\nContent-Type: message/rfc822\n\n"
		       "From: piet@zorg.example\nSubject: Nieuws\n\nDe tekst "
		       "zelf.\n",
		    "Nieuws", "De tekst zelf.", NULL },
	};

	(void)state;
	CHECK(mails);
}

static void
attachments_are_named(void **state)
{
#define PDF \
	"--b\nContent-Type: application/pdf; name=\"folder.pdf\"\n" \
	"Content-Disposition: attachment; filename=\"../../folder.pdf\"\n" \
	"Content-Transfer-Encoding: base64\n\nQUJDREVGR0g=\n"
#define MIXED HEAD "x\nContent-Type: multipart/mixed; boundary=b\n\n"
	static const struct example mails[] = {
		{ MIXED "--b\n" PLAIN "Voor.\n" PDF "--b\n" PLAIN
			"Na.\n--b--\n",
		    "x", "Voor.\n\nNa.", "folder.pdf:8" },
		{ MIXED PDF "--b--\n", "x", "", "folder.pdf:8" },
		{ HEAD
		    "x\nContent-Type: multipart/related; boundary=b\n\n"
		    "--b\n" HTML "<p>Tekst <img src=cid:1></p>\n--b\n"
		    "Content-Type: image/png\nContent-ID: <1>\n"
		    "Content-Disposition: inline; "
		    "filename*=utf-8''b%C3%A9%E2%80%AEld.png\n\nabc\n--b--\n",
		    "x", "Tekst", "b\u00e9ld.png:3" },
		{ MIXED "--b\n" PLAIN "Tekst.\n--b\nContent-Type: text/plain\n"
			"Content-Disposition: attachment; filename=a.txt\n\n"
			"Bijlage\n--b\nContent-Type: text/calendar\n\nBEGIN\n"
			"--b\nContent-Type: message/rfc822\n\nSubject: Oud\n\n"
			"o\n--b--\n",
		    "x", "Tekst.", "a.txt:7 :5 Oud:0" },
	};

	(void)state;
	CHECK(mails);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_subject_is_the_title),
		cmocka_unit_test(a_long_title_is_cut),
		cmocka_unit_test(who_it_is_from),
		cmocka_unit_test(plain_text_keeps_its_shape),
		cmocka_unit_test(flowed_lines_are_put_together),
		cmocka_unit_test(every_encoding_is_read),
		cmocka_unit_test(html_becomes_markdown),
		cmocka_unit_test(what_nobody_sees_is_gone),
		cmocka_unit_test(the_form_that_says_more_is_taken),
		cmocka_unit_test(signatures_and_quotes_are_cut),
		cmocka_unit_test(what_was_passed_on_stays),
		cmocka_unit_test(attachments_are_named),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
