/*
 * scan - find the lines of a content that begin with a dot (RFC 5321, 4.5.2)
 */
#ifndef TESTS_SINK_SCAN_H
#define TESTS_SINK_SCAN_H

/* The first CRLF that a dot follows; NULL when there is none. */
const char *scan_dot(const char *p, const char *end);

#endif
