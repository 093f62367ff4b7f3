#include "base/crc32c.h"

#include <string.h>

static uint32_t crc_table[4][256];

/* Four tables, so that four bytes cost one step. */
__attribute__((constructor)) static void
fill_crc_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = (c >> 1) ^ ((c & 1) != 0 ? 0x82f63b78U : 0);
		crc_table[0][i] = c;
	}
	for (size_t t = 1; t < 4; t++)
		for (size_t i = 0; i < 256; i++) {
			uint32_t c = crc_table[t - 1][i];

			crc_table[t][i] = (c >> 8) ^ crc_table[0][c & 0xff];
		}
}

uint32_t
crc32c(const char *p, size_t n)
{
	uint32_t c = UINT32_MAX;

	for (; n >= 4; n -= 4, p += 4) {
		c ^= (uint32_t)(unsigned char)p[0] |
		    (uint32_t)(unsigned char)p[1] << 8 |
		    (uint32_t)(unsigned char)p[2] << 16 |
		    (uint32_t)(unsigned char)p[3] << 24;
		c = crc_table[3][c & 0xff] ^ crc_table[2][c >> 8 & 0xff] ^
		    crc_table[1][c >> 16 & 0xff] ^ crc_table[0][c >> 24];
	}
	for (; n > 0; n--, p++)
		c = (c >> 8) ^ crc_table[0][(c ^ (unsigned char)*p) & 0xff];
	return ~c;
}

void
crc32c_write(char *out, const char *p, size_t n)
{
	uint32_t crc = crc32c(p, n);

	for (size_t i = 0; i < CRC32C_DIGITS; i++)
		out[i] = "0123456789abcdef"[crc >> (28 - 4 * i) & 0xf];
}

size_t
crc32c_seal(char *line, size_t n)
{
	line[n] = ' ';
	crc32c_write(line + n + 1, line, n);
	line[n + 1 + CRC32C_DIGITS] = '\n';
	return n + CRC32C_SEAL_BYTES;
}

bool
crc32c_unseal(char *line, size_t *n)
{
	char crc[CRC32C_DIGITS];

	if (*n < 1 + CRC32C_DIGITS || memchr(line, '\0', *n) != NULL)
		return false;
	*n -= 1 + CRC32C_DIGITS;
	crc32c_write(crc, line, *n);
	if (line[*n] != ' ' || memcmp(line + *n + 1, crc, sizeof(crc)) != 0)
		return false;
	line[*n] = '\0';
	return true;
}
