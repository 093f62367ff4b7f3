/*
 * theme - the looks of a mail: inline styles by XPath
 *
 *   <theme>
 *     <rule match="//p" style="margin:0 0 1em"/>
 *   </theme>
 *
 * Mail programs drop style sheets, so every element a rule selects gets the
 * style in its own attribute, behind what it had, in the order of the rules.
 *
 * Ownership: theme_load() gives what theme_free() takes.
 * Errors: ERR_CONFIG with the file, and the line or rule.
 * Limits: THEME_RULES_MAX rules, XPATH_OPS_MAX steps a document.
 * Threads: a loaded theme is read-only and may be shared.
 */
#ifndef COMPOSER_TEMPLATE_THEME_H
#define COMPOSER_TEMPLATE_THEME_H

#include <libxml/tree.h>

#define THEME_RULES_MAX 256

struct err;
struct theme;

int theme_load(const char *path, struct theme **ret, struct err *e);
void theme_free(struct theme *t);

int theme_apply(const struct theme *t, xmlDocPtr doc, struct err *e);

#endif
