#include "daemon/web/route.h"

#include <stdbool.h>
#include <string.h>

unsigned
route_method_of(const char *name)
{
	if (strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0)
		return ROUTE_GET;
	if (strcmp(name, "POST") == 0)
		return ROUTE_POST;
	if (strcmp(name, "OPTIONS") == 0)
		return ROUTE_OPTIONS;
	return 0;
}

static bool
fits(const char *pattern, const char *path,
    char captures[ROUTE_CAPTURES_MAX][ROUTE_SEGMENT_MAX + 1])
{
	size_t n = 0;

	while (*pattern != '\0') {
		if (*pattern != ':') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t len = strcspn(path, "/?");

		if (len == 0 || len > ROUTE_SEGMENT_MAX ||
		    n == ROUTE_CAPTURES_MAX)
			return false;
		memcpy(captures[n], path, len);
		captures[n++][len] = '\0';
		path += len;
		pattern++;
	}
	return *path == '\0' || *path == '?';
}

struct route_match
route_find(const struct route *table, unsigned method, const char *path)
{
	struct route_match m = { .route = NULL };
	char captures[ROUTE_CAPTURES_MAX][ROUTE_SEGMENT_MAX + 1];

	for (const struct route *r = table; r->pattern != NULL; r++) {
		memset(captures, 0, sizeof(captures));
		if (!fits(r->pattern, path, captures))
			continue;
		m.allowed |= (unsigned)r->method | ROUTE_OPTIONS;
		if (m.route != NULL || (unsigned)r->method != method)
			continue;
		m.route = r;
		memcpy(m.captures, captures, sizeof(captures));
	}
	return m;
}

const char *
route_allow(unsigned allowed)
{
	if ((allowed & ROUTE_GET) == 0)
		return (allowed & ROUTE_POST) != 0 ? "POST, OPTIONS"
						   : "OPTIONS";
	return (allowed & ROUTE_POST) != 0 ? "GET, HEAD, POST, OPTIONS"
					   : "GET, HEAD, OPTIONS";
}
