#include "daemon/schedule/thanks.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"

static void
set(xmlNodePtr x, const char *name, const char *value)
{
	if (value[0] != '\0' &&
	    xmlNewProp(x, (const xmlChar *)name, (const xmlChar *)value) ==
		NULL)
		abort();
}

static void
add_left_out(xmlNodePtr root, const char *text)
{
	json_t *list = json_loads(text, 0, NULL), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		xmlNodePtr x =
		    xmlNewChild(root, NULL, (const xmlChar *)"left-out", NULL);

		if (x == NULL)
			abort();
		set(x, "name", json_string_value(one));
	}
	json_decref(list);
}

int
thanks_add(struct database *d, int64_t letter, xmlNodePtr root, struct err *e)
{
	static const char *const columns[][2] = { { "outcome", "outcome" },
		{ "guess", "guess" }, { "title", "title" },
		{ "lang", "title-lang" }, { "deadline", "deadline" } };
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "postman_contribution", param_int(letter)) ==
	    -1)
		return -1;
	if (r.n == 0) {
		rows_done(&r);
		return err_set(e, ERR_SYS,
		    "What this letter answers is not there any more");
	}
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		set(root, columns[i][1], rows_str(&r, 0, columns[i][0]));
	if (rows_bool(&r, 0, "verified"))
		set(root, "verified", "yes");
	add_left_out(root, rows_str(&r, 0, "left_out"));
	rows_done(&r);
	return 0;
}
