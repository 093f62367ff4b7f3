/*
 * tags - tags as options of a command
 *
 * Errors: ERR_USAGE for what cannot be one (composer/list/subscriber_rows.h).
 */
#ifndef COMPOSER_CLI_TAGS_H
#define COMPOSER_CLI_TAGS_H

struct cli_args;
struct err;
struct sqlarray;

int tags_check(const char *tag, struct err *e);

/* Every value of an option that may be given more than once. */
int tags_read(const struct cli_args *a, const char *option,
    struct sqlarray *ret, struct err *e);

#endif
