#include "composer/cli/tags.h"

#include <string.h>

#include "composer/cli/cli.h"
#include "composer/list/sqlarray.h"
#include "composer/list/subscriber_rows.h"

int
tags_check(const char *tag, struct err *e)
{
	if (subscriber_tag_ok(tag, strlen(tag)))
		return 0;
	return err_set(e, ERR_USAGE,
	    "'%s' cannot be a tag: at most %d bytes, without comma, semicolon "
	    "or bar",
	    tag, TAG_MAX);
}

int
tags_read(const struct cli_args *a, const char *option, struct sqlarray *ret,
    struct err *e)
{
	for (size_t i = 0; i < a->nvalues; i++) {
		if (strcmp(a->values[i].option->name, option) != 0)
			continue;
		if (tags_check(a->values[i].value, e) == -1)
			return -1;
		sqlarray_text(ret, a->values[i].value);
	}
	return 0;
}
