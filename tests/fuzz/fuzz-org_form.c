#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/list/org_form.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read and written reads the same again.
 * NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const topics[] = { "work", NULL };
	const struct org_rules x = { "2026-12-01", topics };
	struct org_values v, again;
	struct arena a;
	struct buf one, two;
	struct err e;

	arena_init(&a, (size_t)64 << 20);
	buf_init(&one, (size_t)1 << 20);
	buf_init(&two, (size_t)1 << 20);
	if (size <= (size_t)1 << 20 &&
	    org_form_parse(&a, &x, "f", (const char *)data, size, &v, &e) ==
		0) {
		/* A form that is written asks for a name. */
		if (v.value[ORG_NAME] == NULL)
			v.value[ORG_NAME] = "x";
		if (org_form_write(&one, &v) == -1 ||
		    org_form_parse(&a, &x, "f", one.data, one.len, &again,
			&e) == -1 ||
		    org_form_write(&two, &again) == -1 ||
		    strcmp(one.data, two.data) != 0)
			abort();
		(void)org_values_json(&a, &v);
	}
	buf_done(&one);
	buf_done(&two);
	arena_done(&a);
	return 0;
}
