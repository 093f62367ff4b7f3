#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "daemon/send/classify.h"
#include "daemon/send/smtp_ehlo.h"
#include "daemon/send/smtp_machine.h"

#define MESSAGES 256

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the caller must keep: each message ends once, and is committed before
 * it is accepted. */
struct book {
	bool committed[MESSAGES], ended[MESSAGES];
	int taken;
};

static void
settle(struct book *b, const struct smtp_event *ev)
{
	bool *ended = ev->tag;
	bool accepted = classify(&ev->result) == VERDICT_ACCEPTED;

	if (*ended || (accepted && !b->committed[ended - b->ended]))
		abort();
	*ended = true;
}

static void
submit(struct smtp_machine *m, struct book *b)
{
	static char text[] = "Subject: x\r\n\r\nx\r\n";
	static const struct iovec iov = { text, sizeof(text) - 1 };
	struct smtp_message msg = { "", "a@b.example", &iov, 1,
		sizeof(text) - 1, NULL };
	struct smtp_result r;
	void *tag;

	while (smtp_machine_room(m) > 0 && b->taken < MESSAGES) {
		msg.tag = &b->ended[b->taken++];
		if (smtp_machine_submit(m, &msg, &r) != 1)
			abort();
	}
	while (smtp_machine_commit(m, &tag) == 1)
		b->committed[(bool *)tag - b->ended] = true;
}

/* At most so many bytes of what there is. */
static void
transmit(struct smtp_machine *m, size_t most)
{
	struct iovec iov[2];
	int n = smtp_machine_output(m, iov, 2);
	size_t bytes = 0;

	for (int i = 0; i < n; i++)
		bytes += iov[i].iov_len;
	smtp_machine_wrote(m, bytes < most ? bytes : most);
}

/* The server's bytes are the input, one at a time, after three that tell what
 * it offers, how large the window is and how fast is written. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct book b;
	struct smtp_machine *m;
	struct smtp_ehlo ehlo = { .pipelining = false };
	struct smtp_event ev;
	struct err e;
	int rc = 0;

	if (size < 3)
		return 0;
	ehlo.pipelining = data[0] & 1;
	ehlo.chunking = data[0] & 2;
	ehlo.size = data[0] & 4;
	m = smtp_machine_new(&ehlo);
	smtp_machine_set_window(m, data[1]);
	b = (struct book){ .taken = 0 };
	for (size_t i = 3; i < size && rc != -1; i++) {
		const char *p = (const char *)data + i;

		submit(m, &b);
		transmit(m, 1 + (size_t)data[2] * 4);
		rc = smtp_machine_input(m, &p, p + 1, &ev, &e);
		if (rc == 1)
			settle(&b, &ev);
	}
	while (smtp_machine_fail(m, rc == -1 ? SMTP_UNFIT : SMTP_LOST, "",
		   &ev) == 1)
		settle(&b, &ev);
	for (int i = 0; i < b.taken; i++)
		if (!b.ended[i])
			abort();
	smtp_machine_free(m);
	return 0;
}
