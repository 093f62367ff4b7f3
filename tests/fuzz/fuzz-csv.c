#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/list/csv.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A field that is written for a spreadsheet comes back as it was.
 * NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct buf b;
	struct csv c;
	struct err e;

	arena_init(&a, (size_t)64 << 20);
	buf_init(&b, (size_t)16 << 20);
	if (csv_read(&c, &a, (const char *)data, size, &e) == 0)
		for (size_t i = 0; i < c.nrows; i++)
			for (size_t k = 0; k < c.rows[i].n; k++) {
				const char *field = c.rows[i].fields[k];

				buf_clear(&b);
				csv_put(&b, field);
				if (b.len > 0 &&
				    strchr("=+-@", b.data[0]) != NULL)
					abort();
				(void)csv_unguard(field);
			}
	buf_done(&b);
	arena_done(&a);
	return 0;
}
