/*
 * letter - a system mail: a template, filled from a small document, as a
 *   message that is ready to be stored
 *
 * To one person at a time and not to the list: a confirmation, a report, an
 * alarm.
 *
 * Ownership: the spec is borrowed for the call; letter_build() gives what
 *   letter_done() takes.
 * Errors: those of template_render() and message_build().
 * Limits: LETTER_BYTES_MAX for each of HTML and text.
 * Threads: no state; the template may be shared.
 */
#ifndef COMPOSER_LETTER_LETTER_H
#define COMPOSER_LETTER_LETTER_H

#include <libxml/tree.h>

#include "base/splice.h"
#include "composer/message/packed.h"

#define LETTER_BYTES_MAX ((size_t)256 * 1024)
#define LETTER_SUBJECT_MAX ((size_t)512)

struct config;
struct err;
struct template;

struct letter_spec {
	const struct config *config; /* who writes */
	const struct template *template;
	xmlDocPtr data;
	const char *lang;	      /* in which it begins */
	const char *content_language; /* "nl", "en" or "nl, en" */
	const char *subject;
};

struct letter {
	struct message message;
	struct packed packed;
};

int letter_build(const struct letter_spec *s, struct letter *ret, struct err *e)
    __attribute__((warn_unused_result));
void letter_done(struct letter *l);

#endif
