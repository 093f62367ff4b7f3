/*
 * crc32c - the checksum at the end of a journal's line
 *
 * Castagnoli's polynomial, as in iSCSI (RFC 3720, 12.1) and ext4.
 *
 * Pure: tables filled before main(), no other state.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRC32C_DIGITS ((size_t)8)

uint32_t crc32c(const char *p, size_t n);

/* As lower-case hexadecimal digits, without an end. */
void crc32c_write(char *out, const char *p, size_t n);

/* n bytes of a line so far get a blank, the checksum and the end behind them
 * (CRC32C_SEAL_BYTES more); returns how long it is now. */
#define CRC32C_SEAL_BYTES (1 + CRC32C_DIGITS + 1)
size_t crc32c_seal(char *line, size_t n);

/* A line of *n bytes without its end: false when that is not its checksum, or
 * there is a NUL in it; else the checksum is cut off, and *n is less. */
bool crc32c_unseal(char *line, size_t *n);

#endif
