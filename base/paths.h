/*
 * paths - where a program finds its own files
 *
 * bin/ or libexec/tweeluik/ beside share/tweeluik/, in the build folder as
 * after `make install`; so a moved installation still finds everything.
 *
 * Ownership: static storage, filled at the first call.
 * Threads: make the first call before the first thread.
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

const char *paths_share(void); /* .../share/tweeluik */
const char *paths_roles(void); /* folder of the role programs */

#endif
