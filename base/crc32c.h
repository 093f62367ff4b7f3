/*
 * crc32c - the checksum at the end of a journal's line
 *
 * Castagnoli's polynomial, as in iSCSI (RFC 3720, 12.1) and ext4.
 *
 * Pure: tables filled before main(), no other state.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#define CRC32C_DIGITS ((size_t)8)

uint32_t crc32c(const char *p, size_t n);

/* As lower-case hexadecimal digits, without an end. */
void crc32c_write(char *out, const char *p, size_t n);

#endif
