#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounce/wording.h"

#define INPUT_MAX 65536
#define PARTS 6

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
same_field(void *arg, const char *name)
{
	(void)name;
	return arg;
}

static void
read_answer(char *const *part)
{
	/* The text is neither a string nor longer than it says. */
	size_t n = strlen(part[3]);
	char *text = malloc(n > 0 ? n : 1);
	struct wording w = { part[0], part[1], part[2], text, n };
	struct wording_says says;

	if (text == NULL)
		abort();
	memcpy(text, part[3], n);
	says = wording_read(&w);
	if (says.rule == NULL || *says.rule == '\0' ||
	    strlen(says.status) > BOUNCE_STATUS_MAX)
		abort();
	/* What is dead is hard, and nothing else is. */
	if ((says.class == BOUNCE_HARD && says.reason != BOUNCE_DEAD) ||
	    (says.class == BOUNCE_SOFT && says.reason == BOUNCE_DEAD) ||
	    (says.class == BOUNCE_DELAYED && says.final))
		abort();
	free(text);
}

static void
read_mail(char *const *part)
{
	size_t n = strlen(part[3]);
	struct wording_mail m = {
		.field = same_field,
		.arg = part[4],
		.subject = part[5],
		.text = part[3],
		.text_bytes = n,
	};
	bool automatic;
	const char *rule;
	enum bounce_kind kind = wording_kind(&m, &automatic, &rule);

	if (kind == BOUNCE_REPORT || kind > BOUNCE_OTHER || *rule == '\0')
		abort();
	/* What is automatic is nobody to be answered. */
	if (kind == BOUNCE_PERSON && automatic)
		abort();
}

/* Six parts, separated by lines with a single dot.
 * NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char input[INPUT_MAX + 1];
	char *part[PARTS];
	char *s = input;

	if (size > INPUT_MAX)
		return 0;
	memcpy(input, data, size);
	input[size] = '\0';
	for (size_t i = 0; i < PARTS; i++) {
		char *end = strstr(s, "\n.\n");

		part[i] = s;
		if (end == NULL) {
			s += strlen(s);
			continue;
		}
		*end = '\0';
		s = end + 3;
	}
	wording_init();
	read_answer(part);
	read_mail(part);
	return 0;
}
