/*
 * config_check - what each value of the configuration must look like
 *
 * Errors: cfg_error() of libconfuse, which knows the line.
 * Threads: no state.
 */
#ifndef BASE_CONFIG_CHECK_H
#define BASE_CONFIG_CHECK_H

struct cfg_t;

/* From now on cfg refuses values that are none. */
void config_check_values(struct cfg_t *cfg);

#endif
