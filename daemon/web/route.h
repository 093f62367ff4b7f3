/*
 * route - which page a path asks for
 *
 * A pattern is a path whose segments may be captures: "/u/:/undo" takes any
 * non-empty second segment.  Paths are compared as they came: nothing is
 * decoded, so no two spellings lead to one page.
 *
 * Ownership: captures point into the path.
 * Limits: ROUTE_CAPTURES_MAX captures; a segment of at most
 *   ROUTE_SEGMENT_MAX octets.
 */
#ifndef DAEMON_WEB_ROUTE_H
#define DAEMON_WEB_ROUTE_H

#include <stddef.h>

#define ROUTE_CAPTURES_MAX 4
#define ROUTE_SEGMENT_MAX 128

struct err;
struct request;
struct response;

enum route_method {
	ROUTE_GET = 1 << 0, /* HEAD is a GET whose body is not sent */
	ROUTE_POST = 1 << 1,
	ROUTE_OPTIONS = 1 << 2,
};

struct route {
	enum route_method method; /* GET or POST */
	const char *pattern;
	/* 0, or -1 and why. */
	int (*handle)(struct request *q, struct response *r, struct err *e);
};

struct route_match {
	const struct route *route; /* NULL: not for this method */
	unsigned allowed; /* methods this path has; 0: there is no such path */
	char captures[ROUTE_CAPTURES_MAX][ROUTE_SEGMENT_MAX + 1];
};

/* 0 for a method that no path has. */
unsigned route_method_of(const char *name);

/* The first fitting route of a table that ends in a NULL pattern.  A '?' and
 * what follows is not part of the path. */
struct route_match
route_find(const struct route *table, unsigned method, const char *path);

/* "GET, HEAD, POST, OPTIONS" as far as allowed. */
const char *route_allow(unsigned allowed);

#endif
