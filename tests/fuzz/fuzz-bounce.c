#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/bounce/bounce.h"
#include "base/err.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct arena arena;
	struct bounce b;
	struct err e;

	if (!is_ready)
		bounce_init();
	is_ready = true;
	arena_init(&arena, ARENA_BYTES);
	if (bounce_read((const char *)data, size, &arena, &b, &e) == 0) {
		if (b.nrecipients > BOUNCE_RECIPIENTS_MAX ||
		    b.ntraces > BOUNCE_TRACES_MAX || b.subject == NULL ||
		    b.rule == NULL)
			abort();
		for (size_t i = 0; i < b.nrecipients; i++)
			if (b.recipients[i].reason >= BOUNCE_REASONS ||
			    b.recipients[i].diagnostic == NULL)
				abort();
	}
	arena_done(&arena);
	return 0;
}
