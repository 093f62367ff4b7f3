#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/err.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted holds nothing that ends an SMTP command or a header, and is
 * accepted again as it is.
 * NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct address a, again;
	struct err e;

	if (address_parse(&a, (const char *)data, size, &e) == -1)
		return 0;
	for (const char *p = a.text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' ||
		    strchr("<>,;:\"()[]\\", *p) != NULL)
			abort();
	if (strchr(a.text, '@') != strrchr(a.text, '@') ||
	    address_parse(&again, a.text, strlen(a.text), &e) == -1 ||
	    strcmp(a.text, again.text) != 0)
		abort();
	return 0;
}
