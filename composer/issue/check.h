/*
 * check - is an issue complete and fit to be sent
 *
 * Looks at the contents and at the three editions as they would go out.  What
 * blocks keeps an issue from being approved; a warning is for a person to
 * weigh.
 *
 * Ownership: findings and links live in the arena.
 * Errors: those of the database and of making the editions; an incomplete
 *   issue is a result, never an error.
 * Limits: LINKS_MAX different links are looked at.
 * Source: PRODUCT D4.
 */
#ifndef COMPOSER_ISSUE_CHECK_H
#define COMPOSER_ISSUE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "composer/edition/special.h"
#include "composer/issue/links.h"

struct arena;
struct config;
struct database;
struct err;
struct issue;

#define CHECK_HTML_MAX ((size_t)100 * 1024)
#define CHECK_HTML_WARN ((size_t)80 * 1024)
#define CHECK_HEADLINE_WARN 60 /* characters */

enum check_severity { CHECK_BLOCKING, CHECK_WARNING, CHECK_OK };

struct check_finding {
	enum check_severity severity;
	const char *slug; /* stable word */
	int64_t item;	  /* 0: the issue as a whole */
	const char *text; /* a sentence in the language asked for */
	const char *fix;  /* command, "" for none */
	struct check_finding *next;
};

struct check {
	struct arena *arena;
	const char *lang; /* of the sentences */
	const struct issue *issue;
	size_t blocking, warnings;
	struct check_finding *first, **end;
	struct link *links;
	size_t nlinks;
	struct check_edition {
		const char *name, *subject;
		size_t html_bytes;
	} editions[SPECIAL_EDITIONS_MAX];
	size_t neditions;
};

int check_issue(struct check *ret, struct arena *a, const char *lang,
    struct database *d, const struct config *config, const struct issue *i,
    struct err *e);

/* Try the links that check_issue() found and add what is broken. */
int check_links(struct check *ck, links_progress *progress, void *arg,
    struct err *e);

/* "blocking", "warning", "ok" */
const char *check_severity_word(enum check_severity s);

/* The mark of unfinished work in a text (TK, XXX, [vertalen]), or NULL. */
const char *check_leftover(const char *text);
/* A copy in which every run of white space is one blank. */
char *check_normal(struct arena *a, const char *text);

#endif
