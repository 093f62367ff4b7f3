#include <libxml/tree.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "composer/edition/markdown.h"
#include "composer/item/item_form.h"
#include "composer/inbox/mail_item.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_line(const char *s, size_t max)
{
	size_t n = strlen(s), at;

	if (n > max || text_check(s, n, false, &at) != TEXT_OK)
		abort();
}

/* What comes out can be stored, shown and sent.
 * NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct mail_item m;
	struct arena a;
	struct err e;
	size_t at;

	if (!ready)
		mail_item_init();
	ready = true;
	arena_init(&a, (size_t)128 << 20);
	if (mail_item_read(&a, (const char *)data, size, &m, &e) == 0) {
		xmlNodePtr x = xmlNewNode(NULL, (const xmlChar *)"b");

		check_line(m.title, ITEM_TITLE_MAX);
		check_line(m.from, MAIL_ITEM_RESULT_MAX);
		for (size_t i = 0; i < m.nleft_out; i++)
			check_line(m.left_out[i].name, MAIL_ITEM_NAME_MAX);
		if (strlen(m.body) > ITEM_BODY_MAX ||
		    text_check(m.body, strlen(m.body), true, &at) != TEXT_OK ||
		    (m.fault != MAIL_ITEM_FINE && m.body[0] != '\0') ||
		    markdown_render(m.body, x, &e) == -1)
			abort();
		(void)mail_item_verified(&m, "mx.example");
		xmlFreeNode(x);
	}
	arena_done(&a);
	return 0;
}
