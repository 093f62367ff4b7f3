/*
 * write_all - write(2) until everything is written
 *
 * Errors: -1 with errno; how much was written is not known then.
 * Threads: no state.
 */
#ifndef BASE_WRITE_ALL_H
#define BASE_WRITE_ALL_H

#include <stddef.h>

int write_all(int fd, const void *bytes, size_t n)
    __attribute__((warn_unused_result));

#endif
