#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "daemon/send/journal_line.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
write_line(char *out, enum journal_line_kind kind, const struct journal_line *l)
{
	switch (kind) {
	case JOURNAL_LINE_HEADER:
		return journal_line_header(out, l->boot, l->synced);
	case JOURNAL_LINE_INTENT:
		return journal_line_intent(out, &l->key);
	case JOURNAL_LINE_UNSENT:
		return journal_line_unsent(out, &l->key);
	case JOURNAL_LINE_RESULT:
		return journal_line_result(out, &l->key, &l->result);
	case JOURNAL_LINE_DAMAGED:
	case JOURNAL_LINE_FOREIGN:
		break;
	}
	return 0;
}

/* What is read and written is read as the same again: a second time it is
 * byte for byte what it was the first time. */
static void
check(char *line, size_t n)
{
	char first[JOURNAL_LINE_MAX + 1], copy[JOURNAL_LINE_MAX + 1];
	char second[JOURNAL_LINE_MAX + 1];
	struct journal_line at;
	enum journal_line_kind kind = journal_line_read(line, n, &at);
	size_t len = write_line(first, kind, &at);

	if (len == 0)
		return;
	memcpy(copy, first, len);
	copy[len - 1] = '\0';
	if (len > JOURNAL_LINE_MAX || first[len - 1] != '\n' ||
	    memchr(first, '\n', len) != first + len - 1 ||
	    journal_line_read(copy, len - 1, &at) != kind ||
	    write_line(second, kind, &at) != len ||
	    memcmp(first, second, len) != 0)
		abort();
}

/* The input as a line, and with the checksum that belongs to it. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + CRC32C_SEAL_BYTES);

	if (line == NULL)
		abort();
	memcpy(line, data, size);
	line[size] = '\0';
	check(line, size);
	memcpy(line, data, size);
	size_t n = crc32c_seal(line, size) - 1;
	line[n] = '\0';
	check(line, n);
	free(line);
	return 0;
}
