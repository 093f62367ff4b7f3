/*
 * own_address - whether an address is one of ours, so that mail from it is never
 *   answered or passed on
 *
 * Ownership: everything is borrowed for the call.
 * Threads: no state.
 */
#ifndef BASE_OWN_ADDRESS_H
#define BASE_OWN_ADDRESS_H

#include <stdbool.h>

struct config;

bool own_address(const struct config *c, const char *address);

#endif
