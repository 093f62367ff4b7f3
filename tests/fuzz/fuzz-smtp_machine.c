#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "daemon/send/classify.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_machine.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Write all there is; in pieces of at most step bytes. */
static void
drain(struct smtp_machine *m, size_t step)
{
	struct iovec iov;

	while (smtp_machine_output(m, &iov, 1) > 0)
		smtp_machine_wrote(m, iov.iov_len < step ? iov.iov_len : step);
}

/* The server's bytes are the input: the first picks the mode, the rest arrive
 * one at a time.  Each message taken must end exactly once. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[] = "Subject: x\r\n\r\nx\r\n";
	const struct iovec iov = { text, sizeof(text) - 1 };
	const struct smtp_ehlo ehlo = { .pipelining = size > 0 && data[0] & 1 };
	const struct smtp_message msg = { "", "a@b.example", &iov, 1,
		sizeof(text) - 1, text };
	struct smtp_machine *m = smtp_machine_new(&ehlo);
	struct smtp_event ev;
	struct smtp_result r;
	struct err e;
	int taken = 0, ended = 0, rc = 0;

	for (size_t i = 1; i < size && rc != -1; i++) {
		const char *p = (const char *)data + i;

		taken += smtp_machine_submit(m, &msg, &r);
		drain(m, (data[0] >> 1) + 1U);
		rc = smtp_machine_input(m, &p, p + 1, &ev, &e);
		if (rc == 1) {
			ended++;
			(void)classify(&ev.result);
		}
	}
	ended += smtp_machine_fail(m, SMTP_LOST, "", &ev);
	if (taken != ended)
		abort();
	smtp_machine_free(m);
	return 0;
}
