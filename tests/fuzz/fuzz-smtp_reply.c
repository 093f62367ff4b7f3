#include <stdint.h>

#include "base/err.h"
#include "daemon/send/smtp_reply.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_reply r;
	struct err e;
	const char *p = (const char *)data, *end = p + size;
	int rc;

	do {
		smtp_reply_init(&r);
		rc = smtp_reply_feed(&r, &p, end, &e);
	} while (rc == 1 && p < end);
	return 0;
}
