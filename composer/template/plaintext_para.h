/*
 * plaintext_para - the words and links of one paragraph; private to
 *   plaintext*.c
 *
 * Ownership: para_init() and para_done() are a pair.
 * Errors: as plaintext_write(); the caller looks at buf_full() of the text.
 */
#ifndef COMPOSER_TEMPLATE_PLAINTEXT_PARA_H
#define COMPOSER_TEMPLATE_PLAINTEXT_PARA_H

#include <stdbool.h>
#include <stddef.h>
#include <libxml/tree.h>

#include "base/buf.h"
#include "composer/template/plaintext.h"

#define PLAINTEXT_PARA_MAX ((size_t)1024 * 1024)

struct err;

enum style {
	STYLE_NONE,
	STYLE_TITLE,
	STYLE_SECTION,
	STYLE_CONTENTS,
	STYLE_ITEM,
	STYLE_BAR,
	STYLE_LABEL,
	STYLE_LINE,
	STYLE_SIGNATURE,
	STYLES
};

struct link {
	char *url;
	size_t start, end; /* of its label in the text */
};

/* A paragraph under way. */
struct para {
	struct buf text;
	struct link links[PLAINTEXT_LINKS_MAX];
	size_t nlinks;
};

void para_init(struct para *p);
void para_done(struct para *p);
void para_clear(struct para *p);

/* Add a node that is no block; depth is that of its parent. */
int para_add(struct para *p, const xmlNode *n, int depth, struct err *e);

/* Without blanks at the end. */
void para_trim(struct para *p);

bool plaintext_is_named(const xmlNode *n, const char *const *names);
int plaintext_style_of(const xmlNode *n, enum style *ret, struct err *e);
int plaintext_check_depth(int depth, struct err *e);

#endif
