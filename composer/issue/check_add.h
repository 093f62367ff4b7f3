/*
 * check_add - how the parts of the check report what they find
 */
#ifndef COMPOSER_ISSUE_CHECK_ADD_H
#define COMPOSER_ISSUE_CHECK_ADD_H

#include <stddef.h>
#include <stdint.h>

#include "composer/issue/check.h"

struct config;
struct edition;
struct rows;

/* fmt is a msgid, marked with N_(); fix is NULL for none. */
void check_add(struct check *ck, enum check_severity severity, const char *slug,
    int64_t item, const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* A language or edition in the language of the sentences. */
const char *check_language(const struct check *ck, const char *name);

/* check_items.c: the contents and the texts around them */
int check_contents(struct check *ck, struct database *d, struct err *e);

/* check_special.c: when and to whom it goes, and what its kind asks for */
int check_special(struct check *ck, struct database *d, struct err *e);

/* check_render.c: the editions as they would go out */
int check_editions(struct check *ck, struct database *d,
    const struct config *config, struct err *e);

/* Well formed or a finding, and noted for check_links(). */
void check_link(struct check *ck, const char *url, int64_t item);

#endif
