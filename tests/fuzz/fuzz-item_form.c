#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/item/item_form.h"
#include "composer/item/privacy.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read and written reads the same again.
 * NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const langs[] = { "nl", "en", NULL };
	static const char *const topics[] = { "work", NULL };
	const struct item_form_context x = { .file = "f",
		.today = "2026-12-01",
		.langs = langs,
		.topics = topics };
	struct item_form f, again;
	struct privacy_find finds[8];
	struct arena a;
	struct buf one, two;
	struct err e;

	arena_init(&a, (size_t)16 << 20);
	buf_init(&one, (size_t)4 << 20);
	buf_init(&two, (size_t)4 << 20);
	if (item_form_parse(&a, &x, (const char *)data, size, &f, &e) == 0) {
		if (item_form_write(&one, &f) == -1 ||
		    item_form_parse(&a, &x, one.data, one.len, &again, &e) ==
			-1 ||
		    item_form_write(&two, &again) == -1 ||
		    strcmp(one.data, two.data) != 0)
			abort();
		for (size_t i = 0; i < f.nsides; i++)
			(void)privacy_scan(f.side[i].body, finds, 8);
	}
	buf_done(&one);
	buf_done(&two);
	arena_done(&a);
	return 0;
}
