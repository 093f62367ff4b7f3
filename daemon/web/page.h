/*
 * page - a page made from a template and a small document
 *
 * The document is <page> with attributes and a <side> for each language.  A
 * page behind a link of a reader has two sides, the reader's first, and says
 * all it has to say in both.  A page for anybody has one side and an
 * <alternate> for each language it exists in, this one too.
 *
 * Ownership: page_init() gives what page_done() takes.
 * Errors: as template_render().
 */
#ifndef DAEMON_WEB_PAGE_H
#define DAEMON_WEB_PAGE_H

#include <libxml/tree.h>

#include "daemon/web/site.h"

struct page {
	const struct site *site;
	xmlDocPtr doc;
	xmlNodePtr root;
	const char *lang; /* of the first side */
};

/* lang "nl" or "en"; anything else stands for the newsletter's first. */
void page_init(struct page *p, const struct site *s, const char *lang);
/* A page for anybody.  Paths, where it stands in each language, may be NULL. */
void page_init_public(struct page *p, const struct site *s, const char *lang,
    const char *path_nl, const char *path_en);
void page_done(struct page *p);

/* An attribute of <page>; NULL leaves it out. */
void page_set(struct page *p, const char *name, const char *value);

int page_write(struct page *p, enum site_page which, struct buf *out,
    struct err *e);

#endif
