/* bench-bounces SECONDS FILE... - reads messages again and again on one core;
 * prints how many a second, and the most memory it had (MB). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/bounce/bounce.h"
#include "base/buf.h"
#include "base/err.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

static double
cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Not that of getrusage(), which begins with what the parent had. */
static double
memory_mb(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	double kb = 0;
	char line[256];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kb = strtod(line + 6, NULL);
	if (f != NULL)
		(void)fclose(f);
	return kb / 1024;
}

static bool
load(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "re");
	char piece[65536];
	size_t n;

	buf_init(b, BOUNCE_MESSAGE_MAX);
	if (f == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		(void)buf_add(b, piece, n);
	(void)fclose(f);
	return !buf_full(b);
}

int
main(int argc, char **argv)
{
	double wanted = argc > 2 ? strtod(argv[1], NULL) : 0, start, took = 0;
	size_t n = argc > 2 ? (size_t)(argc - 2) : 0, done = 0;
	struct buf *mails = calloc(n + 1, sizeof(*mails));
	struct arena arena;
	struct err e;

	if (n == 0 || mails == NULL)
		return 2;
	for (size_t i = 0; i < n; i++)
		if (!load(argv[2 + i], &mails[i]))
			return 1;
	bounce_init();
	arena_init(&arena, ARENA_BYTES);
	start = cpu_seconds();
	while (took < wanted) {
		for (size_t i = 0; i < n; i++, done++) {
			struct bounce b;

			arena_reset(&arena);
			if (bounce_read(mails[i].data, mails[i].len, &arena, &b,
				&e) == -1)
				return 1;
		}
		took = cpu_seconds() - start;
	}
	printf("%.0f %.1f\n", (double)done / took, memory_mb());
	arena_done(&arena);
	for (size_t i = 0; i < n; i++)
		buf_done(&mails[i]);
	free(mails);
	return 0;
}
