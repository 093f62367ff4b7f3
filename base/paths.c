#include "base/paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char program[PATH_MAX], share[PATH_MAX], roles[PATH_MAX];

static void
find(void)
{
	char prefix[PATH_MAX - 32];
	ssize_t n;

	if (program[0] != '\0')
		return;
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (n <= 0)
		abort();
	program[n] = '\0';
	*strrchr(program, '/') = '\0';
	(void)snprintf(prefix, sizeof(prefix), "%s", program);
	char *libexec = strstr(prefix, "/libexec/tweeluik");
	if (libexec != NULL)
		*libexec = '\0';
	else
		*strrchr(prefix, '/') = '\0';
	(void)snprintf(share, sizeof(share), "%s/share/tweeluik", prefix);
	(void)snprintf(roles, sizeof(roles), "%s/libexec/tweeluik", prefix);
}

const char *
paths_share(void)
{
	find();
	return share;
}

const char *
paths_roles(void)
{
	find();
	return roles;
}
