/*
 * msgids - what templates give translators, as a PO template
 *
 *   msgids DIR NAME... >templates.pot
 *   msgids --check LOCALEDIR DIR NAME...
 *
 * The engine itself writes it, so msgids cannot differ from what it looks up,
 * and plural forms come out as such (xgettext 0.21 with ITS rules knows none).  --check tells whether every translation has the elements
 * of its msgid: a footer without its link would otherwise go unnoticed.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <libxml/parser.h>

#include "base/catalogue.h"
#include "base/err.h"
#include "composer/template/sentence.h"
#include "composer/template/template.h"

static void
put_string(const char *keyword, const char *s)
{
	if (s == NULL)
		return;
	printf("%s \"", keyword);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		if (*s == '\n')
			fputs("\\n", stdout);
		else
			putchar(*s);
	}
	puts("\"");
}

static void
put_message(void *arg, const struct template_message *m)
{
	(void)arg;
	if (m->note != NULL)
		printf("#. %s\n", m->note);
	printf("#: templates/%s:%d\n", m->file, m->line);
	/* msgfmt then checks that a translation has the same {values}. */
	if (strchr(m->msgid, '{') != NULL)
		puts("#, python-brace-format");
	put_string("msgctxt", m->context);
	put_string("msgid", m->msgid);
	put_string("msgid_plural", m->plural);
	puts(m->plural != NULL ? "msgstr[0] \"\"\nmsgstr[1] \"\"\n"
			       : "msgstr \"\"\n");
}

/* How often a token of s stands in the sentence. */
static int
count(const char *sentence, const struct sentence_token *token)
{
	struct sentence_token t;
	int n = 0;

	while (sentence_next(&sentence, &t))
		n += t.raw_len == token->raw_len &&
		    memcmp(t.raw, token->raw, t.raw_len) == 0;
	return n;
}

static bool
has_elements_of(const char *sentence, const char *msgid)
{
	const char *s = msgid;
	struct sentence_token t;

	while (sentence_next(&s, &t))
		if (t.kind != SENTENCE_TEXT && t.kind != SENTENCE_VALUE &&
		    count(sentence, &t) != count(msgid, &t))
			return false;
	return true;
}

static bool
check_text(const struct template_message *m, const char *lang, const char *s)
{
	if (has_elements_of(s, m->msgid))
		return true;
	fprintf(stderr,
	    "templates/%s:%d: %s: \"%s\" has not the elements of \"%s\"\n",
	    m->file, m->line, lang, s, m->msgid);
	return false;
}

static void
check_message(void *arg, const struct template_message *m)
{
	static const char *const langs[] = { "nl", "en" };
	bool *ok = arg;

	for (size_t i = 0; i < sizeof(langs) / sizeof(langs[0]); i++)
		if (m->plural != NULL)
			for (unsigned long n = 0; n <= 2; n++)
				*ok &= check_text(m, langs[i],
				    catalogue_plural(langs[i], m->msgid,
					m->plural, n));
		else if (m->context != NULL)
			*ok &= check_text(m, langs[i],
			    catalogue_context(langs[i], m->context, m->msgid));
		else
			*ok &= check_text(m, langs[i],
			    catalogue_text(langs[i], m->msgid));
}

static int
each_template(char **argv,
    void (*visit)(void *, const struct template_message *), void *arg)
{
	const char *dir = *argv;
	struct template *t;
	struct err e;

	while (*++argv != NULL) {
		if (template_load(dir, *argv, &t, &e) == -1) {
			fprintf(stderr, "%s\n", e.text);
			return -1;
		}
		template_each_message(t, visit, arg);
		template_free(t);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	bool ok = true;
	struct err e;

	xmlInitParser();
	if (argc > 3 && strcmp(argv[1], "--check") == 0) {
		if (catalogue_init(argv[2], &e) == -1 ||
		    each_template(argv + 3, check_message, &ok) == -1)
			return 1;
		return ok ? 0 : 1;
	}
	if (argc < 2)
		return 2;
	puts("msgid \"\"\nmsgstr \"\"\n"
	     "\"Project-Id-Version: tweeluik\\n\"\n"
	     "\"PO-Revision-Date: 2026-11-24 12:00+0100\\n\"\n"
	     "\"Last-Translator: Tweeluik <tweeluik@tweeluik.example>\\n\"\n"
	     "\"Language-Team: none\\n\"\n"
	     "\"Language: en\\n\"\n"
	     "\"MIME-Version: 1.0\\n\"\n"
	     "\"Content-Type: text/plain; charset=UTF-8\\n\"\n"
	     "\"Content-Transfer-Encoding: 8bit\\n\"\n"
	     "\"Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n");
	return each_template(argv + 1, put_message, NULL) == -1 ? 1 : 0;
}
