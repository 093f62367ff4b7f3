#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/splice.h"
#include "composer/message/qp.h"
#include "composer/message/vet.h"
#include "tests/unit/mime_read.h"

#define TEXT_MAX 4096

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is fit for a body comes back from its encoding as it was.
 * NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[TEXT_MAX], spliced[50 * TEXT_MAX],
	    decoded[50 * TEXT_MAX], meaning[50 * TEXT_MAX];
	struct message m;
	struct err e;
	size_t n;

	if (size >= TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (vet_body("text", text, &e) == -1)
		return 0;
	message_init(&m, sizeof(spliced));
	qp_encode(&m, text);
	n = mime_put_values(&m, spliced);
	message_done(&m);
	n = mime_read_qp(spliced, n, decoded);
	if (n != mime_meaning(text, meaning) ||
	    memcmp(decoded, meaning, n) != 0)
		abort();
	return 0;
}
