/*
 * markdown - the small Markdown of item texts as XHTML
 *
 * Paragraphs, lists, links, bold, emphasis and quotes.  Anything else that
 * Markdown knows loses its looks and keeps its words: headings and code become
 * paragraphs, an image its description, HTML the characters it was written
 * with.  A link needs the scheme https or mailto, else only its text is left.
 *
 * Elements (without a namespace, for t:copy of composer/template/template.h): p ul ol
 * li blockquote a strong em br.
 *
 * Errors: ERR_LIMIT for a text longer than MARKDOWN_MAX.
 * Limits: MARKDOWN_MAX bytes; beyond MARKDOWN_DEPTH_MAX levels only the words
 *   remain.
 * Threads: no state.
 * Source: CommonMark 0.29, read by cmark-gfm without extensions.
 */
#ifndef COMPOSER_EDITION_MARKDOWN_H
#define COMPOSER_EDITION_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <libxml/tree.h>

struct err;

#define MARKDOWN_MAX ((size_t)64 * 1024)
#define MARKDOWN_DEPTH_MAX 16

/* Add the text to dst. */
int markdown_render(const char *text, xmlNodePtr dst, struct err *e);

/* Words a reader reads; 0 for a text that is too long. */
size_t markdown_words(const char *text);

/* https and mailto: what a link in a mail may lead to. */
bool markdown_url_fits(const char *url);

/* Each link as it was written, also those that do not fit. */
void markdown_each_link(const char *text,
    void (*visit)(void *arg, const char *url), void *arg);

#endif
